#pragma once

#include "tensor/tensor.h"

namespace prova {

/// Gradients of an operation's two operands. One that nobody asked for is undefined.
struct GradientPair {
  Tensor a;
  Tensor b;
};

/// Which of them to compute.
struct PairMask {
  bool a = true;
  bool b = true;
};

/// Gradients of an operation with an input, a weight and a bias; undefined as above.
struct GradientTriple {
  Tensor input;
  Tensor weight;
  Tensor bias;
};

/// Which of them to compute.
struct TripleMask {
  bool input = true;
  bool weight = true;
  bool bias = true;
};

}  // namespace prova
