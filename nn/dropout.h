#pragma once

#include "nn/fields.h"

namespace prova {

/// In training, sets each element to 0 with probability p and multiplies the others by 1 / (1 - p);
/// otherwise the identity. N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov,
/// "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 2014.
///
/// Holds a generator of its own, split from the one given, which each call in training advances:
/// calls from several threads need a copy each. `generators` and `load_generators` save it.
struct Dropout {
  struct Options {
    double p = 0.5;  ///< 0 <= p <= 1
  };
  /// Errors: kValue for p outside its range.
  Dropout(const Options& options, Rng& rng);

  Tensor operator()(const Tensor& x) const;

  double p;
  Mode mode;
  mutable Rng rng;
  PROVA_FIELDS(mode, rng)
};

}  // namespace prova
