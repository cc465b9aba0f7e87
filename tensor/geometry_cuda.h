#pragma once

#include "cuda/kernel.h"
#include "tensor/strided.h"

namespace prova::cuda {

/// A `JointGeometry` as kernels receive it, of so many operands.
template <int operands>
struct Walk {
  explicit Walk(const JointGeometry& geometry) : rank(geometry.shape.rank()) {
    for (int axis = 0; axis < rank; ++axis) {
      shape[axis] = geometry.shape[axis];
      for (int k = 0; k < operands; ++k) strides[k][axis] = geometry.strides[k][axis];
    }
  }

  /// The places of element i, in row-major order, in each operand.
  __device__ __forceinline__ void At(int64_t i, int64_t (&offsets)[operands]) const {
    for (int k = 0; k < operands; ++k) offsets[k] = 0;
    for (int axis = rank - 1; axis > 0; --axis) {
      // Divisions of 32 bits are several times cheaper, and nearly always enough.
      const int64_t size = shape[axis];
      const int64_t rest = i <= UINT32_MAX && size <= UINT32_MAX
                               ? static_cast<uint32_t>(i) / static_cast<uint32_t>(size)
                               : i / size;
      for (int k = 0; k < operands; ++k) offsets[k] += (i - rest * size) * strides[k][axis];
      i = rest;
    }
    for (int k = 0; k < operands; ++k) offsets[k] += i * strides[k][0];
  }

  int rank;
  int64_t shape[kMaxRank];
  int64_t strides[operands][kMaxRank];
};

}  // namespace prova::cuda
