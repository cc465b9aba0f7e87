#pragma once

#include <map>
#include <string>
#include <vector>

#include "autograd/tape.h"
#include "nn/named_tensors.h"

namespace prova {

/// What every optimizer does alike: it checks a step before it writes, keeps state by parameter
/// name, and hands that state to checkpoints. Sgd, AdamW, … add their update rule.
///
/// Parameters are overwritten in place, so a graph recorded before a step cannot be walked after
/// it. State and arithmetic are float32 for float16, bfloat16 and float32 parameters, float64 for
/// float64. The result does not depend on the number of threads, nor on the device: a GPU follows
/// the same rule with the same roundings. State lives where its parameter does.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// State is shared memory: two copies would overwrite each other's.
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Moves each parameter against its gradient; the learning rate of this step is `lr * lr_factor`
  /// (see `nn/schedules.h`). On an error no parameter and no state has changed.
  /// Errors: kGradient, naming the parameter, where one has no gradient; kValue for a factor that
  /// is negative or not finite, for two parameters of one name and for a parameter whose elements
  /// overlap; kShape, kDType where loaded state does not fit its parameter.
  void step(const NamedTensors& parameters, const Gradients& gradients, double lr_factor = 1);

  /// The same with one gradient a parameter, undefined where it has none.
  /// Errors: as above; kShape unless each gradient has its parameter's shape.
  void step(const NamedTensors& parameters, const Tensors& gradients, double lr_factor = 1);

  /// What the next step depends on besides the parameters, as `conv1.weight.exp_avg`, …: handles
  /// that the next step overwrites. Empty before the first step.
  NamedTensors state() const;

  /// Takes copies of what `state()` gave. Errors: kValue for a name that is none of this
  /// optimizer's or is missing; kShape, kDType for a malformed entry. Then nothing has changed.
  void load_state(const NamedTensors& state);

  double lr() const { return lr_; }

 protected:
  struct ParameterState {
    int64_t steps = 0;          ///< taken so far; 1 in the first update
    std::vector<Tensor> slots;  ///< one tensor a slot, in the parameter's shape
  };

  /// `name` is for errors; `slots` name the tensors that the rule keeps for each parameter.
  Optimizer(std::string name, std::vector<std::string> slots, double lr, bool skip_frozen);

  /// One parameter's part in a step, all three tensors on its device.
  struct ParameterUpdate {
    std::string name;
    Tensor parameter;
    Tensor gradient;
    ParameterState state;
  };

  /// One step of the rule; shapes, dtypes and state are checked and `state.steps` is counted.
  virtual void Update(const std::vector<ParameterUpdate>& updates, double lr) const = 0;

 private:
  std::vector<ParameterUpdate> Plan(const NamedTensors& parameters, const Tensors& gradients) const;
  ParameterState NewState(const Tensor& parameter) const;
  void CheckStateFits(const NamedTensor& parameter, const ParameterState& state) const;
  void CheckLoaded(const std::string& parameter, const ParameterState& state) const;

  std::string name_;
  std::vector<std::string> slots_;
  double lr_;
  bool skip_frozen_;
  std::map<std::string, ParameterState> states_;
};

}  // namespace prova
