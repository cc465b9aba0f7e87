// Derivatives by the tape, in parts that the guide shows one by one.
#include <cmath>
#include <iostream>
#include <vector>

#include "autograd/functional.h"
#include "autograd/movement.h"
#include "base/allocator.h"
#include "examples/parts.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;
using prova::examples::PrintError;
using prova::examples::Require;

namespace {

void First() {
  // #region first
  const Tensor x = tensor({1.0, 2.0, 3.0});
  const Tensor w = parameter(tensor({0.5, -1.0, 2.0}));
  const Tensor product = x * w;
  const Tensor loss = sum(product);
  const Gradients gradients = backward(loss);
  std::cout << "loss " << loss << ", dloss/dw " << gradients[w] << "\n";
  // #endregion first
  Require(gradients[w].to_vector<float>() == x.to_vector<float>(), "dloss/dw = x");
}

void Shared() {
  // #region shared
  const Tensor x = parameter(tensor(3.0));
  const Tensor y = x * x + x;
  std::cout << backward(y)[x] << "\n";
  // #endregion shared
  Require(backward(y)[x].item() == 7, "2x + 1");
}

void Tracked() {
  // #region tracked
  const Tensor w = parameter(tensor({1.0, 2.0}));
  const Tensor y = w * 2.0;
  const Tensor constant = detach(y);
  const Tensor quiet = no_grad([&] { return w * 2.0; });
  std::cout << std::boolalpha << is_tracked(w) << " " << is_tracked(y) << " "
            << is_tracked(constant) << " " << is_tracked(quiet) << "\n";
  // #endregion tracked
  Require(is_tracked(y) && !is_tracked(constant) && !is_tracked(quiet), "who is tracked");
}

void Cotangent() {
  // #region cotangent
  const Tensor x = parameter(tensor({1.0, 2.0, 3.0}));
  const Tensor y = x * x;
  const Gradients weighted = backward(y, {.cotangents = {tensor({1.0, 10.0, 100.0})}});
  std::cout << weighted[x] << "\n";
  // #endregion cotangent
  Require(weighted[x].to_vector<int>()[2] == 600, "2x times the cotangent");
}

void Intermediate() {
  // #region intermediate
  const Tensor x = parameter(tensor({1.0, 2.0}));
  const Tensor hidden = x * 3.0;
  const Tensor loss = sum(hidden * hidden);
  const Gradients gradients = backward(loss, {.wrt = {hidden}});
  std::cout << gradients[hidden] << ", x found: " << std::boolalpha << gradients.contains(x)
            << "\n";
  // #endregion intermediate
  Require(gradients[hidden].to_vector<int>()[1] == 12, "2 hidden");
}

// #region cubes
Tensor Cubes(const Tensor& x) { return sum(x * x * x); }
// #endregion cubes

void Functions() {
  // #region functions
  const Tensor x = tensor({1.0, 2.0});
  const auto [value, slope] = value_and_grad(Cubes)(x);
  std::cout << "f " << value << ", gradient " << slope << "\n";
  std::cout << "Hessian\n" << hessian(Cubes, x) << "\n";
  std::cout << "Hessian times v " << hvp(Cubes, x, tensor({1.0, 10.0})) << "\n";
  // #endregion functions
  Require(hessian(Cubes, x).to_vector<int>() == std::vector<int>{6, 0, 0, 12}, "6x on a diagonal");
}

void Products() {
  // #region products
  const Tensor a = tensor({{1.0, 0.0, 1.0}, {0.0, 1.0, 0.0}});
  const Function f = [&](const Tensor& x) { return matmul(a, x * x); };
  const Tensor x = tensor({1.0, 2.0, 3.0});
  const auto [value, tangent] = jvp(f, x, tensor({1.0, 10.0, 100.0}));
  const Pullback pullback = vjp([&](const Tensors& xs) { return f(xs[0]); }, {x});
  const Tensor cotangent = pullback.pull(tensor({1.0, 10.0}))[0];
  std::cout << "f " << value << "\nJ v " << tangent << "\nJ^T u " << cotangent << "\n"
            << jacobian(f, x) << "\n";
  // #endregion products
  Require(tangent.to_vector<int>() == std::vector<int>{602, 40}, "2 A (x v)");
  Require(cotangent.to_vector<int>() == std::vector<int>{2, 40, 6}, "2 x (A^T u)");
}

void Second() {
  // #region second
  const Tensor x = tensor(0.5, DType::kFloat64);
  const Function f = [](const Tensor& x) { return tanh(x); };
  const Tensor y = tanh(x);
  std::cout << "by the tape " << grad(grad(f))(x) << "\nby hand " << y * (y * y - 1.0) * 2.0
            << "\n";
  // #endregion second
  const double distance = (grad(grad(f))(x) - y * (y * y - 1.0) * 2.0).item();
  Require(std::abs(distance) < 1e-12, "-2 y (1 - y^2)");
}

void Penalty() {
  // #region penalty
  const Tensor w = parameter(tensor({1.0, 2.0}));
  const Tensor loss = Cubes(w);
  const Tensor slope = backward(loss, {.create_graph = true})[w];
  const Tensor penalty = sum(slope * slope);
  std::cout << "slope " << slope << "\ngradient of its square " << backward(penalty)[w] << "\n";
  // #endregion penalty
  Require(backward(penalty)[w].to_vector<int>() == std::vector<int>{36, 288}, "36 w^3");
}

// #region custom
// Rounds towards zero; its gradient, 0 or undefined, is replaced by that of the identity.
Tensor StraightThrough(const Tensor& x) {
  return custom_function(
      "straight_through", {x},
      [](const Tensors& xs) { return cast(cast(xs[0], DType::kInt64), xs[0].dtype()); },
      [](const Tensor& dy, const Saved&) -> Tensors { return {dy}; });
}
// #endregion custom

void UseCustom() {
  // #region use_custom
  const Tensor x = parameter(tensor({0.4, 1.6, -2.5}));
  const Tensor y = StraightThrough(x);
  std::cout << y << "\ngradient " << backward(sum(y * y))[x] << "\n";
  // #endregion use_custom
  Require(backward(sum(y))[x].to_vector<int>() == std::vector<int>{1, 1, 1}, "passed on");
}

// #region checkpoint
// Eight blocks, each of which records four results of 1 MiB.
Tensor Block(const Tensors& xs) {
  Tensor x = xs[0];
  for (int i = 0; i < 4; ++i) x = tanh(x);
  return x;
}

// The most that was alive during the pass there and back, in MiB.
int64_t Peak(bool checkpointed) {
  const Tensor x = parameter(full({512, 512}, 0.5));
  ResetPeakMemory();
  const int64_t before = memory_stats().live_bytes;
  Tensor y = x;
  for (int i = 0; i < 8; ++i) y = checkpointed ? checkpoint(Block, {y}) : Block({y});
  backward(sum(y));
  return (memory_stats().peak_bytes - before) >> 20;
}
// #endregion checkpoint

void Checkpoints() {
  // #region peaks
  std::cout << "recorded whole: " << Peak(false) << " MiB\nby blocks: " << Peak(true) << " MiB\n";
  // #endregion peaks
  Require(Peak(true) < Peak(false) / 2, "less memory");
}

void Lifetime() {
  // #region lifetime
  const Tensor w = parameter(full({4}, 2));
  const int64_t before = LiveTensorCount();
  Tensor y = w;
  for (int i = 0; i < 100000; ++i) y = y * 1.0;
  std::cout << LiveTensorCount() - before << " tensors on the way\n";
  const Gradients gradients = backward(sum(y));
  y = Tensor();
  std::cout << LiveTensorCount() - before << " when the last handle has gone\n";
  // #endregion lifetime
  Require(LiveTensorCount() - before == 1, "only the gradient");
}

void Errors() {
  // #region errors
  const Tensor w = parameter(tensor({1.0, 2.0}));
  const Tensor other = parameter(tensor({1.0}));
  const Tensor x = tensor({3.0, 4.0});
  PrintError([&] { backward(sum(x * x)); });
  PrintError([&] { backward(w * w); });
  PrintError([&] { return backward(sum(w * x))[other]; });
  PrintError([&] { return backward(sum(w * x))[x]; });
  PrintError([&] { parameter(tensor({1, 2})); });
  PrintError([&] { grad([](const Tensor& x) { return x * x; })(w); });
  // #endregion errors
}

void Overwritten() {
  // #region overwritten
  const Tensor w = parameter(tensor({1.0, 2.0}));
  const Tensor loss = sum(w * w);
  assign(w, tensor({10.0, 20.0}));
  PrintError([&] { backward(loss); });
  // #endregion overwritten
}

}  // namespace

int main() {
  return examples::RunParts({{"first", First},
                             {"shared", Shared},
                             {"tracked", Tracked},
                             {"cotangent", Cotangent},
                             {"intermediate", Intermediate},
                             {"functions", Functions},
                             {"products", Products},
                             {"second", Second},
                             {"penalty", Penalty},
                             {"use_custom", UseCustom},
                             {"peaks", Checkpoints},
                             {"lifetime", Lifetime},
                             {"errors", Errors},
                             {"overwritten", Overwritten}});
}
