#pragma once

#include "nn/fields.h"

namespace prova {

/// A table of vectors, looked up by index: indices of any shape to [*indices, dim].
/// Starts standard normal, as PyTorch's.
struct Embedding {
  struct Options {
    int64_t count = 0;  ///< rows of the table, >= 1; indices are 0..count-1
    int64_t dim = 0;    ///< length of a row, >= 1
    DType dtype = DType::kFloat32;
  };
  /// Errors: kValue for sizes below 1; kDType unless floating.
  Embedding(const Options& options, Rng& rng);

  /// Errors: as `embedding`.
  Tensor operator()(const Tensor& indices) const;

  Tensor weight;  ///< [count, dim]
  PROVA_FIELDS(weight)
};

}  // namespace prova
