#include "gradcheck/gradcheck.h"

#include <cmath>

#include <gtest/gtest.h>

#include "autograd/movement.h"
#include "ops/add/add.h"
#include "ops/mul/mul.h"
#include "ops/softmax/softmax.h"
#include "ops/sum/sum.h"
#include "tensor/create.h"

namespace prova {
namespace {

/// Changes the gradients of an operation; gets the right ones.
using Plant = std::function<Tensors(Tensors dx, const Tensor& dy, const Saved& saved)>;

/// y = a^2 b, element by element, with da = 2 a b dy and db = a^2 dy unless planted otherwise.
std::function<Tensor(const Tensors&)> Cubic(const Plant& plant = {}) {
  return [plant](const Tensors& in) {
    const Tensor y = no_grad([&] { return in[0] * in[0] * in[1]; });
    return Record("cubic", {in[0], in[1]}, y, [plant](const Tensor& dy, const Saved& saved) {
      const Tensor &a = saved.input(0), &b = saved.input(1);
      Tensors dx = {2 * a * b * dy, a * a * dy};
      return plant ? plant(dx, dy, saved) : dx;
    });
  };
}

GradientCheck Check(std::function<Tensor(const Tensors&)> f, uint64_t seed = 1) {
  Rng rng(seed);
  const TensorOptions real = {.dtype = DType::kFloat64};
  return {.f = std::move(f),
          .inputs = {randn({3, 3}, rng, real), randn({3, 3}, rng, real)},
          .differentiable = {true, true}};
}

GradientReport First(const GradientCheck& check) {
  Rng rng(2);
  return CheckGradient(check, rng);
}
GradientReport Second(const GradientCheck& check,
                      const std::vector<bool>& affine = {false, false}) {
  Rng rng(2);
  return CheckSecondOrder(check, affine, rng);
}

bool StartsWith(const std::string& text, const std::string& start) {
  return text.rfind(start, 0) == 0;
}
bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// x with one element replaced.
Tensor WithElement(const Tensor& x, size_t i, const std::function<double(double)>& change) {
  std::vector<double> values = x.to_vector<double>();
  values[i] = change(values[i]);
  return from_vector(values, x.shape());
}

TEST(GradientCheck, AcceptsRightGradients) {
  for (const GradientReport& report : {First(Check(Cubic())), Second(Check(Cubic()))}) {
    EXPECT_EQ(report.problem, "");
    EXPECT_GT(report.largest_derivative, 100 * report.tolerance);
    EXPECT_LE(report.largest_error, report.tolerance);
  }
}

TEST(GradientCheck, KillsTheFourMutants) {
  // Scaled, negated, zeroed, swapped.
  const GradientReport report = First(Check(Cubic()));
  EXPECT_EQ(report.mutants, 4);
  EXPECT_EQ(report.mutants_killed, report.mutants);
}

TEST(GradientCheck, MakesNoMutantThatChangesNothing) {
  // The gradients of a + b are the same tensor: there is nothing to swap; nor with one input.
  const GradientReport sum = First(Check([](const Tensors& in) { return in[0] + in[1]; }));
  EXPECT_EQ(sum.problem, "");
  EXPECT_EQ(sum.mutants, 3);
  EXPECT_EQ(sum.mutants_killed, 3);
  const GradientReport square = First({.f = [](const Tensors& in) { return in[0] * in[0]; },
                                       .inputs = {Check(Cubic()).inputs[0]},
                                       .differentiable = {true}});
  EXPECT_EQ(square.problem, "");
  EXPECT_EQ(square.mutants, 3);
  EXPECT_EQ(square.mutants_killed, 3);
}

TEST(SignalGuard, RefusesSumOfSoftmax) {
  GradientCheck check = Check([](const Tensors& in) { return sum(softmax(in[0])); });
  check.inputs.pop_back();
  check.differentiable.pop_back();
  const GradientReport report = First(check);
  EXPECT_TRUE(
      StartsWith(report.problem, "signal guard: the derivative with respect to input 0 is "))
      << report.problem;
  EXPECT_TRUE(EndsWith(report.problem, "; the check could not see an error")) << report.problem;
  EXPECT_NE(report.problem.find(", below 100 times the tolerance "), std::string::npos);
  EXPECT_EQ(report.mutants, 0);
}

TEST(SignalGuard, RefusesSoftmaxAgainstOnes) {
  GradientCheck check = Check([](const Tensors& in) { return softmax(in[0]); });
  check.inputs.pop_back();
  check.differentiable.pop_back();
  EXPECT_EQ(First(check).problem, "");
  check.cotangent = ones({3, 3}, {.dtype = DType::kFloat64});
  EXPECT_TRUE(StartsWith(First(check).problem, "signal guard: ")) << First(check).problem;
}

TEST(SignalGuard, RefusesWrongGradientsThatOnesCannotTell) {
  // Five wrong gradients of softmax, all zero for dy = 1, as the right one is.
  const std::vector<std::function<Tensor(const Tensor&, const Tensor&)>> wrong = {
      [](const Tensor& right, const Tensor&) { return -1 * right; },
      [](const Tensor& right, const Tensor&) { return 2 * right; },
      [](const Tensor& right, const Tensor&) { return 0 * right; },
      [](const Tensor& right, const Tensor& y) { return y * right; },
      [](const Tensor& right, const Tensor&) {
        return permute(right, {1, 0});
      }};
  for (const auto& change : wrong) {
    GradientCheck check = Check([&](const Tensors& in) {
      return Record("softmax", {in[0]}, no_grad([&] { return softmax(in[0]); }),
                    [&](const Tensor& dy, const Saved& saved) -> Tensors {
                      return {change(softmax_backward(dy, saved.output()), saved.output())};
                    });
    });
    check.inputs.pop_back();
    check.differentiable.pop_back();
    EXPECT_TRUE(StartsWith(First(check).problem, "the gradient differs")) << First(check).problem;
    check.cotangent = ones({3, 3}, {.dtype = DType::kFloat64});
    EXPECT_TRUE(StartsWith(First(check).problem, "signal guard: ")) << First(check).problem;
  }
}

TEST(GradientCheck, RejectsWrongGradients) {
  const std::pair<const char*, Plant> plants[] = {
      {"sign of one input",
       [](Tensors dx, const Tensor&, const Saved&) -> Tensors {
         return {dx[0], -1 * dx[1]};
       }},
      {"factor 1.001",
       [](Tensors dx, const Tensor&, const Saved&) -> Tensors {
         return {1.001 * dx[0], dx[1]};
       }},
      {"missing term",
       [](Tensors, const Tensor& dy, const Saved& saved) -> Tensors {
         const Tensor &a = saved.input(0), &b = saved.input(1);
         return {a * b * dy, a * a * dy};
       }},
      {"swapped inputs",
       [](Tensors dx, const Tensor&, const Saved&) -> Tensors {
         return {dx[1], dx[0]};
       }},
      {"transposed",
       [](Tensors dx, const Tensor&, const Saved&) -> Tensors {
         return {permute(dx[0], {1, 0}), dx[1]};
       }},
      {"NaN at one element",
       [](Tensors dx, const Tensor&, const Saved&) -> Tensors {
         return {WithElement(dx[0], 4, [](double) { return NAN; }), dx[1]};
       }},
      {"infinite at one element",
       [](Tensors dx, const Tensor&, const Saved&) -> Tensors {
         return {WithElement(dx[0], 8, [](double) { return INFINITY; }), dx[1]};
       }},
      {"wrong at one element",
       [](Tensors dx, const Tensor&, const Saved&) -> Tensors {
         return {dx[0], WithElement(dx[1], 8, [](double value) { return value + 1e-4; })};
       }},
      {"missing",
       [](Tensors dx, const Tensor&, const Saved&) -> Tensors {
         return {dx[0], {}};
       }},
      {"independent of dy", [](Tensors dx, const Tensor&, const Saved& saved) -> Tensors {
         return {dx[0], saved.input(0) * saved.input(0)};
       }}};
  for (const auto& [name, plant] : plants) {
    const GradientReport report = First(Check(Cubic(plant)));
    EXPECT_TRUE(StartsWith(report.problem, "the gradient differs from central differences by "))
        << name << ": " << report.problem;
    EXPECT_GT(report.largest_error, report.tolerance) << name;
  }
}

TEST(GradientCheck, RejectsWrongSecondOrder) {
  // Right gradients whose own derivative is cut, or wrong.
  const std::pair<const char*, Plant> plants[] = {
      {"an input detached",
       [](Tensors dx, const Tensor& dy, const Saved& saved) -> Tensors {
         return {dx[0], detach(saved.input(0)) * saved.input(0) * dy};
       }},
      {"dy detached",
       [](Tensors dx, const Tensor& dy, const Saved& saved) -> Tensors {
         return {2 * saved.input(0) * saved.input(1) * detach(dy), dx[1]};
       }},
      {"unrecorded",
       [](Tensors dx, const Tensor&, const Saved&) -> Tensors {
         return {detach(dx[0]), dx[1]};
       }},
      {"wrong factor", [](Tensors dx, const Tensor& dy, const Saved& saved) -> Tensors {
         const Tensor square = no_grad([&] { return saved.input(0) * saved.input(0) * dy; });
         return {dx[0], Record("square", {saved.input(0), dy}, square,
                               [](const Tensor& ddx, const Saved& inner) -> Tensors {
                                 const Tensor &a = inner.input(0), &dy = inner.input(1);
                                 return {2.01 * a * dy * ddx, a * a * ddx};
                               })};
       }}};
  for (const auto& [name, plant] : plants) {
    const GradientCheck check = Check(Cubic(plant));
    EXPECT_EQ(First(check).problem, "") << name;
    EXPECT_TRUE(StartsWith(Second(check).problem, "the gradient differs"))
        << name << ": " << Second(check).problem;
  }
}

TEST(GradientCheck, VerifiesWhatIsSaidToBeZero) {
  GradientCheck check = Check(Cubic());
  check.zero = {false, true};
  EXPECT_TRUE(StartsWith(First(check).problem,
                         "the derivative with respect to input 1 is said to be zero and is "))
      << First(check).problem;

  // a^2 b is linear in b but with the coefficient 2 a: the second derivative is not zero.
  check.zero = {};
  EXPECT_TRUE(StartsWith(Second(check, {false, true}).problem,
                         "the derivative with respect to input 1 is said to be zero and is "))
      << Second(check, {false, true}).problem;

  // a^2 + b is affine in b; unsaid, its second derivative is missed.
  const GradientCheck affine = Check([](const Tensors& in) { return in[0] * in[0] + in[1]; });
  EXPECT_EQ(Second(affine, {false, true}).problem, "");
  EXPECT_TRUE(StartsWith(Second(affine).problem, "the gradient differs")) << Second(affine).problem;
}

TEST(GradientCheck, SkipsInputsWithoutGradient) {
  // An index picks elements; it is no real input, and stays as it is.
  GradientCheck check =
      Check([](const Tensors& in) { return in[0] * cast(in[1], DType::kFloat64); });
  check.inputs[1] = from_vector(std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9}, {3, 3});
  check.differentiable = {true, false};
  EXPECT_EQ(First(check).problem, "");
  EXPECT_EQ(First(check).mutants, 3);
}

}  // namespace
}  // namespace prova
