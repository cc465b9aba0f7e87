#pragma once

#include <functional>

#include "base/philox.h"
#include "tensor/tensor.h"

namespace prova {

/// How many inputs reach one output of a layer, and how many outputs one input reaches.
struct Fan {
  int64_t in = 0;
  int64_t out = 0;
};

/// Of a weight [out, in] of a linear layer: in, out. Of a weight [out, in/groups, *kernel] of a
/// convolution: both times the kernel's size; with groups, `out` counts the outputs of all groups,
/// as PyTorch does. Errors: kShape for a rank below 2.
Fan fan_of(const Shape& weight);

/// Random weights of a shape and floating dtype that keep the variance of signals from layer to
/// layer. Errors: kShape as `fan_of`, kDType unless floating.
///
/// He: for layers followed by relu, which halves the variance. Variance 2 / fan.in.
/// K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers", ICCV 2015.
Tensor he_normal(const Shape& shape, Rng& rng, DType dtype = DType::kFloat32);
Tensor he_uniform(const Shape& shape, Rng& rng, DType dtype = DType::kFloat32);

/// Xavier (Glorot): for layers followed by tanh, softmax or nothing. Variance 2 / (fan.in +
/// fan.out). X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
/// neural networks", AISTATS 2010.
Tensor xavier_normal(const Shape& shape, Rng& rng, DType dtype = DType::kFloat32);
Tensor xavier_uniform(const Shape& shape, Rng& rng, DType dtype = DType::kFloat32);

/// One of the above, or a function like them, as an option of a layer.
using Initializer = std::function<Tensor(const Shape& shape, Rng& rng, DType dtype)>;

}  // namespace prova
