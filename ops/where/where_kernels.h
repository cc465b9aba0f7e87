#pragma once

#include "ops/common/pointwise.h"
#include "tensor/copy_kernels.h"

namespace prova {

/// y[i] = condition[i] ? a[i] : b[i], operands broadcast: `geometry` walks condition, a and b,
/// whose innermost steps are 0 or 1, in the order of y. Elements move as bits of `item_size` bytes.
struct WhereArgs {
  int64_t item_size;  // 1, 2, 4 or 8
  const uint8_t* condition;
  const void* a;
  const void* b;
  void* y;  // [n]
  int64_t n;
  JointGeometry geometry;
};
using WhereFn = void (*)(const WhereArgs&);

namespace reference {
void Where(const WhereArgs& args);
}
namespace simd {
void Where(const WhereArgs& args);
}
namespace cuda {
PROVA_LINKED void Where(const WhereArgs& args);
}

inline constexpr KernelEntry<WhereFn> kWhereKernels[] = {
    {Where::kCuda, cuda::Where, kComputeAll | kHalves},
    {Where::kSimd, simd::Where, kComputeAll},
    {Where::kReference, reference::Where, kComputeAll},
};

}  // namespace prova
