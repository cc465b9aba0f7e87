#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace prova::internal {

/// The header of a safetensors file as text and as what it says; no tensor and no file here.

/// Where a tensor lies: bytes begin..end-1 of the data that follows the header.
struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// A header of this many bytes or fewer is accepted, as in the format's own implementation.
inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

/// `F32`, `I64`, … as the format spells a dtype.
const char* SafetensorsDTypeName(DType dtype);

/// The JSON text, padded with spaces to a multiple of 8 bytes. Errors: kValue for text that is no
/// UTF-8, naming `file`.
std::string WriteSafetensorsHeader(const SafetensorsHeader& header, const std::string& file);

/// The checked entries in the order of their places; they cover exactly `data_bytes`.
/// Errors: kFormat, kUnsupported, naming `file`.
SafetensorsHeader ParseSafetensorsHeader(std::string_view json, uint64_t data_bytes,
                                         const std::string& file);

}  // namespace prova::internal
