#pragma once

#include "nn/optimizer.h"

namespace prova {

/// Adam with decoupled weight decay; step t counts from 1:
///
///     p = p - lr * weight_decay * p
///     m = beta1 * m + (1 - beta1) * g
///     v = beta2 * v + (1 - beta2) * g^2
///     p = p - lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// D. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015;
/// I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
class AdamW : public Optimizer {
 public:
  struct Options {
    double lr = 1e-3;
    double beta1 = 0.9;          ///< 0 <= beta1 < 1
    double beta2 = 0.999;        ///< 0 <= beta2 < 1
    double epsilon = 1e-8;       ///< > 0
    double weight_decay = 0.01;  ///< >= 0
    bool skip_frozen = false;    ///< leave untracked parameters alone instead of refusing them
  };
  /// Errors: kValue for an option outside its range or not finite.
  explicit AdamW(const Options& options);

 private:
  void Update(const std::vector<ParameterUpdate>& updates, double lr) const override;
  Options options_;
};

}  // namespace prova
