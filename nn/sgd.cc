#include "nn/sgd.h"

#include "base/text.h"
#include "nn/check.h"
#include "nn/update_batch.h"
#include "nn/update_elements.h"

namespace prova {

Sgd::Sgd(const Options& options)
    : Optimizer("Sgd",
                options.momentum > 0 ? std::vector<std::string>{"momentum_buffer"}
                                     : std::vector<std::string>{},
                options.lr, options.skip_frozen),
      options_(options) {
  internal::RequireFraction("Sgd", "momentum", options.momentum);
  internal::RequireNonNegative("Sgd", "weight_decay", options.weight_decay);
  internal::RequireValue(!options.nesterov || options.momentum > 0, "Sgd",
                         "nesterov with momentum 0", "momentum > 0");
}

void Sgd::Update(const std::vector<ParameterUpdate>& updates, double lr) const {
  auto on_processor = [](const ParameterUpdate& update, const auto& rule) {
    internal::UpdateElements(update.parameter, update.gradient, update.state.slots, rule);
  };
  if (options_.momentum == 0) {
    const internal::SgdRule rule = {.lr = lr, .weight_decay = options_.weight_decay};
    auto rule_of = [&](int64_t /*steps*/) { return rule; };
    return internal::UpdateAll("Sgd", internal::kSgdSteps, updates, rule_of, on_processor);
  }
  const internal::MomentumRule rule = {.lr = lr,
                                       .weight_decay = options_.weight_decay,
                                       .momentum = options_.momentum,
                                       .nesterov = options_.nesterov};
  auto rule_of = [&](int64_t /*steps*/) { return rule; };
  internal::UpdateAll("Sgd", internal::kMomentumSteps, updates, rule_of, on_processor);
}

}  // namespace prova
