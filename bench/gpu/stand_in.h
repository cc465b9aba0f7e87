#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

// What the libraries that stand in for NVIDIA's have in common. They compute in double, on the
// processor, and reach device memory as the program that opened them tells them to.
namespace prova::nvidia {

using CopyBytes = void (*)(void* to, const void* from, size_t bytes);

inline CopyBytes copy_bytes = nullptr;

/// The status that cuBLAS, and cuDNN by another number, gives to arguments that make no sense.
constexpr int kSuccess = 0, kInvalid = 7;

enum class Element { kFloat32, kFloat16, kBFloat16 };

inline double FromFloat16(uint16_t bits) {
  const double sign = bits >> 15 ? -1 : 1;
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  if (exponent == 0) return sign * mantissa * 0x1p-24;
  return sign * (1024 + mantissa) * 0x1p-25 * static_cast<double>(uint64_t{1} << exponent);
}

/// To nearest, for numbers that are neither tiny nor large.
inline uint16_t ToFloat16(double value) {
  const auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude < 0x38800000) return static_cast<uint16_t>(bits >> 31 << 15);
  return static_cast<uint16_t>(bits >> 31 << 15 | (magnitude - 0x38000000 + 0x1000) >> 13);
}

inline std::vector<double> Read(const void* from, size_t count, Element type) {
  std::vector<double> values(count);
  if (type == Element::kFloat32) {
    std::vector<float> raw(count);
    copy_bytes(raw.data(), from, count * sizeof(float));
    values.assign(raw.begin(), raw.end());
    return values;
  }
  std::vector<uint16_t> raw(count);
  copy_bytes(raw.data(), from, count * sizeof(uint16_t));
  for (size_t i = 0; i < count; ++i) {
    values[i] = type == Element::kFloat16
                    ? FromFloat16(raw[i])
                    : std::bit_cast<float>(static_cast<uint32_t>(raw[i]) << 16);
  }
  return values;
}

inline void Write(void* to, const std::vector<double>& values, Element type) {
  const size_t count = values.size();
  if (type == Element::kFloat32) {
    const std::vector<float> raw(values.begin(), values.end());
    copy_bytes(to, raw.data(), count * sizeof(float));
    return;
  }
  std::vector<uint16_t> raw(count);
  for (size_t i = 0; i < count; ++i) {
    raw[i] = type == Element::kFloat16
                 ? ToFloat16(values[i])
                 : static_cast<uint16_t>(
                       (std::bit_cast<uint32_t>(static_cast<float>(values[i])) + 0x8000) >> 16);
  }
  copy_bytes(to, raw.data(), count * sizeof(uint16_t));
}

}  // namespace prova::nvidia

/// How the library copies between the processor's memory and a device's.
extern "C" [[gnu::used]] inline void StandInCopiesBy(prova::nvidia::CopyBytes copy) {
  prova::nvidia::copy_bytes = copy;
}
