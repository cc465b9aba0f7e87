#pragma once

#include "ops/common/gradients.h"
#include "ops/common/size2d.h"
#include "tensor/tensor.h"

namespace prova {

struct Conv2dOptions {
  Size2d stride = 1;    ///< between windows
  Size2d padding = 0;   ///< zeros on each side
  Size2d dilation = 1;  ///< between elements of a window
  int64_t groups = 1;   ///< channels in so many groups that do not see each other
};

/// The cross-correlation of images with filters (the "convolution" of neural networks):
/// y[n,o,i,j] = bias[o] + sum over (c,a,b) of weight[o,c,a,b] *
/// x[n, c, i*stride - padding + a*dilation, j*stride - padding + b*dilation],
/// c running over the channels of o's group, x being 0 outside.
///
/// x: [n, channels, h, w]; weight: [out, channels / groups, kh, kw]; bias: [out] or undefined; all
/// floating. y: [n, out, ., .] in the promoted dtype, each side
/// floor((size + 2*padding - dilation*(kernel-1) - 1) / stride) + 1. Sums run in blocks in at
/// least float32. Products with padding may be made: an infinite weight turns them into NaN.
/// Source: V. Dumoulin, F. Visin, "A guide to convolution arithmetic", 2016; ONNX 1.22, `Conv`.
/// Errors: kShape for ranks, channels, bias and a kernel larger than the padded input; kValue for
/// options out of range and groups that do not divide; kDType unless floating.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              const Conv2dOptions& options = {});

/// The gradients of all three, each where wanted. dy has the shape of the result.
/// Errors: kShape unless it has; others as above.
GradientTriple conv2d_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                               const Conv2dOptions& options = {}, TripleMask wanted = {});

/// dx: the adjoint of conv2d in x, for an x of that shape; also a transposed convolution.
Tensor conv2d_backward_input(const Tensor& dy, const Tensor& weight, const Shape& x_shape,
                             const Conv2dOptions& options = {});

/// dW: the adjoint of conv2d in its weight, for a weight of that shape.
Tensor conv2d_backward_weight(const Tensor& dy, const Tensor& x, const Shape& weight_shape,
                              const Conv2dOptions& options = {});

}  // namespace prova
