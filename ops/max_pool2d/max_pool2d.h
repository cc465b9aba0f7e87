#pragma once

#include <optional>

#include "ops/common/size2d.h"
#include "tensor/tensor.h"

namespace prova {

struct MaxPool2dOptions {
  Size2d kernel = 2;                  ///< window size
  std::optional<Size2d> stride = {};  ///< between windows; default: the kernel
  Size2d padding = 0;                 ///< on each side; never chosen
  Size2d dilation = 1;                ///< between elements of a window
  bool ceil_mode = false;             ///< also windows that begin inside and end outside
};

/// The largest element of each window: y[n,c,i,j] = max over (a,b) of
/// x[n, c, i*stride - padding + a*dilation, j*stride - padding + b*dilation].
///
/// x: [n, c, h, w] or [c, h, w], floating; y: the same rank and dtype, each side
/// floor((size + 2*padding - dilation*(kernel-1) - 1) / stride) + 1 (ceil_mode: ceil, without a
/// window that begins beyond the input). NaN in a window gives NaN.
/// Source: ONNX 1.22, `MaxPool`; PyTorch, `max_pool2d`.
/// Errors: kShape for the rank, a window larger than the padded input, or one that holds only
/// padding; kValue for options out of range; kDType unless floating.
Tensor max_pool2d(const Tensor& x, const MaxPool2dOptions& options);

/// dx: each dy added at the first maximum, in scan order, of its window in x.
/// Errors: kShape unless dy has the shape of the result; others as above.
Tensor max_pool2d_backward(const Tensor& dy, const Tensor& x, const MaxPool2dOptions& options);

/// The elements of `values` (in x's shape) at those maxima: the adjoint of `max_pool2d_backward`.
/// Errors: kShape unless values and x have one shape; others as above.
Tensor max_pool2d_select(const Tensor& values, const Tensor& x, const MaxPool2dOptions& options);

}  // namespace prova
