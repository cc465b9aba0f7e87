#pragma once

#include "nn/fields.h"
#include "ops/gelu/gelu.h"
#include "ops/max_pool2d/max_pool2d.h"

namespace prova {

/// Operations as layers, for `Sequential`. They have no parameters.

struct Relu {
  Tensor operator()(const Tensor& x) const;
};

struct Gelu {
  GeluForm form = GeluForm::kExact;
  Tensor operator()(const Tensor& x) const;
  PROVA_FIELDS()
};

/// x [n, a, b, …] to [n, a * b * …]. Errors: kShape for a 0-d x.
struct Flatten {
  Tensor operator()(const Tensor& x) const;
};

/// `MaxPool2d({.kernel = 2})`. Errors: as `max_pool2d`.
struct MaxPool2d {
  explicit MaxPool2d(const MaxPool2dOptions& options) : options(options) {}
  Tensor operator()(const Tensor& x) const;
  MaxPool2dOptions options;
  PROVA_FIELDS()
};

}  // namespace prova
