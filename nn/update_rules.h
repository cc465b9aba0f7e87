#pragma once

#include <cmath>

namespace prova::internal {

/// What a step of an optimizer does to one element p with gradient g and its state: the same lines
/// for every kernel. Numbers are rounded to the type of the arithmetic, A.

// #region rules
struct AdamWRule {
  static constexpr int kSlots = 2;
  double beta1, beta2, epsilon;
  double keep, step_size, root_correction;  // of this step

  template <typename A, typename Slots>
  constexpr A operator()(A p, A g, Slots& slots) const {
    auto& [m, v] = slots;
    m = A(beta1) * m + A(1 - beta1) * g;
    v = A(beta2) * v + A(1 - beta2) * g * g;
    return A(keep) * p - A(step_size) * m / (std::sqrt(v) / A(root_correction) + A(epsilon));
  }
  bool operator==(const AdamWRule&) const = default;
};

struct SgdRule {
  static constexpr int kSlots = 0;
  double lr, weight_decay;

  template <typename A, typename Slots>
  constexpr A operator()(A p, A g, Slots& /*slots*/) const {
    return p - A(lr) * (g + A(weight_decay) * p);
  }
  bool operator==(const SgdRule&) const = default;
};

struct MomentumRule {
  static constexpr int kSlots = 1;
  double lr, weight_decay, momentum;
  bool nesterov;

  template <typename A, typename Slots>
  constexpr A operator()(A p, A g, Slots& slots) const {
    auto& [m] = slots;
    g += A(weight_decay) * p;
    m = A(momentum) * m + g;
    return p - A(lr) * (nesterov ? g + A(momentum) * m : m);
  }
  bool operator==(const MomentumRule&) const = default;
};
// #endregion rules

}  // namespace prova::internal
