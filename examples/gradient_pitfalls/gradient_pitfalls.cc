// Ways to a wrong gradient, each with the wrong number beside the right one.
#include <cmath>
#include <iostream>
#include <string>

#include "autograd/functional.h"
#include "autograd/movement.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

bool Is(const Tensor& found, const Tensor& expected) {
  const std::vector<double> a = found.to_vector<double>(), b = expected.to_vector<double>();
  bool same = found.shape() == expected.shape();
  for (size_t i = 0; same && i < a.size(); ++i) {
    same = std::isnan(a[i]) ? std::isnan(b[i]) : a[i] == b[i] || std::abs(a[i] - b[i]) < 1e-6;
  }
  return same;
}

/// The text of the error that `body` ends with.
template <typename Body>
std::string Refusal(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// #region broadcast
/// x + bias for a bias of one row, with a gradient of one's own for the bias.
using BiasGradient = Tensor (*)(const Tensor& dy);
Tensor AddRow(const Tensor& x, const Tensor& bias, BiasGradient of_bias) {
  return custom_function(
      "add_row", {x, bias}, [](const Tensors& in) { return in[0] + in[1]; },
      [of_bias](const Tensor& dy, const Saved&) -> Tensors {
        return {dy, of_bias(dy)};
      });
}

bool Broadcast() {
  const Tensor x = zeros({3, 2}), scale = tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}});
  auto gradient = [&](BiasGradient of_bias) {
    const Tensor bias = parameter(zeros({2}));
    return backward(sum(scale * AddRow(x, bias, of_bias)))[bias];
  };
  const std::string forgotten = Refusal([&] { gradient([](const Tensor& dy) { return dy; }); });
  const Tensor averaged = gradient([](const Tensor& dy) { return mean(dy, {0}); });
  const Tensor summed = gradient([](const Tensor& dy) { return sum_to(dy, {2}); });
  std::cout << "forgotten: " << forgotten << "\naveraged:  " << averaged
            << "\nsummed:    " << summed << "\n";
  return forgotten != "no error" && Is(summed, tensor({9.0, 12.0}));
}
// #endregion broadcast

// #region overwritten
bool Overwritten() {
  const Tensor w = parameter(tensor({1.0, 2.0}));
  const Tensor y = exp(w);
  const Tensor loss = sum(y * y);
  assign(y, zeros({2}));
  const std::string refusal = Refusal([&] { backward(loss); });
  std::cout << refusal << "\n";
  return refusal.find("overwritten") != std::string::npos;
}
// #endregion overwritten

// #region ties
bool Ties() {
  const Tensor x = tensor({3.0, 1.0, 3.0, 3.0}, DType::kFloat64);
  const Tensor peaks = tensor({true, false, true, true});
  const Function largest = [](const Tensor& in) { return max(in); };
  const Tensor masked = where(peaks, ones_like(x), 0.0);
  std::vector<double> differences;
  for (int64_t i = 0; i < 4; ++i) {
    Tensor step = zeros({4}, {.dtype = DType::kFloat64});
    assign(slice(step, 0, {.start = i, .stop = i + 1}), full({1}, 1e-3));
    differences.push_back((max(x + step) - max(x - step)).item() / 2e-3);
  }
  std::cout << "every peak gets dy:  " << masked
            << "\ncentral differences: " << from_vector(differences, {4})
            << "\nmax:                 " << grad(largest)(x)
            << "\nslope along (1, 1, 1, 1): " << (max(x + 1e-3) - max(x - 1e-3)).item() / 2e-3
            << "\n";
  return std::abs(sum(grad(largest)(x)).item() - 1) < 1e-12;
}
// #endregion ties

// #region root
bool Root() {
  const Tensor x = zeros({3});
  const Function norm = [](const Tensor& in) { return sqrt(sum(in * in)); };
  const Function smooth = [](const Tensor& in) { return sqrt(sum(in * in) + 1e-12); };
  std::cout << "sqrt(sum(x^2)):         " << grad(norm)(x)
            << "\nsqrt(sum(x^2) + 1e-12): " << grad(smooth)(x) << "\n";
  return Is(grad(norm)(x), full({3}, NAN)) && Is(grad(smooth)(x), x);
}
// #endregion root

// #region dead_branch
bool DeadBranch() {
  const Tensor x = tensor({4.0, 0.0, -1.0}), positive = tensor({true, false, false});
  const Function outside = [&](const Tensor& in) { return sum(where(positive, sqrt(in), 0.0)); };
  const Function inside = [&](const Tensor& in) {
    return sum(where(positive, sqrt(where(positive, in, 1.0)), 0.0));
  };
  std::cout << "values: " << outside(x).item() << " and " << inside(x).item()
            << "\nwhere outside only:     " << grad(outside)(x)
            << "\nwhere inside as well:   " << grad(inside)(x) << "\n";
  return Is(grad(outside)(x), tensor({0.25, NAN, NAN})) &&
         Is(grad(inside)(x), tensor({0.25, 0.0, 0.0}));
}
// #endregion dead_branch

// #region log_sum_exp
bool LogSumExp() {
  const Tensor x = tensor({100.0, 101.0, 90.0});
  const Function naive = [](const Tensor& in) { return log(sum(exp(in))); };
  const Function shifted = [](const Tensor& in) {
    const Tensor peak = detach(max(in));
    return log(sum(exp(in - peak))) + peak;
  };
  std::cout << "naive:   " << naive(x).item() << ", " << grad(naive)(x)
            << "\nshifted: " << shifted(x).item() << ", " << grad(shifted)(x)
            << "\nsoftmax: " << softmax(x) << "\n";
  return Is(grad(shifted)(x), softmax(x)) && std::isinf(naive(x).item());
}
// #endregion log_sum_exp

// #region float32
/// The slope of the sigmoid at 5, by central differences, in percent of the true one.
double Percent(DType dtype, double h) {
  const Tensor x = tensor(5.0, dtype);
  auto sigmoid = [](const Tensor& in) { return 1.0 / (1.0 + exp(-in)); };
  const double difference = (sigmoid(x + h) - sigmoid(x - h)).item() / (2 * h);
  const double y = 1 / (1 + std::exp(-5.0));
  return std::round(100 * difference / (y * (1 - y)));
}

bool Float32() {
  std::cout << "h = 6e-6: float32 " << Percent(DType::kFloat32, 6e-6) << " %, float64 "
            << Percent(DType::kFloat64, 6e-6) << " %\n"
            << "h = 2e-2: float32 " << Percent(DType::kFloat32, 2e-2) << " %\n";
  return Percent(DType::kFloat64, 6e-6) == 100;
}
// #endregion float32

// #region twice
bool Twice() {
  const Tensor w = parameter(tensor({1.0, 2.0})), x = tensor({{1.0, 0.0}, {0.0, 1.0}, {1.0, 1.0}});
  auto loss = [&](const Tensor& rows) {
    const Tensor y = matmul(rows, w);
    return mean(y * y);
  };
  auto rows = [&](int64_t start, int64_t stop) {
    return slice(x, 0, {.start = start, .stop = stop});
  };
  const Tensor whole = backward(loss(x))[w];
  const Tensor first = backward(loss(rows(0, 2)))[w], second = backward(loss(rows(2, 3)))[w];
  std::cout << "whole batch:         " << whole << "\nparts added:         " << first + second
            << "\nparts averaged:      " << (first + second) / 2.0
            << "\nweighted 2/3 and 1/3: " << (2.0 * first + second) / 3.0 << "\n";
  return Is(whole, (2.0 * first + second) / 3.0);
}
// #endregion twice

// #region uses
bool Uses() {
  const Tensor x = tensor(3.0);
  const Function both = [](const Tensor& in) { return in * in; };
  const Function last_only = [](const Tensor& in) { return detach(in) * in; };
  std::cout << "one use overwrites the other: " << grad(last_only)(x).item()
            << "\nuses are added:               " << grad(both)(x).item() << "\n";
  return grad(both)(x).item() == 6;
}
// #endregion uses

// #region integers
bool Integers() {
  const std::string refused = Refusal([] { parameter(tensor({1, 2, 3})); });
  const Tensor w = parameter(tensor({1.7, 2.2}));
  const std::string cut =
      Refusal([&] { backward(sum(cast(cast(w, DType::kInt64), DType::kFloat32))); });
  std::cout << refused << "\n" << cut << "\n";
  return refused != "no error" && cut != "no error";
}
// #endregion integers

// #region empty
bool Empty() {
  const Tensor w = parameter(tensor({1.0, 2.0})), nothing = zeros({0});
  const Tensor loss = sum(w * w) + mean(nothing);
  const Tensor scaled = sum(w * w) * mean(nothing);
  std::cout << "mean of nothing added:      loss " << loss << ", " << backward(loss)[w]
            << "\nmean of nothing multiplied: loss " << scaled << ", " << backward(scaled)[w]
            << "\n";
  return std::isnan(loss.item()) && Is(backward(loss)[w], tensor({2.0, 4.0}));
}
// #endregion empty

// #region ignored
bool Ignored() {
  const Tensor logits = parameter(tensor({{1.0, 2.0}, {3.0, 4.0}}));
  const Tensor loss = cross_entropy(logits, tensor({-100, -100}));
  std::cout << "every label ignored: loss " << loss << ", gradient\n"
            << backward(loss)[logits] << "\n";
  return std::isnan(loss.item());
}
// #endregion ignored

// #region capture
/// exp(x) whose gradient reads the output from its own closure, or as the tape hands it over.
Tensor Exp(const Tensor& x, bool captures) {
  const Tensor y = no_grad([&] { return exp(x); });
  if (!captures) {
    return Record("exp", {x}, y, [](const Tensor& dy, const Saved& saved) -> Tensors {
      return {dy * saved.output()};
    });
  }
  return Record("exp", {x}, y, [y](const Tensor& dy, const Saved&) -> Tensors { return {dy * y}; });
}

bool Capture() {
  bool right = true;
  for (bool captures : {true, false}) {
    const int64_t before = LiveTensorCount();
    Tensor::Weak kept;
    {
      const Tensor x = parameter(tensor({1.0, 2.0})), y = Exp(x, captures);
      right &= Is(backward(sum(y))[x], exp(x));
      kept = Tensor::Weak(y);
    }
    const int64_t left = LiveTensorCount() - before;
    std::cout << (captures ? "captured:    " : "handed over: ") << left << " tensors left\n";
    right &= (left > 0) == captures;
    // Break the circle by hand, so that this program ends without a leak.
    if (const Tensor y = kept.Lock(); y.defined()) y.Attach(nullptr);
  }
  return right;
}
// #endregion capture

// #region cut
/// x^3 whose gradient reads x, or x without its place on the tape.
Tensor Cube(const Tensor& x, bool cut) {
  return custom_function(
      "cube", {x}, [](const Tensors& in) { return in[0] * in[0] * in[0]; },
      [cut](const Tensor& dy, const Saved& saved) -> Tensors {
        const Tensor at = cut ? detach(saved.input()) : saved.input();
        return {dy * 3.0 * at * at};
      });
}

bool Cut() {
  const Tensor x = tensor(2.0);
  double second = 0;
  for (bool cut : {true, false}) {
    const Function cube = [cut](const Tensor& in) { return Cube(in, cut); };
    second = grad(grad(cube))(x).item();
    std::cout << (cut ? "detached: " : "recorded: ") << "first derivative " << grad(cube)(x).item()
              << ", second " << second << "\n";
  }
  return second == 12;
}
// #endregion cut

int main() {
  const std::pair<const char*, bool (*)()> pitfalls[] = {{"broadcast", Broadcast},
                                                         {"overwritten", Overwritten},
                                                         {"ties", Ties},
                                                         {"root", Root},
                                                         {"dead_branch", DeadBranch},
                                                         {"log_sum_exp", LogSumExp},
                                                         {"float32", Float32},
                                                         {"twice", Twice},
                                                         {"uses", Uses},
                                                         {"integers", Integers},
                                                         {"empty", Empty},
                                                         {"ignored", Ignored},
                                                         {"capture", Capture},
                                                         {"cut", Cut}};
  bool right = true;
  for (const auto& [name, show] : pitfalls) {
    std::cout << "== " << name << "\n";
    right &= show();
  }
  return right ? 0 : 1;
}
