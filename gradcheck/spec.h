#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "autograd/tape.h"
#include "base/error.h"
#include "base/philox.h"
#include "ops/common/kernel_table.h"
#include "ops/common/size2d.h"

namespace prova {

/// The cases table of an operation: from it come the kernel agreement tests, the gradient checks,
/// the tests of errors, the benchmarks and the row of the catalogue. A new operation describes
/// itself here and gets all of them without a line of test code.

/// How to make one input of a case.
struct InputSpec {
  enum class Kind { kReal, kIndex, kBool };

  Shape shape;
  Kind kind = Kind::kReal;
  double low = -2;  ///< values are uniform in [low, high); an index is a whole number of them
  double high = 2;
  DType dtype = DType::kInt64;  ///< of an index
  bool differentiable = true;   ///< kReal only: its gradient is checked
  /// Points where the operation has a kink: values keep a distance of 0.01 from each.
  std::vector<double> kinks = {};
  /// Any two values differ by at least 0.01, so that a maximum has no ties nearby.
  bool distinct = false;
  /// The result is affine in this input, piecewise, with no coefficient from another input: the
  /// second derivative with respect to it is zero, and is checked to be zero.
  bool affine = false;
  /// The last two axes lie in memory the other way round: a view of a transposed tensor.
  bool transposed = false;
};

using Run = std::function<Tensor(const Tensors& inputs)>;

/// How far a kernel may be from the exact result, in units of the dtype's epsilon.
struct Tolerance {
  /// c for one rounding after another, c*sqrt(n) or c*n for sums of n terms; say why at the case.
  double epsilons = 4;
  /// Epsilons are taken relative to: the exact element itself, or the largest of the tensor (for
  /// results of cancelling sums).
  enum class Scale { kElement, kTensor } scale = Scale::kElement;
};

/// One sample: inputs, and the operation applied to them.
struct OpCase {
  std::string name;
  std::vector<InputSpec> inputs;
  Run run;
  /// The same call from Python, of a function f and of inputs named a, b, c, …: "f(a, axis=1)".
  /// `PythonCall` writes it.
  std::string call = {};
  /// The same result as a composition of other operations; empty for a leaf operation.
  Run definition = {};
  Tolerance tolerance = {};
  /// Of gradients computed in float32, against those in float64.
  Tolerance gradient_tolerance = {.epsilons = 64, .scale = Tolerance::Scale::kTensor};
  bool check_gradient = true;  ///< false only where no input is differentiable or the result empty
};

/// A call that must be refused, and the whole text of its error.
struct BadCase {
  std::string name;
  std::function<void()> call;
  ErrorCode code;
  std::string message;
};

/// A size worth measuring. Bytes and floating-point operations are what the operation needs, not
/// what a kernel happens to do.
struct BenchCase {
  std::string name;
  std::vector<InputSpec> inputs;
  Run run;
  double bytes = 0;
  double flops = 0;
  /// The same computation in PyTorch, over the inputs named a, b, c, …; it knows `torch` and `F`
  /// (torch.nn.functional): "F.conv2d(a, b, stride=2)". Where its value is a function, the calls of
  /// that function are measured. Empty: PyTorch does not take part.
  std::string torch = {};
  DType dtype = DType::kFloat32;  ///< of the kReal inputs
  /// What the peers must know beyond the inputs: {{"stride", 2}, {"padding", 3}}.
  std::map<std::string, int64_t> attributes = {};
  /// How far a peer's result may be from Prova's, relative to the largest element; infinity where
  /// each draws random numbers of its own.
  double agreement = 1e-4;
  /// For work with a state, such as training steps, in place of `run`: starts it from the inputs.
  std::function<std::function<Tensor()>(const Tensors& inputs)> start = {};
};

/// Everything that the proofs and the catalogue know about an operation.
struct OpSpec {
  std::string name;
  /// Its name in the package `prova`; empty where that is `name`.
  std::string python = {};
  /// `loop` for a leaf operation, else the composition that defines it, as the page shows it.
  std::string definition;
  /// The public function that computes its gradient; empty where it has none.
  std::string vjp;
  /// dtypes of its (first real) input, as a user may pass them.
  std::vector<DType> dtypes;
  /// Column to dtypes that its kernels compute in: `Columns(kExpKernels)`.
  std::map<Where, DTypeSet> columns;
  std::vector<OpCase> cases;
  std::vector<BadCase> bad;
  std::vector<BenchCase> bench;
};

/// The columns of a kernel table.
template <typename Fn, size_t size>
std::map<Where, DTypeSet> Columns(const KernelEntry<Fn> (&table)[size]) {
  std::map<Where, DTypeSet> columns;
  for (const KernelEntry<Fn>& entry : table) {
    if (entry.run == nullptr) continue;
    auto [column, is_new] = columns.try_emplace(entry.where, entry.dtypes);
    if (!is_new) column->second = column->second | entry.dtypes;
  }
  return columns;
}

/// The four floating dtypes; the numeric ones; all ten.
std::vector<DType> FloatingDTypes();
std::vector<DType> NumericDTypes();
std::vector<DType> AllDTypes();

/// "f(a, b, axis=1)" of inputs "a, b" and of those options that are not empty; an option is left
/// out where it has its default, so that functions without it can be called too.
std::string PythonCall(const std::string& inputs, const std::vector<std::string>& options = {});

/// "axis=1", "axis=(0, 2)"; nothing for no axes, which mean all.
std::string PythonAxes(const Dims& axes);

/// "(1, 2)"; "stride=(1, 2)", or nothing where `size` is the default.
std::string PythonSize(const Size2d& size);
std::string PythonSize(const std::string& name, const Size2d& size, const Size2d& usual);

/// Lengths around vector widths N of 1 to 16 lanes: 1, N-1, N, N+1, 2N+3, and 0.
std::vector<int64_t> LengthsAroundVectors();

/// Cases of y = f(x) for every length around vectors, a few ranks, size 0 and 0-d.
std::vector<OpCase> UnaryCases(const std::function<Tensor(const Tensor&)>& f,
                               const InputSpec& input, const Tolerance& tolerance = {},
                               const std::function<Tensor(const Tensor&)>& definition = {});

/// Cases of y = f(a, b): same shapes around vectors, a scalar on either side, broadcast rows,
/// columns and outer products, size 0 and 0-d.
using BinaryFunction = std::function<Tensor(const Tensor&, const Tensor&)>;
std::vector<OpCase> BinaryCases(const BinaryFunction& f, const InputSpec& a, const InputSpec& b,
                                const Tolerance& tolerance = {},
                                const BinaryFunction& definition = {});

/// Cases to measure an operation that maps elements, in the first-level cache, in the second and in
/// memory: all inputs have 1 K, 64 K and 16 M elements. Named after `name` and the number.
std::vector<BenchCase> PointwiseBench(const std::string& name, const std::vector<InputSpec>& inputs,
                                      const Run& run, double flops, const std::string& torch);

/// The cases of all parts, in their order.
std::vector<BenchCase> Joined(const std::vector<std::vector<BenchCase>>& parts);

/// `epsilons` for a sum of n terms in pairwise order, c * sqrt(n), relative to the largest result.
Tolerance SumTolerance(int64_t n, double c = 4);

/// The inputs of a case in `dtype`, the same for the same rng state in every dtype to its rounding.
Tensors MakeInputs(const std::vector<InputSpec>& specs, DType dtype, Rng& rng);

/// Which inputs are checked for their gradient.
std::vector<bool> Differentiable(const std::vector<InputSpec>& inputs);

/// Whether the derivatives of a case are checked against differences, of first and second order:
/// where it has a gradient and is small enough to move every element of its inputs.
bool IsDifferenced(const OpCase& sample);

/// An operation by name, for the catalogue.
struct NamedSpec {
  const char* name;
  OpSpec (*make)();
};
/// Every operation of `ops/ops.bzl`.
const std::vector<NamedSpec>& AllSpecs();

}  // namespace prova
