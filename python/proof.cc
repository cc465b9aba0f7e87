#include "python/proof.h"

#include <map>

#include <nanobind/stl/string.h>

#include "base/text.h"
#include "gradcheck/exact.h"
#include "gradcheck/gradcheck.h"
#include "python/define.h"
#include "python/objects.h"

namespace prova::python {
namespace {

using nb::literals::operator""_a;

/// The cases of an operation, made when they are first asked for.
const OpSpec& SpecOf(const std::string& op) {
  static auto* const made = new std::map<std::string, OpSpec>();
  const auto found = made->find(op);
  if (found != made->end()) return found->second;
  for (const NamedSpec& named : AllSpecs()) {
    if (op == named.name) return made->emplace(op, named.make()).first->second;
  }
  Fail(ErrorCode::kValue, {.where = "verify",
                           .given = Cat("like is '", op, "'"),
                           .need = "the name of an operation, such as 'softmax'"});
}

const OpCase& CaseOf(const std::string& op, const std::string& name) {
  for (const OpCase& sample : SpecOf(op).cases) {
    if (sample.name == name) return sample;
  }
  Fail(ErrorCode::kValue, {.where = "verify",
                           .given = Cat("case '", name, "' of ", op),
                           .need = "one of those that the report lists"});
}

nb::object Operations() {
  nb::dict names;
  for (const NamedSpec& named : AllSpecs()) {
    const OpSpec& spec = SpecOf(named.name);
    names[named.name] = spec.python.empty() ? spec.name : spec.python;
  }
  return names;
}

nb::object DTypesOf(const std::string& op) {
  nb::list dtypes;
  for (DType dtype : SpecOf(op).dtypes) dtypes.append(ToString(dtype));
  return dtypes;
}

/// (name, call, whether each input is differentiable, whether the gradient is differenced).
nb::object CasesOf(const std::string& op) {
  nb::list cases;
  for (const OpCase& sample : SpecOf(op).cases) {
    nb::list differentiable;
    for (bool one : Differentiable(sample.inputs)) differentiable.append(one);
    cases.append(
        nb::make_tuple(sample.name, sample.call, nb::tuple(differentiable), IsDifferenced(sample)));
  }
  return cases;
}

nb::object InputsOf(const std::string& op, const std::string& name, DType dtype, int64_t seed) {
  const OpCase& sample = CaseOf(op, name);
  Rng rng = CaseRng(name, seed);
  nb::list inputs;
  for (const Tensor& x : MakeInputs(sample.inputs, dtype, rng)) inputs.append(nb::cast(x));
  return inputs;
}

/// What Prova itself makes of the inputs, and the exact result.
nb::object ResultsOf(const std::string& op, const std::string& name, const Tensors& inputs) {
  const NoGrad off;
  const OpCase& sample = CaseOf(op, name);
  return nb::make_tuple(nb::cast(sample.run(inputs)), nb::cast(ExactResult(sample, inputs)));
}

/// (agrees, element, actual, exact, error, allowed, ratio) of the worst element.
nb::object DeviationOf(const std::string& op, const std::string& name, const Tensor& actual,
                       const Tensor& exact) {
  const Deviation worst = WorstDeviation(actual, exact, CaseOf(op, name).tolerance);
  return nb::make_tuple(worst.agrees, worst.element, worst.actual, worst.exact, worst.error,
                        worst.allowed, worst.ratio);
}

/// (problem, error, tolerance) of `gradient(inputs, cotangent)`, a list of tensors and, where an
/// input has none, None; against central differences of the reference kernels.
nb::object CheckGradientOf(const std::string& op, const std::string& name, int64_t seed,
                           const nb::callable& gradient) {
  const OpCase& sample = CaseOf(op, name);
  Rng rng = CaseRng(name, seed);
  const GradientCheck check = {
      .f =
          [&](const Tensors& inputs) {
            const ScopedKernels reference(Where::kReference);
            return sample.run(inputs);
          },
      .inputs = MakeInputs(sample.inputs, DType::kFloat64, rng),
      .differentiable = Differentiable(sample.inputs),
      .gradient = [&](const Tensors& inputs, const Tensor& cotangent) -> Tensors {
        nb::list given;
        for (const Tensor& x : inputs) given.append(nb::cast(x));
        Tensors gradients;
        for (nb::handle one : gradient(given, nb::cast(cotangent))) {
          gradients.push_back(one.is_none() ? Tensor()
                                            : Argument<Tensor>::Take({"verify", "gradient"}, one));
        }
        return gradients;
      }};
  const GradientReport report = CheckGradient(check, rng);
  return nb::make_tuple(report.problem, report.largest_error, report.tolerance);
}

}  // namespace

void DefineProof(nb::module_& module) {
  Define(module, "_proof_operations", "Operations, and their names here.", Operations);
  Define(module, "_proof_dtypes", "The dtypes of an operation.", DTypesOf, "op"_a);
  Define(module, "_proof_cases", "The cases of an operation.", CasesOf, "op"_a);
  Define(module, "_proof_inputs", "The inputs of a case.", InputsOf, "op"_a, "case"_a, "dtype"_a,
         "seed"_a);
  Define(module, "_proof_results", "Prova's and the exact result.", ResultsOf, "op"_a, "case"_a,
         "inputs"_a);
  Define(module, "_proof_deviation", "The worst element of a result.", DeviationOf, "op"_a,
         "case"_a, "actual"_a, "exact"_a);
  Define(module, "_proof_gradient", "Whether a gradient holds.", CheckGradientOf, "op"_a, "case"_a,
         "seed"_a, "gradient"_a);
}

}  // namespace prova::python
