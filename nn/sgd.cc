#include "nn/sgd.h"

#include "base/text.h"
#include "nn/check.h"
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

void Sgd::Update(const Tensor& parameter, const Tensor& gradient, const ParameterState& state,
                 double lr) const {
  if (state.slots.empty()) {
    auto rule = [lr, decay = options_.weight_decay](auto p, auto g, auto& /*slots*/) {
      using A = decltype(p);
      return p - A(lr) * (g + A(decay) * p);
    };
    internal::UpdateElements(parameter, gradient, std::array<Tensor, 0>{}, rule);
    return;
  }
  auto rule = [lr, options = options_](auto p, auto g, auto& slots) {
    using A = decltype(p);
    const A momentum = A(options.momentum);
    g += A(options.weight_decay) * p;
    slots[0] = momentum * slots[0] + g;
    return p - A(lr) * (options.nesterov ? g + momentum * slots[0] : slots[0]);
  };
  internal::UpdateElements(parameter, gradient, std::array{state.slots[0]}, rule);
}

}  // namespace prova
