#include "vision/idx.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "tensor/create.h"
#include "vision/byte_source.h"

namespace prova {
namespace {

constexpr uint8_t kUnsignedByte = 8;
constexpr size_t kChunk = size_t{1} << 20;

// A rank-3 header as its bytes are written: 0x00000803.
std::string Magic(const std::array<uint8_t, 4>& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

class Reader {
 public:
  Reader(const std::filesystem::path& path, const IdxOptions& options)
      : name_(path.string()), options_(options), source_(path) {}

  Tensor Read() {
    const Shape shape = ReadHeader();
    const int64_t bytes = CheckedSize(shape);
    const std::vector<uint8_t> values = ReadValues(bytes);
    return from_vector(values, shape);
  }

 private:
  [[noreturn]] void Broken(std::string given, std::string need) {
    Fail(ErrorCode::kFormat, {.where = name_, .given = std::move(given), .need = std::move(need)});
  }

  int64_t HeaderBytes() const { return 4 + 4 * options_.rank; }

  Shape ReadHeader() {
    std::array<uint8_t, 4> magic = {};
    const size_t got = source_.Read(magic);
    const std::array<uint8_t, 4> wanted = {0, 0, kUnsignedByte,
                                           static_cast<uint8_t>(options_.rank)};
    const std::string need = Cat(Magic(wanted), " (unsigned bytes of rank ", options_.rank, ")");
    if (got < magic.size()) {
      Broken(Cat("has ", got, " bytes"), Cat("an IDX file, which begins with ", need));
    }
    if (magic != wanted) Broken(Cat("begins with ", Magic(magic)), need);
    Shape shape;
    for (int axis = 0; axis < options_.rank; ++axis) {
      std::array<uint8_t, 4> size = {};
      const size_t part = source_.Read(size);
      if (part < size.size()) {
        Broken(Cat("ends inside its header, after ", 4 + 4 * axis + part, " bytes"),
               Cat(HeaderBytes(), " bytes of header"));
      }
      shape.push_back(int64_t{size[0]} << 24 | size[1] << 16 | size[2] << 8 | size[3]);
    }
    return shape;
  }

  // The number of values, refused where the file cannot hold them.
  int64_t CheckedSize(const Shape& shape) {
    int64_t bytes = 1;
    for (int64_t size : shape) {
      if (__builtin_mul_overflow(bytes, size, &bytes)) {
        Broken(Cat("claims shape ", shape, ", beyond 64 bits"), "a size that memory can hold");
      }
    }
    const std::string claim = Cat("claims shape ", shape, ", ", bytes, " bytes");
    if (bytes > options_.max_bytes) Broken(claim, Cat("at most ", options_.max_bytes));
    if (const auto exact = source_.ExactBytes()) {
      const int64_t present = *exact - HeaderBytes();
      if (present != bytes) {
        Broken(Cat(claim, ", and holds ", present), "the header and the values to agree");
      }
    } else if (bytes > source_.MostBytes()) {
      Broken(Cat(claim, ", and can inflate to ", source_.MostBytes(), " at most"),
             "the header and the values to agree");
    }
    return bytes;
  }

  std::vector<uint8_t> ReadValues(int64_t bytes) {
    std::vector<uint8_t> values;
    while (static_cast<int64_t>(values.size()) < bytes) {
      const size_t before = values.size();
      const size_t wanted = std::min<size_t>(kChunk, bytes - before);
      values.resize(before + wanted);
      const size_t got = source_.Read(std::span(values).subspan(before));
      if (got < wanted) {
        Broken(Cat("ends after ", before + got, " of ", bytes, " values"),
               Cat("all ", bytes, " that its header claims"));
      }
    }
    std::array<uint8_t, 1> surplus;
    if (source_.Read(surplus) != 0) {
      Broken(Cat("goes on after its ", bytes, " values"), "no bytes beyond what its header claims");
    }
    return values;
  }

  std::string name_;
  IdxOptions options_;
  ByteSource source_;
};

}  // namespace

Tensor read_idx(const std::filesystem::path& path, const IdxOptions& options) {
  return Reader(path, options).Read();
}

}  // namespace prova
