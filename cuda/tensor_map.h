#pragma once

#include <cstdint>

#include "base/error.h"
#include "base/text.h"
#include "cuda/runtime.h"

namespace prova::cuda {

/// Elements that tensor cores multiply. kTf32 is float32 in memory; a bulk copy rounds it to the
/// 10 bits of fraction that the cores read.
enum class CoreElement : uint8_t { kBFloat16, kFloat16, kTf32 };

constexpr int BytesOf(CoreElement element) { return element == CoreElement::kTf32 ? 4 : 2; }

/// Bytes of a line of a tile in shared memory, and where its pattern of banks begins again.
inline constexpr int kLineBytes = 128, kPatternBytes = 1024;

/// Elements of a line.
constexpr int LineOf(CoreElement element) { return kLineBytes / BytesOf(element); }

/// Equal matrices in device memory, and the part of one that a bulk copy brings: whole lines.
struct MatricesInMemory {
  CoreElement element;
  const void* first;  // at a multiple of 16 bytes
  int64_t length, lines, matrices;
  int64_t line_step, matrix_step;  // elements; multiples of 16 bytes
  int lines_at_once;               // of LineOf elements; at most 256
};

/// What the copy engine of a GPU knows of matrices: a parameter of the kernels that copy.
struct alignas(64) TensorMap {
  uint64_t words[16];
};

/// Whether a device has the tensor cores and the copy engine of Hopper (compute capability 9.0).
PROVA_LINKED bool HasHopperCores(int device);

/// Fills a map; null, or what the runtime that this program is linked with has against it.
const char* TryMap(const MatricesInMemory& matrices, TensorMap& map);

/// Errors: kDevice where the driver refuses.
inline TensorMap MapOf(const MatricesInMemory& matrices) {
  TensorMap map;
  if (const char* problem = TryMap(matrices, map)) {
    Fail(ErrorCode::kDevice,
         {.where = CurrentOperation(), .given = Cat("the GPU refuses a tensor map: ", problem)});
  }
  return map;
}

}  // namespace prova::cuda
