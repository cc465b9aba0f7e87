#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace prova::digits {

/// A grey-scale image of 8 bits as a PNG file (W3C PNG, third edition), for a `data:` address.
/// `pixels` is row-major [height, width], 0 (black) to 1 (white). Errors: kMemory.
std::string GreyPng(std::span<const float> pixels, int64_t height, int64_t width);

/// Bytes in base64 (RFC 4648, section 4).
std::string Base64(const std::string& bytes);

}  // namespace prova::digits
