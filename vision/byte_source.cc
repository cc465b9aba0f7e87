#include "vision/byte_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

#include <zlib.h>

#include "base/error.h"
#include "base/text.h"

namespace prova {
namespace {

constexpr int64_t kMostInflation = 1032;
constexpr int kGzipOnly = 16 + MAX_WBITS;

int64_t RegularFileSize(const std::filesystem::path& path) {
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (status.type() == std::filesystem::file_type::not_found) {
    Fail(ErrorCode::kIo, {.where = path.string(), .given = "there is no such file"});
  }
  if (!problem && status.type() != std::filesystem::file_type::regular) {
    Fail(ErrorCode::kIo, {.where = path.string(), .given = "is not a regular file"});
  }
  const auto size = problem ? 0 : std::filesystem::file_size(path, problem);
  if (problem) Fail(ErrorCode::kIo, {.where = path.string(), .given = problem.message()});
  return static_cast<int64_t>(size);
}

}  // namespace

struct ByteSource::Impl {
  std::filesystem::path path;
  int64_t file_bytes = 0;
  std::FILE* file = nullptr;
  bool gzip = false;
  bool member_open = false;  ///< a gzip member has begun and its checksum has not been seen
  z_stream stream = {};
  std::array<uint8_t, 1 << 16> packed;

  ~Impl() {
    if (gzip) inflateEnd(&stream);
    if (file != nullptr) std::fclose(file);
  }

  size_t ReadFile(uint8_t* out, size_t bytes) {
    const size_t got = std::fread(out, 1, bytes, file);
    if (got < bytes && std::ferror(file)) {
      Fail(ErrorCode::kIo, {.where = path.string(), .given = std::strerror(errno)});
    }
    return got;
  }

  [[noreturn]] void Damaged(const std::string& how) {
    Fail(ErrorCode::kFormat,
         {.where = path.string(), .given = "the gzip data " + how, .need = "a complete gzip file"});
  }

  // Inflates into the stream's output until that is full or the last member has ended.
  void Inflate() {
    while (stream.avail_out > 0) {
      if (stream.avail_in == 0) {
        stream.next_in = packed.data();
        stream.avail_in = static_cast<uInt>(ReadFile(packed.data(), packed.size()));
        if (stream.avail_in == 0) {
          if (member_open) Damaged("end too early");
          return;
        }
      }
      member_open = true;
      const int result = inflate(&stream, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {
        member_open = false;
        inflateReset(&stream);
      } else if (result != Z_OK) {
        Damaged(stream.msg != nullptr ? Cat("are damaged (", stream.msg, ")") : "are damaged");
      }
    }
  }
};

ByteSource::ByteSource(const std::filesystem::path& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->file_bytes = RegularFileSize(path);
  impl_->file = std::fopen(path.c_str(), "rb");
  if (impl_->file == nullptr) {
    Fail(ErrorCode::kIo, {.where = path.string(), .given = std::strerror(errno)});
  }
  std::array<uint8_t, 2> magic = {};
  const size_t got = impl_->ReadFile(magic.data(), magic.size());
  std::rewind(impl_->file);
  if (got == magic.size() && magic[0] == 0x1f && magic[1] == 0x8b) {
    if (inflateInit2(&impl_->stream, kGzipOnly) != Z_OK) {
      Fail(ErrorCode::kMemory, {.where = path.string(), .given = "zlib has no memory to inflate"});
    }
    impl_->gzip = true;
  }
}

ByteSource::~ByteSource() = default;

size_t ByteSource::Read(std::span<uint8_t> out) {
  if (!impl_->gzip) return impl_->ReadFile(out.data(), out.size());
  impl_->stream.next_out = out.data();
  impl_->stream.avail_out = static_cast<uInt>(out.size());
  impl_->Inflate();
  return out.size() - impl_->stream.avail_out;
}

int64_t ByteSource::MostBytes() const {
  return impl_->gzip ? impl_->file_bytes * kMostInflation : impl_->file_bytes;
}

std::optional<int64_t> ByteSource::ExactBytes() const {
  if (impl_->gzip) return {};
  return impl_->file_bytes;
}

}  // namespace prova
