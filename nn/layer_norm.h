#pragma once

#include "nn/fields.h"

namespace prova {

/// Normalizes the last axes of x to mean 0 and variance 1, then scales and shifts each element.
/// J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer Normalization", 2016. Starts as pure normalization:
/// weight 1, bias 0.
struct LayerNorm {
  struct Options {
    Shape shape;            ///< sizes of the axes to normalize, each >= 1
    double epsilon = 1e-5;  ///< > 0, added to the variance
    DType dtype = DType::kFloat32;
  };
  /// Errors: kValue for an option outside its range; kDType unless floating.
  explicit LayerNorm(const Options& options);

  /// Errors: as `layer_norm`.
  Tensor operator()(const Tensor& x) const;

  Tensor weight, bias;  ///< of `shape`
  double epsilon;
  PROVA_FIELDS(weight, bias)
};

}  // namespace prova
