#include "nn/adamw.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/text.h"
#include "nn/adamw_kernel.h"
#include "nn/check.h"
#include "nn/update_elements.h"
#include "ops/common/kernel_table.h"

namespace prova {

AdamW::AdamW(const Options& options)
    : Optimizer("AdamW", {"exp_avg", "exp_avg_sq"}, options.lr, options.skip_frozen),
      options_(options) {
  internal::RequireFraction("AdamW", "beta1", options.beta1);
  internal::RequireFraction("AdamW", "beta2", options.beta2);
  internal::RequireNonNegative("AdamW", "weight_decay", options.weight_decay);
  internal::RequirePositive("AdamW", "epsilon", options.epsilon);
}

void AdamW::Update(const Tensor& parameter, const Tensor& gradient, const ParameterState& state,
                   double lr) const {
  const double t = static_cast<double>(state.steps);
  const double keep = 1 - lr * options_.weight_decay;
  const double step_size = lr / (1 - std::pow(options_.beta1, t));
  const double root_correction = std::sqrt(1 - std::pow(options_.beta2, t));
  const Tensor &m = state.slots[0], &v = state.slots[1];
  const Tensor* all[] = {&parameter, &gradient, &m, &v};
  if (FirstColumn() == Where::kSimd && std::all_of(std::begin(all), std::end(all), [](auto* x) {
        return x->dtype() == DType::kFloat32 && x->is_contiguous();
      })) {
    simd::AdamW({.p = parameter.mutable_data<float>(),
                 .g = gradient.data<float>(),
                 .m = m.mutable_data<float>(),
                 .v = v.mutable_data<float>(),
                 .n = parameter.numel(),
                 .beta1 = float(options_.beta1),
                 .one_minus_beta1 = float(1 - options_.beta1),
                 .beta2 = float(options_.beta2),
                 .one_minus_beta2 = float(1 - options_.beta2),
                 .keep = float(keep),
                 .step_size = float(step_size),
                 .root_correction = float(root_correction),
                 .epsilon = float(options_.epsilon)});
    return;
  }
  auto rule = [=, options = options_](auto p, auto g, auto& slots) {
    using A = decltype(p);
    auto& [m, v] = slots;
    m = A(options.beta1) * m + A(1 - options.beta1) * g;
    v = A(options.beta2) * v + A(1 - options.beta2) * g * g;
    return A(keep) * p -
           A(step_size) * m / (std::sqrt(v) / A(root_correction) + A(options.epsilon));
  };
  internal::UpdateElements(parameter, gradient, std::array{m, v}, rule);
}

}  // namespace prova
