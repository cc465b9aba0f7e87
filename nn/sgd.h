#pragma once

#include "nn/optimizer.h"

namespace prova {

/// Stochastic gradient descent with momentum, in PyTorch's form:
///
///     g = gradient + weight_decay * p
///     m = momentum * m + g            (m starts at 0)
///     p = p - lr * m                  (nesterov: p - lr * (g + momentum * m))
///
/// B. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964;
/// Nesterov's form after I. Sutskever, J. Martens, G. Dahl, G. Hinton, ICML 2013.
/// `weight_decay` is an L2 penalty here; for decoupled decay use AdamW.
class Sgd : public Optimizer {
 public:
  struct Options {
    double lr = 0.01;
    double momentum = 0;       ///< 0 <= momentum < 1
    bool nesterov = false;     ///< needs momentum > 0
    double weight_decay = 0;   ///< >= 0
    bool skip_frozen = false;  ///< leave untracked parameters alone instead of refusing them
  };
  /// Errors: kValue for an option outside its range or not finite.
  explicit Sgd(const Options& options);

 private:
  void Update(const std::vector<ParameterUpdate>& updates, double lr) const override;
  Options options_;
};

}  // namespace prova
