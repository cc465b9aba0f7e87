#include "examples/digits/png.h"

#include <algorithm>
#include <cmath>

#include <zlib.h>

#include "base/error.h"

namespace prova::digits {
namespace {

std::string BigEndian(uint32_t value) {
  std::string bytes;
  for (int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift);
  return bytes;
}

// Length, type, data, and the checksum of type and data.
std::string Chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const uLong sum =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return BigEndian(static_cast<uint32_t>(data.size())) + body +
         BigEndian(static_cast<uint32_t>(sum));
}

std::string Deflate(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string packed(size, '\0');
  const int result = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                               reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), 9);
  if (result != Z_OK) Fail(ErrorCode::kMemory, {.where = "png", .given = "zlib cannot compress"});
  packed.resize(size);
  return packed;
}

}  // namespace

std::string GreyPng(std::span<const float> pixels, int64_t height, int64_t width) {
  std::string rows;
  for (int64_t y = 0; y < height; ++y) {
    rows += '\0';  // filter type: none
    for (float value : pixels.subspan(y * width, width)) {
      rows += static_cast<char>(std::lround(std::clamp(value, 0.0f, 1.0f) * 255));
    }
  }
  // Bit depth 8, colour type 0 (grey), deflate, adaptive filters, not interlaced.
  const std::string header = BigEndian(static_cast<uint32_t>(width)) +
                             BigEndian(static_cast<uint32_t>(height)) +
                             std::string("\x08\0\0\0\0", 5);
  return "\x89PNG\r\n\x1a\n" + Chunk("IHDR", header) + Chunk("IDAT", Deflate(rows)) +
         Chunk("IEND", "");
}

std::string Base64(const std::string& bytes) {
  static constexpr char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<uint8_t>(bytes[i + j]) : 0);
    }
    for (size_t j = 0; j < 4; ++j) {
      text += j <= count ? kLetters[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

}  // namespace prova::digits
