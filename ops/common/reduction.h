#pragma once

#include <cstdint>

namespace prova {

/// How the losses of many samples become the result of a loss function.
enum class Reduction : uint8_t {
  kNone,  ///< as they are, one a sample
  kMean,  ///< their sum over the number of samples that count
  kSum,
};

}  // namespace prova
