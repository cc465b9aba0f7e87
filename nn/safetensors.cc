#include "nn/safetensors.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <tuple>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/text.h"
#include "nn/safetensors_header.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr uint64_t kLengthBytes = 8;

/// A regular file open for reading, whose every error names it.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path)
      : name_(path.string()), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (file_ < 0) FailIo("opening failed");
    struct stat status {};
    if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(file_);
      Fail(ErrorCode::kIo, {.where = name_, .given = "no regular file", .need = "one"});
    }
    size_ = static_cast<uint64_t>(status.st_size);
  }
  ~Reader() { ::close(file_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  const std::string& name() const { return name_; }
  uint64_t size() const { return size_; }

  void Read(uint64_t position, void* target, uint64_t bytes) const {
    char* out = static_cast<char*>(target);
    while (bytes > 0) {
      const ssize_t count = ::pread(file_, out, bytes, static_cast<off_t>(position));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) FailIo("reading failed");
      if (count == 0) {
        Fail(ErrorCode::kIo, {.where = name_,
                              .given = Cat("the end at byte ", position, " while reading"),
                              .need = Cat(size_, " bytes, the length before")});
      }
      out += count;
      position += static_cast<uint64_t>(count);
      bytes -= static_cast<uint64_t>(count);
    }
  }

 private:
  [[noreturn]] void FailIo(const char* step) const {
    Fail(ErrorCode::kIo,
         {.where = name_, .given = Cat(step, ": ", std::generic_category().message(errno))});
  }

  std::string name_;
  int file_;
  uint64_t size_ = 0;
};

/// The header's length, known to lie within the file.
uint64_t ReadHeaderLength(const Reader& reader) {
  auto fail = [&](const std::string& given, const std::string& need) {
    Fail(ErrorCode::kFormat, {.where = reader.name(), .given = given, .need = need});
  };
  if (reader.size() < kLengthBytes) {
    fail(Cat(reader.size(), " bytes"), "at least 8, the header's length");
  }
  uint64_t length = 0;
  reader.Read(0, &length, kLengthBytes);
  if (length > internal::kMaxSafetensorsHeader) {
    fail(Cat("a header of ", length, " bytes"), Cat("at most ", internal::kMaxSafetensorsHeader));
  }
  if (length > reader.size() - kLengthBytes) {
    fail(Cat("a header of ", length, " bytes in a file of ", reader.size()),
         Cat("at most ", reader.size() - kLengthBytes));
  }
  return length;
}

/// Any other byte as a C++ bool would be undefined behaviour.
void CheckBools(const Tensor& x, const std::string& name, const std::string& file) {
  const auto* bytes = static_cast<const unsigned char*>(x.raw_data());
  const auto* bad =
      std::find_if(bytes, bytes + x.numel(), [](unsigned char byte) { return byte > 1; });
  if (bad == bytes + x.numel()) return;
  Fail(ErrorCode::kFormat, {.where = file,
                            .given = Cat("the byte ", int{*bad}, " in tensor '", name, "' of BOOL"),
                            .need = "0 or 1"});
}

/// Errors: kValue for what has no place in a file.
void CheckWritable(const NamedTensors& tensors, const std::string& file) {
  RequireUniqueNames(tensors, file);
  for (const auto& [name, value] : tensors) {
    if (!value.defined()) {
      Fail(ErrorCode::kValue,
           {.where = file, .given = Cat("an undefined tensor '", name, "'"), .need = "a value"});
    }
    if (name == "__metadata__") {
      Fail(ErrorCode::kValue, {.where = file,
                               .given = "a tensor named '__metadata__'",
                               .need = "another name",
                               .hint = "the format keeps this one for its metadata"});
    }
  }
}

std::span<const std::byte> BytesOf(const Tensor& x) {
  return {static_cast<const std::byte*>(x.raw_data()),
          static_cast<size_t>(x.numel() * ItemSize(x.dtype()))};
}

}  // namespace

void save_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const Metadata& metadata) {
  CheckWritable(tensors, path.string());
  NamedTensors sorted;
  for (const auto& [name, value] : tensors) sorted.push_back({name, Contiguous(To(value, kCpu))});
  std::ranges::sort(sorted, {}, [](const NamedTensor& tensor) {
    return std::tuple(-ItemSize(tensor.value.dtype()), std::string_view(tensor.name));
  });

  internal::SafetensorsHeader header{.metadata = metadata};
  uint64_t end = 0;
  for (const auto& [name, value] : sorted) {
    const uint64_t begin = end;
    end += BytesOf(value).size();
    header.entries.push_back({name, value.dtype(), value.shape(), begin, end});
  }
  const std::string text = internal::WriteSafetensorsHeader(header, path.string());
  const uint64_t length = text.size();

  std::vector<std::span<const std::byte>> pieces = {std::as_bytes(std::span(&length, 1)),
                                                    std::as_bytes(std::span(text))};
  for (const NamedTensor& tensor : sorted) pieces.push_back(BytesOf(tensor.value));
  WriteFileAtomically(path, pieces);
}

SafetensorsFile load_safetensors(const std::filesystem::path& path) {
  const Reader reader(path);
  const uint64_t length = ReadHeaderLength(reader);
  std::string text(length, '\0');
  reader.Read(kLengthBytes, text.data(), length);
  const uint64_t data = kLengthBytes + length;
  internal::SafetensorsHeader header =
      internal::ParseSafetensorsHeader(text, reader.size() - data, reader.name());

  SafetensorsFile file{.metadata = std::move(header.metadata)};
  for (const internal::SafetensorsEntry& entry : header.entries) {
    const Tensor value = empty(entry.shape, {.dtype = entry.dtype, .device = kCpu});
    reader.Read(data + entry.begin, value.raw_mutable_data(), entry.end - entry.begin);
    if (entry.dtype == DType::kBool) CheckBools(value, entry.name, reader.name());
    file.tensors.push_back({entry.name, value});
  }
  return file;
}

}  // namespace prova
