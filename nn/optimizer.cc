#include "nn/optimizer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "nn/check.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

constexpr const char* kSteps = "step";

bool HasOverlap(const Tensor& x) {
  for (int i = 0; i < x.rank(); ++i) {
    if (x.strides()[i] == 0 && x.shape()[i] > 1) return true;
  }
  return false;
}

}  // namespace

Optimizer::Optimizer(std::string name, std::vector<std::string> slots, double lr, bool skip_frozen)
    : name_(std::move(name)), slots_(std::move(slots)), lr_(lr), skip_frozen_(skip_frozen) {
  internal::RequireNonNegative(name_, "lr", lr);
}

void Optimizer::step(const NamedTensors& parameters, const Gradients& gradients, double lr_factor) {
  Tensors found;
  for (const NamedTensor& parameter : parameters) {
    const bool has_one = gradients.contains(parameter.value);
    found.push_back(has_one ? gradients[parameter.value] : Tensor());
  }
  step(parameters, found, lr_factor);
}

void Optimizer::step(const NamedTensors& parameters, const Tensors& gradients, double lr_factor) {
  internal::RequireNonNegative(name_, "lr_factor", lr_factor);
  std::vector<ParameterUpdate> updates = Plan(parameters, gradients);
  for (ParameterUpdate& update : updates) ++update.state.steps;
  Update(updates, lr_ * lr_factor);
  for (ParameterUpdate& update : updates) states_[update.name] = std::move(update.state);
}

std::vector<Optimizer::ParameterUpdate> Optimizer::Plan(const NamedTensors& parameters,
                                                        const Tensors& gradients) const {
  RequireUniqueNames(parameters, name_);
  internal::RequireValue(gradients.size() == parameters.size(), name_,
                         Cat(gradients.size(), " gradients for ", parameters.size(), " parameters"),
                         "one a parameter");
  std::vector<ParameterUpdate> plan;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto& [name, value] = parameters[i];
    if (skip_frozen_ && !is_tracked(value)) continue;
    if (!gradients[i].defined()) {
      Fail(ErrorCode::kGradient,
           {.where = name_,
            .given = Cat("parameter '", name, "' without a gradient"),
            .need = "a loss that was computed from every parameter",
            .hint = is_tracked(value) ? "does the model use it?"
                                      : "it is not tracked: make it with parameter(x), or set "
                                        "skip_frozen to leave it as it is"});
    }
    internal::RequireValue(!HasOverlap(value), name_,
                           Cat("parameter '", name, "' that is an expanded view"),
                           "elements with places of their own");
    const auto known = states_.find(name);
    if (gradients[i].shape() != value.shape()) {
      Fail(ErrorCode::kShape,
           {.where = name_,
            .given = Cat("a gradient of ", describe(gradients[i]), " for '", name, "'"),
            .need = Cat("the parameter's shape ", value.shape())});
    }
    if (known != states_.end()) CheckStateFits(parameters[i], known->second);
    ParameterState state = known != states_.end() ? known->second : NewState(value);
    // Loaded state may still be on the processor.
    for (Tensor& slot : state.slots) slot = To(slot, value.device());
    plan.push_back({name, value, gradients[i], std::move(state)});
  }
  return plan;
}

Optimizer::ParameterState Optimizer::NewState(const Tensor& parameter) const {
  ParameterState state;
  for (size_t i = 0; i < slots_.size(); ++i) {
    state.slots.push_back(zeros(parameter.shape(), {.dtype = ComputeType(parameter.dtype()),
                                                    .device = parameter.device()}));
  }
  return state;
}

void Optimizer::CheckStateFits(const NamedTensor& parameter, const ParameterState& state) const {
  const DType dtype = ComputeType(parameter.value.dtype());
  for (size_t i = 0; i < slots_.size(); ++i) {
    const Tensor& slot = state.slots[i];
    if (slot.shape() == parameter.value.shape() && slot.dtype() == dtype) continue;
    const bool is_shape = slot.shape() != parameter.value.shape();
    Fail(is_shape ? ErrorCode::kShape : ErrorCode::kDType,
         {.where = name_,
          .given = Cat("state '", parameter.name, ".", slots_[i], "' of ", describe(slot)),
          .need = Cat(dtype, parameter.value.shape(), " for its parameter")});
  }
}

NamedTensors Optimizer::state() const {
  NamedTensors all;
  for (const auto& [parameter, state] : states_) {
    for (size_t i = 0; i < slots_.size(); ++i) {
      all.push_back({Cat(parameter, ".", slots_[i]), state.slots[i]});
    }
    all.push_back(
        {Cat(parameter, ".", kSteps), full({}, 0, {.dtype = DType::kInt64, .device = kCpu})});
    *all.back().value.mutable_data<int64_t>() = state.steps;
  }
  return all;
}

void Optimizer::load_state(const NamedTensors& state) {
  const std::string where = name_ + ".load_state";
  RequireUniqueNames(state, where);
  std::map<std::string, ParameterState> loaded;
  for (const auto& [name, value] : state) {
    const size_t dot = std::min(name.rfind('.'), name.size());
    const std::string slot = dot < name.size() ? name.substr(dot + 1) : "";
    ParameterState& target = loaded[name.substr(0, dot)];
    target.slots.resize(slots_.size());
    const auto known = std::ranges::find(slots_, slot);
    if (known != slots_.end()) {
      target.slots[known - slots_.begin()] = copy_of(value);
    } else if (slot == kSteps && value.numel() == 1 && value.dtype() == DType::kInt64) {
      target.steps = value.item<int64_t>();
    } else {
      Fail(ErrorCode::kValue, {.where = where,
                               .given = Cat("'", name, "' of ", describe(value)),
                               .need = "an entry that state() of the same optimizer gave"});
    }
  }
  for (const auto& [parameter, entry] : loaded) CheckLoaded(parameter, entry);
  states_ = std::move(loaded);
}

void Optimizer::CheckLoaded(const std::string& parameter, const ParameterState& state) const {
  const std::string where = name_ + ".load_state";
  internal::RequireValue(state.steps >= 1, where,
                         Cat("'", parameter, ".", kSteps, "' missing or below 1"),
                         "the number of steps taken");
  for (size_t i = 0; i < slots_.size(); ++i) {
    const std::string name = Cat(parameter, ".", slots_[i]);
    internal::RequireValue(state.slots[i].defined(), where, Cat("no '", name, "'"),
                           "every entry of its parameter");
    const DType dtype = state.slots[i].dtype();
    if (dtype != DType::kFloat32 && dtype != DType::kFloat64) {
      Fail(ErrorCode::kDType, {.where = where,
                               .given = Cat("'", name, "' of ", describe(state.slots[i])),
                               .need = "float32 or float64"});
    }
  }
}

}  // namespace prova
