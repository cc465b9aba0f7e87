#include "gradcheck/spec.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {
namespace {

constexpr double kKinkDistance = 0.01;

/// A uniform value in [low, high) that keeps its distance from kinks.
double DrawAwayFromKinks(const InputSpec& spec, Rng& rng) {
  while (true) {
    const PhiloxCounter words = rng.Take(1)[0];
    const double value = spec.low + (spec.high - spec.low) * UniformDouble(words[0], words[1]);
    const bool near = std::any_of(spec.kinks.begin(), spec.kinks.end(), [&](double kink) {
      return std::abs(value - kink) < kKinkDistance;
    });
    if (!near) return value;
  }
}

Tensor MakeInput(const InputSpec& spec, DType dtype, Rng& rng) {
  if (spec.transposed) {
    const int last = spec.shape.rank() - 1;
    Dims swapped = spec.shape;
    for (int axis = 0; axis <= last; ++axis) swapped[axis] = axis;
    std::swap(swapped[last], swapped[last - 1]);
    InputSpec stored = spec;
    stored.transposed = false;
    std::swap(stored.shape[last], stored.shape[last - 1]);
    return view::Permute(MakeInput(stored, dtype, rng), swapped);
  }
  const int64_t n = NumElements(spec.shape);
  std::vector<double> values(n);
  if (spec.kind == InputSpec::Kind::kReal && spec.distinct) {
    // A shuffled grid, finer than the range, with steps of at least the kink distance.
    const double step = std::max(kKinkDistance, (spec.high - spec.low) / std::max<int64_t>(n, 1));
    const std::vector<int64_t> order = randperm(n, rng).to_vector<int64_t>();
    for (int64_t i = 0; i < n; ++i) values[i] = spec.low + step * (order[i] + 0.5);
  } else {
    for (double& value : values) value = DrawAwayFromKinks(spec, rng);
  }
  switch (spec.kind) {
    case InputSpec::Kind::kReal: return Cast(from_vector(values, spec.shape), dtype);
    case InputSpec::Kind::kIndex:
      for (double& value : values) value = std::floor(value);
      return Cast(from_vector(values, spec.shape), spec.dtype);
    case InputSpec::Kind::kBool: break;
  }
  for (double& value : values) value = value < (spec.low + spec.high) / 2 ? 0 : 1;
  return Cast(from_vector(values, spec.shape), DType::kBool);
}

}  // namespace

std::vector<DType> FloatingDTypes() {
  return {DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64};
}

std::vector<DType> NumericDTypes() { return {std::begin(kAllDTypes) + 1, std::end(kAllDTypes)}; }

std::vector<DType> AllDTypes() { return {std::begin(kAllDTypes), std::end(kAllDTypes)}; }

std::string PythonCall(const std::string& inputs, const std::vector<std::string>& options) {
  std::string arguments = inputs;
  for (const std::string& option : options) {
    if (!option.empty()) arguments += ", " + option;
  }
  return "f(" + arguments + ")";
}

std::string PythonAxes(const Dims& axes) {
  if (axes.empty()) return "";
  if (axes.rank() == 1) return Cat("axis=", axes[0]);
  std::string numbers;
  for (int64_t axis : axes) numbers += (numbers.empty() ? "" : ", ") + std::to_string(axis);
  return Cat("axis=(", numbers, ")");
}

std::string PythonSize(const Size2d& size) { return Cat("(", size.height, ", ", size.width, ")"); }

std::string PythonSize(const std::string& name, const Size2d& size, const Size2d& usual) {
  return size == usual ? "" : Cat(name, "=", PythonSize(size));
}

std::vector<int64_t> LengthsAroundVectors() {
  return {0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 19, 35};
}

std::vector<OpCase> UnaryCases(const std::function<Tensor(const Tensor&)>& f,
                               const InputSpec& input, const Tolerance& tolerance,
                               const std::function<Tensor(const Tensor&)>& definition) {
  std::vector<Shape> shapes = {{}, {2, 3}, {2, 3, 4}, {3, 0, 2}};
  for (int64_t length : LengthsAroundVectors()) shapes.push_back({length});
  std::vector<OpCase> cases;
  for (const Shape& shape : shapes) {
    InputSpec x = input;
    x.shape = shape;
    OpCase sample{.name = Cat("x", shape),
                  .inputs = {x},
                  .run = [f](const Tensors& in) { return f(in[0]); },
                  .call = PythonCall("a"),
                  .tolerance = tolerance,
                  .check_gradient = NumElements(shape) > 0};
    if (definition)
      sample.definition = [definition](const Tensors& in) { return definition(in[0]); };
    cases.push_back(std::move(sample));
  }
  return cases;
}

std::vector<OpCase> BinaryCases(const BinaryFunction& f, const InputSpec& a, const InputSpec& b,
                                const Tolerance& tolerance, const BinaryFunction& definition) {
  std::vector<std::pair<Shape, Shape>> shapes = {
      {{}, {}},         {{2, 3}, {1}},       {{}, {2, 3}},           {{2, 3}, {3}}, {{3}, {2, 3}},
      {{4, 1}, {1, 5}}, {{2, 1, 3}, {4, 1}}, {{2, 3, 4}, {2, 1, 4}}, {{0, 3}, {3}}};
  for (int64_t length : LengthsAroundVectors()) shapes.push_back({{length}, {length}});
  std::vector<OpCase> cases;
  for (const auto& [a_shape, b_shape] : shapes) {
    InputSpec first = a, second = b;
    first.shape = a_shape;
    second.shape = b_shape;
    OpCase sample{.name = Cat("a", a_shape, "_b", b_shape),
                  .inputs = {first, second},
                  .run = [f](const Tensors& in) { return f(in[0], in[1]); },
                  .call = PythonCall("a, b"),
                  .tolerance = tolerance,
                  .check_gradient = NumElements(BroadcastShapes(a_shape, b_shape)) > 0};
    if (definition) {
      sample.definition = [definition](const Tensors& in) { return definition(in[0], in[1]); };
    }
    cases.push_back(std::move(sample));
  }
  return cases;
}

std::vector<BenchCase> PointwiseBench(const std::string& name, const std::vector<InputSpec>& inputs,
                                      const Run& run, double flops, const std::string& torch) {
  std::vector<BenchCase> cases;
  for (int64_t length : {1 << 10, 1 << 16, 1 << 24}) {
    const double n = static_cast<double>(length);
    BenchCase bench = {Cat(name, "_", length), inputs, run, 4 * n, flops * n, torch};
    for (InputSpec& input : bench.inputs) {
      input.shape = {length};
      bench.bytes += (input.kind == InputSpec::Kind::kBool ? 1 : 4) * n;
    }
    cases.push_back(std::move(bench));
  }
  return cases;
}

std::vector<BenchCase> Joined(const std::vector<std::vector<BenchCase>>& parts) {
  std::vector<BenchCase> all;
  for (const std::vector<BenchCase>& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Tolerance SumTolerance(int64_t n, double c) {
  return {.epsilons = c * std::sqrt(static_cast<double>(std::max<int64_t>(n, 1))),
          .scale = Tolerance::Scale::kTensor};
}

std::vector<bool> Differentiable(const std::vector<InputSpec>& inputs) {
  std::vector<bool> result;
  for (const InputSpec& input : inputs) {
    result.push_back(input.kind == InputSpec::Kind::kReal && input.differentiable);
  }
  return result;
}

bool IsDifferenced(const OpCase& sample) {
  // A harness takes a hundred times as long as a processor, and kernels are compared elsewhere.
  const int64_t most_elements = default_device() == kCpu ? 600 : 64;
  int64_t elements = 0;
  for (const InputSpec& input : sample.inputs) elements += NumElements(input.shape);
  return sample.check_gradient && elements <= most_elements;
}

Tensors MakeInputs(const std::vector<InputSpec>& specs, DType dtype, Rng& rng) {
  Tensors inputs;
  for (const InputSpec& spec : specs) inputs.push_back(MakeInput(spec, dtype, rng));
  return inputs;
}

}  // namespace prova
