#pragma once

#include "tensor/strided.h"

namespace prova {

/// sums[...] += from[...], in double: `geometry` walks from and sums, whose strides are 0 along
/// summed axes. With `pieces` above 1 the first axis is summed, and each piece of it adds to sums
/// of its own, `size` numbers after those of the piece before.
struct AccumulateArgs {
  DType dtype;  // float32 or float64
  const void* from;
  double* sums;  // [pieces, size], zeros
  const JointGeometry& geometry;
  int64_t pieces;
  int64_t size;
};

namespace simd {
void Accumulate(const AccumulateArgs& args);
}

}  // namespace prova
