#pragma once

#include <cstdint>
#include <string>

#include "nn/conv2d.h"
#include "nn/dropout.h"
#include "nn/fields.h"
#include "nn/linear.h"
#include "tensor/tensor.h"

namespace prova::digits {

/// Two convolutions, pooling, dropout and a linear layer: [n, 1, height, width] to scores
/// [n, classes]. Images of 16 pixels and more are pooled between the convolutions too.
struct DigitNet {
  Conv2d conv1, conv2;
  Dropout dropout;
  Linear linear;
  bool pool_between = false;

  Tensor operator()(const Tensor& images) const;

  PROVA_FIELDS(conv1, conv2, dropout, linear)
};

struct DigitNetOptions {
  int64_t height = 8;
  int64_t width = 8;
  int classes = 10;
  uint64_t seed = 1;
};

/// A network with fresh weights. Errors: kShape for images smaller than 4 or larger than 256
/// pixels.
DigitNet MakeDigitNet(const DigitNetOptions& options);

/// Its layers as a phrase for people.
std::string Describe(const DigitNet& net);

}  // namespace prova::digits
