#pragma once

#include "tensor/tensor.h"

namespace prova {

/// Whether this thread lets GPUs round the operands of float32 products to tf32, 10 bits of
/// fraction in place of 23, for the sake of their tensor cores: no, unless a `ScopedTf32` says so.
bool AllowsTf32();

/// Allows it, or forbids it, while it is alive; nests.
class ScopedTf32 {
 public:
  explicit ScopedTf32(bool allowed = true);
  ~ScopedTf32();
  ScopedTf32(const ScopedTf32&) = delete;
  ScopedTf32& operator=(const ScopedTf32&) = delete;

 private:
  bool before_;
};

/// Whether tensor cores of `device` multiply matrices [rows, terms] and [terms, cols] of `dtype`:
/// those of 16 bits, and of float32 where the thread allows tf32; never vectors or nothing.
bool AreForTensorCores(DType dtype, const Device& device, int64_t rows, int64_t terms,
                       int64_t cols);

/// Matrices x, or a copy that lies as their bulk copies need it: lines at multiples of 16 bytes.
/// The terms of a product are on `terms_axis`, -1 or -2; those of float32 must be neighbours.
Tensor ForTensorCores(const Tensor& x, int terms_axis);

}  // namespace prova
