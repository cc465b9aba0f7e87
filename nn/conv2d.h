#pragma once

#include "nn/fields.h"
#include "nn/initializers.h"
#include "ops/conv2d/conv2d.h"

namespace prova {

/// 2-D convolution of x [n, in, h, w] (cross-correlation, as in every deep-learning framework).
///
/// Weights start He-uniform, for a relu that follows; PyTorch's default, kaiming-uniform with
/// a = sqrt(5), has a sixth of that variance. Biases start at 0.
struct Conv2d {
  struct Options {
    int64_t in = 0;       ///< channels, >= 1
    int64_t out = 0;      ///< channels, >= 1
    Size2d kernel = 0;    ///< >= 1
    Size2d stride = 1;    ///< >= 1
    Size2d padding = 0;   ///< zeros on each side, >= 0
    Size2d dilation = 1;  ///< >= 1
    int64_t groups = 1;   ///< divides in and out
    bool bias = true;
    Initializer initializer = he_uniform;
    DType dtype = DType::kFloat32;
  };
  /// Errors: kValue for an option outside its range; kDType unless floating.
  Conv2d(const Options& options, Rng& rng);

  /// y [n, out, h', w']. Errors: as `conv2d`.
  Tensor operator()(const Tensor& x) const;

  Tensor weight;  ///< [out, in/groups, kernel.height, kernel.width]
  Tensor bias;    ///< [out], or undefined
  Conv2dOptions options;
  PROVA_FIELDS(weight, bias)
};

}  // namespace prova
