#include "nn/adamw.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/text.h"
#include "nn/adamw_kernel.h"
#include "nn/check.h"
#include "nn/update_batch.h"
#include "nn/update_elements.h"

namespace prova {

AdamW::AdamW(const Options& options)
    : Optimizer("AdamW", {"exp_avg", "exp_avg_sq"}, options.lr, options.skip_frozen),
      options_(options) {
  internal::RequireFraction("AdamW", "beta1", options.beta1);
  internal::RequireFraction("AdamW", "beta2", options.beta2);
  internal::RequireNonNegative("AdamW", "weight_decay", options.weight_decay);
  internal::RequirePositive("AdamW", "epsilon", options.epsilon);
}

void AdamW::Update(const std::vector<ParameterUpdate>& updates, double lr) const {
  auto rule_of = [&](int64_t steps) {
    const double t = static_cast<double>(steps);
    return internal::AdamWRule{.beta1 = options_.beta1,
                               .beta2 = options_.beta2,
                               .epsilon = options_.epsilon,
                               .keep = 1 - lr * options_.weight_decay,
                               .step_size = lr / (1 - std::pow(options_.beta1, t)),
                               .root_correction = std::sqrt(1 - std::pow(options_.beta2, t))};
  };
  auto on_processor = [](const ParameterUpdate& update, const internal::AdamWRule& rule) {
    const auto& [name, parameter, gradient, state] = update;
    const Tensor &m = state.slots[0], &v = state.slots[1];
    const Tensor* all[] = {&parameter, &gradient, &m, &v};
    const bool in_vectors = FirstColumn() == Where::kSimd &&
                            std::all_of(std::begin(all), std::end(all), [](const Tensor* x) {
                              return x->dtype() == DType::kFloat32 && x->is_contiguous();
                            });
    if (!in_vectors) return internal::UpdateElements(parameter, gradient, state.slots, rule);
    simd::AdamW({.p = parameter.mutable_data<float>(),
                 .g = gradient.data<float>(),
                 .m = m.mutable_data<float>(),
                 .v = v.mutable_data<float>(),
                 .n = parameter.numel(),
                 .beta1 = float(rule.beta1),
                 .one_minus_beta1 = float(1 - rule.beta1),
                 .beta2 = float(rule.beta2),
                 .one_minus_beta2 = float(1 - rule.beta2),
                 .keep = float(rule.keep),
                 .step_size = float(rule.step_size),
                 .root_correction = float(rule.root_correction),
                 .epsilon = float(rule.epsilon)});
  };
  internal::UpdateAll("AdamW", internal::kAdamWSteps, updates, rule_of, on_processor);
}

}  // namespace prova
