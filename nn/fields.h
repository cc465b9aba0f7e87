#pragma once

#include <algorithm>
#include <concepts>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/philox.h"
#include "nn/named_tensors.h"

/// Lists the fields of a layer or model, in its public part:
///
///     struct Mlp {
///       Linear fc1, fc2;
///       Tensor operator()(const Tensor& x) const { return fc2(relu(fc1(x))); }
///       PROVA_FIELDS(fc1, fc2)
///     };
///
/// A field is a Tensor, an Rng, a Mode, a type with PROVA_FIELDS of its own, a type without members
/// such as Relu, or an optional, vector or array of these. Anything else fails to compile.
/// Members that hold none of these, such as sizes and options, are left out.
#define PROVA_FIELDS(...)                                                                   \
  void VisitFields(::prova::FieldVisitor& visitor, const std::string& prefix) {             \
    ::prova::internal::VisitEach(visitor, prefix, #__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__); \
  }

namespace prova {

/// Whether a layer behaves as in training (Dropout drops) or as in use; `train` and `eval` set it.
struct Mode {
  bool training = true;
};

/// What a walk over a model's fields meets, in the order of their lists. Names are paths such as
/// `conv1.weight` and `blocks.0.fc.bias`; undefined tensors are met too.
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  virtual void OnTensor(const std::string& /*name*/, Tensor& /*value*/) {}
  virtual void OnRng(const std::string& /*name*/, Rng& /*rng*/) {}
  virtual void OnMode(const std::string& /*name*/, Mode& /*mode*/) {}
};

namespace internal {

template <typename T>
concept HasFields = requires(T& model, FieldVisitor& visitor, const std::string& prefix) {
  model.VisitFields(visitor, prefix);
};

template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

/// Whether a walk knows what T holds. A function pointer and a type without members hold nothing.
template <typename T>
constexpr bool IsVisitable() {
  if constexpr (std::same_as<T, Tensor> || std::same_as<T, Rng> || std::same_as<T, Mode>) {
    return true;
  } else if constexpr (HasFields<T> || std::is_empty_v<T>) {
    return true;
  } else if constexpr (kIsOptional<T>) {
    return IsVisitable<typename T::value_type>();
  } else if constexpr (std::ranges::range<T>) {
    return IsVisitable<std::ranges::range_value_t<T>>();
  } else {
    return std::is_pointer_v<T> && std::is_function_v<std::remove_pointer_t<T>>;
  }
}

std::string JoinName(const std::string& prefix, std::string_view name);

/// Takes the next name from a list such as `weight, bias`.
std::string_view TakeName(std::string_view& names);

template <typename T>
void VisitField(FieldVisitor& visitor, const std::string& name, T& field) {
  static_assert(IsVisitable<T>(), "list the fields of this type with PROVA_FIELDS");
  if constexpr (std::same_as<T, Tensor>) {
    visitor.OnTensor(name, field);
  } else if constexpr (std::same_as<T, Rng>) {
    visitor.OnRng(name, field);
  } else if constexpr (std::same_as<T, Mode>) {
    visitor.OnMode(name, field);
  } else if constexpr (HasFields<T>) {
    field.VisitFields(visitor, name);
  } else if constexpr (kIsOptional<T>) {
    if (field.has_value()) VisitField(visitor, name, *field);
  } else if constexpr (std::ranges::range<T>) {
    size_t i = 0;
    for (auto& item : field) VisitField(visitor, JoinName(name, std::to_string(i++)), item);
  }
}

template <typename... Fields>
void VisitEach(FieldVisitor& visitor, const std::string& prefix,
               [[maybe_unused]] std::string_view names, Fields&... fields) {
  (VisitField(visitor, JoinName(prefix, TakeName(names)), fields), ...);
}

/// For visitors that only read: the walk itself is written once, for models that may change.
template <typename Model>
void Walk(const Model& model, FieldVisitor& visitor) {
  VisitField(visitor, "", const_cast<Model&>(model));
}

/// Collects every defined tensor once, under the first of its names.
class ParameterCollector : public FieldVisitor {
 public:
  void OnTensor(const std::string& name, Tensor& value) override;
  NamedTensors found;
};

class ModeSetter : public FieldVisitor {
 public:
  explicit ModeSetter(bool training) : training_(training) {}
  void OnMode(const std::string& name, Mode& mode) override;

 private:
  bool training_;
};

/// Gives every tensor memory of its own; tensors that were one stay one.
class Cloner : public FieldVisitor {
 public:
  void OnTensor(const std::string& name, Tensor& value) override;

 private:
  struct Replaced {
    Tensor before, after;
  };
  std::vector<Replaced> replaced_;
};

class RngCollector : public FieldVisitor {
 public:
  struct Found {
    std::string name;
    Rng* rng;
  };
  void OnRng(const std::string& name, Rng& rng) override;
  std::vector<Found> found;
};

}  // namespace internal

/// The tensors of a model by name, in the order of its fields: handles, not copies. Undefined
/// tensors, such as a bias that was not asked for, are left out; a tensor that appears twice (tied
/// weights) is listed once, under its first name.
template <typename Model>
NamedTensors parameters(const Model& model) {
  internal::ParameterCollector collector;
  internal::Walk(model, collector);
  return std::move(collector.found);
}

/// The number of elements of all parameters.
int64_t parameter_count(const NamedTensors& parameters);
template <typename Model>
int64_t parameter_count(const Model& model) {
  return parameter_count(parameters(model));
}

/// Sets every Mode of the model: dropout and its like are active.
template <typename Model>
requires(!std::is_const_v<Model>) void train(Model& model) {
  internal::ModeSetter setter(true);
  internal::VisitField(setter, "", model);
}

/// Sets every Mode of the model: it computes what it learned.
template <typename Model>
requires(!std::is_const_v<Model>) void eval(Model& model) {
  internal::ModeSetter setter(false);
  internal::VisitField(setter, "", model);
}

/// A model with parameters of its own. A plain copy shares them, since handles share storage: an
/// optimizer's step on one changes the other.
template <typename Model>
Model clone(const Model& model) {
  Model copy = model;
  internal::Cloner cloner;
  internal::VisitField(cloner, "", copy);
  return copy;
}

/// The state of a random generator under the name of the field that holds it.
struct NamedRng {
  std::string name;
  Rng rng;
};

/// The generators of a model (Dropout has one), to be put into a checkpoint.
template <typename Model>
std::vector<NamedRng> generators(const Model& model) {
  internal::RngCollector collector;
  internal::Walk(model, collector);
  std::vector<NamedRng> states;
  for (const auto& [name, rng] : collector.found) states.push_back({name, *rng});
  return states;
}

namespace internal {
void LoadGenerators(const std::vector<RngCollector::Found>& targets,
                    const std::vector<NamedRng>& states);
}

/// Sets the generators of a model. Errors: kValue unless the names are those of
/// `generators(model)`; then nothing has changed.
template <typename Model>
requires(!std::is_const_v<Model>) void load_generators(Model& model,
                                                       const std::vector<NamedRng>& states) {
  internal::RngCollector collector;
  internal::VisitField(collector, "", model);
  internal::LoadGenerators(collector.found, states);
}

}  // namespace prova
