#pragma once

#include "nn/fields.h"
#include "nn/initializers.h"

namespace prova {

/// y = x weight^T + bias, for x [..., in] and y [..., out].
///
/// Weights start He-uniform, for a relu that follows; PyTorch's default, kaiming-uniform with
/// a = sqrt(5), has a sixth of that variance. Biases start at 0. Before tanh, softmax or nothing,
/// pass `.initializer = xavier_uniform`.
struct Linear {
  struct Options {
    int64_t in = 0;   ///< >= 1
    int64_t out = 0;  ///< >= 1
    bool bias = true;
    Initializer initializer = he_uniform;
    DType dtype = DType::kFloat32;
  };
  /// Errors: kValue for sizes below 1; kDType unless floating.
  Linear(const Options& options, Rng& rng);

  /// Errors: as `linear`.
  Tensor operator()(const Tensor& x) const;

  Tensor weight;  ///< [out, in]
  Tensor bias;    ///< [out], or undefined
  PROVA_FIELDS(weight, bias)
};

}  // namespace prova
