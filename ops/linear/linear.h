#pragma once

#include "ops/common/gradients.h"
#include "tensor/tensor.h"

namespace prova {

/// What `linear` applies to its result, element by element.
enum class Activation : uint8_t {
  kNone,
  kRelu,
  kGelu,  ///< the exact form
};

/// The affine map of a fully connected layer, y = x Wᵀ + b, along the last axis.
///
/// x: [..., in], any leading axes, also none; weight: [out, in]; bias: [out] or undefined;
/// y: [..., out]; all floating, y in the promoted dtype. Each y is a dot product with b as its
/// first term, summed in at least float32; without terms (in = 0) it is b. An activation is applied
/// as the sums leave the registers: relu(linear(x, W, b)) without the pass over memory. On a GPU
/// gelu is a pass. Tensor cores take what they take of `matmul`.
/// Source: PyTorch, `torch.nn.functional.linear`.
/// Errors: kShape for x without an axis, a weight that is no matrix, and sizes that do not fit;
/// kDType unless floating.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              Activation activation = Activation::kNone);

/// input: dy W; weight: dyᵀ x and bias: dy, both summed over the leading axes.
/// dy has the shape of linear(x, weight). Errors: kShape as above.
GradientTriple linear_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                               TripleMask wanted = {});

}  // namespace prova
