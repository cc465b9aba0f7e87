#include "python/training.h"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "autograd/leaf.h"
#include "nn/adamw.h"
#include "nn/check.h"
#include "nn/checkpoint.h"
#include "nn/initializers.h"
#include "nn/safetensors.h"
#include "nn/schedules.h"
#include "nn/sgd.h"
#include "python/define.h"

namespace prova::python {
namespace {

using nb::literals::operator""_a;

/// Name and value of each entry of a dict.
template <typename Read>
void ForEachEntry(const Place& at, nb::handle given, const char* need, Read read) {
  if (!PyDict_Check(given.ptr())) FailArgument(at, given, need);
  for (auto [name, value] : nb::borrow<nb::dict>(given)) {
    read(Argument<std::string>::Take({at.function, "a name"}, name), value);
  }
}

}  // namespace

template <>
struct Argument<NamedTensors> {
  static constexpr const char* kType = "dict[str, Tensor]";
  static NamedTensors Take(const Place& at, nb::handle given) {
    NamedTensors tensors;
    ForEachEntry(at, given, "a dict of tensors", [&](std::string name, nb::handle value) {
      const Tensor* x = TensorIn(value);
      if (x == nullptr) {
        const std::string which = Cat("'", name, "'");
        FailArgument({at.function, which.c_str()}, value, "a Tensor");
      }
      tensors.push_back({std::move(name), *x});
    });
    return tensors;
  }
};

template <>
struct Argument<Metadata> {
  static constexpr const char* kType = "dict[str, str]";
  static Metadata Take(const Place& at, nb::handle given) {
    Metadata metadata;
    ForEachEntry(at, given, "a dict of texts", [&](const std::string& name, nb::handle value) {
      metadata[name] = Argument<std::string>::Take(at, value);
    });
    return metadata;
  }
};

namespace {

nb::str ToStr(const std::string& text) { return nb::str(text.c_str(), text.size()); }

nb::dict ToDict(const NamedTensors& tensors) {
  nb::dict dict;
  for (const auto& [name, value] : tensors) dict[ToStr(name)] = nb::cast(value);
  return dict;
}

nb::list ToList(const std::vector<std::string>& texts) {
  nb::list list;
  for (const std::string& text : texts) list.append(ToStr(text));
  return list;
}

/// An optimizer and the leaves that it trains, by the gradients that they keep.
class Trainer {
 public:
  Trainer(NamedTensors parameters, std::unique_ptr<Optimizer> optimizer)
      : parameters_(std::move(parameters)), optimizer_(std::move(optimizer)) {}

  /// The optimizer was made with a learning rate of 1, so that its factor is the learning rate.
  void Step(double lr) {
    prova::internal::RequireNonNegative("step", "lr", lr);
    const Unlocked unlocked;
    const std::lock_guard<std::mutex> lock(mutex_);
    Tensors gradients;
    for (const NamedTensor& parameter : parameters_) {
      gradients.push_back(kept_gradient(parameter.value));
    }
    optimizer_->step(parameters_, gradients, lr);
  }

  NamedTensors State() const {
    const Unlocked unlocked;
    const std::lock_guard<std::mutex> lock(mutex_);
    return optimizer_->state();
  }

  void LoadState(const NamedTensors& state) {
    const Unlocked unlocked;
    const std::lock_guard<std::mutex> lock(mutex_);
    optimizer_->load_state(state);
  }

 private:
  NamedTensors parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  mutable std::mutex mutex_;
};

void DefineOptimizers(nb::module_& module) {
  nb::class_<Trainer>(module, "_Trainer", "An optimizer and the leaves that it trains.")
      .def(
          "step",
          [](Trainer& self, nb::handle lr) {
            self.Step(Argument<double>::Take({"step", "lr"}, lr));
          },
          "lr"_a.none(), nb::sig("def step(self, lr: float) -> None"))
      .def(
          "state", [](const Trainer& self) { return ToDict(self.State()); },
          nb::sig("def state(self) -> dict[str, Tensor]"))
      .def(
          "load_state",
          [](Trainer& self, nb::handle state) {
            self.LoadState(Argument<NamedTensors>::Take({"load_state_dict", "state"}, state));
          },
          "state"_a.none(), nb::sig("def load_state(self, state: dict[str, Tensor]) -> None"));
  Define(
      module, "_sgd", "A trainer by Sgd.",
      [](const NamedTensors& parameters, double momentum, double weight_decay,
         bool nesterov) -> nb::object {
        auto sgd = std::make_unique<Sgd>(Sgd::Options{.lr = 1,
                                                      .momentum = momentum,
                                                      .nesterov = nesterov,
                                                      .weight_decay = weight_decay,
                                                      .skip_frozen = true});
        return nb::cast(new Trainer(parameters, std::move(sgd)), nb::rv_policy::take_ownership);
      },
      "parameters"_a, "momentum"_a, "weight_decay"_a, "nesterov"_a);
  Define(
      module, "_adamw", "A trainer by AdamW.",
      [](const NamedTensors& parameters, double beta1, double beta2, double epsilon,
         double weight_decay) -> nb::object {
        auto adamw = std::make_unique<AdamW>(AdamW::Options{.lr = 1,
                                                            .beta1 = beta1,
                                                            .beta2 = beta2,
                                                            .epsilon = epsilon,
                                                            .weight_decay = weight_decay,
                                                            .skip_frozen = true});
        return nb::cast(new Trainer(parameters, std::move(adamw)), nb::rv_policy::take_ownership);
      },
      "parameters"_a, "beta1"_a, "beta2"_a, "epsilon"_a, "weight_decay"_a);
  Define(
      module, "_cosine_schedule", "Linear warm-up, then half a cosine.",
      [](int64_t step, int64_t warmup, int64_t total, double floor) {
        return cosine_schedule(step, {.warmup = warmup, .total = total, .floor = floor});
      },
      "step"_a, "warmup"_a, "total"_a, "floor"_a);
}

void DefineInitializers(nb::module_& module) {
  using Function = Tensor (*)(const Shape&, Rng&, DType);
  constexpr std::pair<const char*, Function> kAll[] = {{"_he_normal", he_normal},
                                                       {"_he_uniform", he_uniform},
                                                       {"_xavier_normal", xavier_normal},
                                                       {"_xavier_uniform", xavier_uniform}};
  for (const auto& [name, function] : kAll) {
    Define(module, name, "Random weights.", function, "shape"_a, "rng"_a, "dtype"_a);
  }
}

void DefineFiles(nb::module_& module) {
  Define(
      module, "_save", "Writes a safetensors file.",
      [](const std::string& path, const NamedTensors& tensors, const Metadata& metadata) {
        const Unlocked unlocked;
        save_safetensors(path, tensors, metadata);
      },
      "path"_a, "tensors"_a, "metadata"_a);
  Define(
      module, "_load", "The tensors and the metadata of a safetensors file.",
      [](const std::string& path) -> nb::object {
        SafetensorsFile file;
        {
          const Unlocked unlocked;
          file = load_safetensors(path);
        }
        nb::dict metadata;
        for (const auto& [key, text] : file.metadata) metadata[ToStr(key)] = ToStr(text);
        return nb::make_tuple(ToDict(file.tensors), metadata);
      },
      "path"_a);
  Define(
      module, "_load_parameters", "Overwrites parameters; returns what differs.",
      [](const NamedTensors& parameters, const NamedTensors& values, bool strict) -> nb::object {
        ParameterDifferences differences;
        {
          const Unlocked unlocked;
          differences = load_parameters(parameters, values, {.strict = strict}, "load_state_dict");
        }
        return nb::make_tuple(ToList(differences.missing), ToList(differences.unexpected),
                              ToList(differences.unfit));
      },
      "parameters"_a, "values"_a, "strict"_a);
}

}  // namespace

void DefineTraining(nb::module_& module) {
  DefineInitializers(module);
  DefineOptimizers(module);
  DefineFiles(module);
}

}  // namespace prova::python
