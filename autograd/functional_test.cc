#include "autograd/functional.h"

#include <gtest/gtest.h>

#include "autograd/test_operations.h"
#include "base/allocator.h"
#include "cuda/allocator.h"

namespace prova {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

constexpr double kExact = 1e-14;  // a few roundings of numbers near 1

/// x1^2 sin(x2), x1 x2 and exp(x1): R^2 -> R^3 with a Jacobian written out below.
Tensor Curved(const Tensor& x) {
  const Tensor a = reshape(slice(x, 0, {.stop = 1}), {}),
               b = reshape(slice(x, 0, {.start = 1}), {});
  return stack({Mul(Mul(a, a), Sin(b)), Mul(a, b), Exp(a)});
}
Tensor CurvedJacobian(double a, double b) {
  return from_vector<double>({2 * a * std::sin(b), a * a * std::cos(b), b, a, std::exp(a), 0},
                             {3, 2});
}

TEST(Grad, OfSineIsCosineAndSoOnToTheFourthOrder) {
  const Tensor x = Number(0.7);
  Function f = Sin;
  for (double expected : {std::cos(0.7), -std::sin(0.7), -std::cos(0.7), std::sin(0.7)}) {
    f = grad(f);
    EXPECT_NEAR(f(x).item(), expected, kExact);
    EXPECT_FALSE(is_tracked(f(x)));
  }
}

TEST(Grad, OfManyTensorsGivesZeroForUnused) {
  const FunctionOfMany f = [](const Tensors& xs) { return Dot(xs[0], xs[2]); };
  const Tensor a = Vector({1, 2}), unused = ones({2, 2}), c = Vector({3, 4});
  const ValueAndGrads result = value_and_grad(f)({a, unused, c});
  EXPECT_EQ(result.value.item(), 11);
  ASSERT_EQ(result.gradients.size(), 3u);
  EXPECT_EQ(Values(result.gradients[0]), Values(c));
  EXPECT_EQ(Distance(result.gradients[1], zeros({2, 2})), 0);
  EXPECT_EQ(Values(result.gradients[2]), Values(a));
  EXPECT_FALSE(is_tracked(result.value));
  EXPECT_EQ(grad(f)({a, unused, c}).size(), 3u);
  EXPECT_TRUE(grad(FunctionOfMany([](const Tensors&) { return Number(1); }))({}).empty());
}

TEST(Grad, OfAConstantIsZero) {
  const Tensor w = parameter(Number(2));
  EXPECT_EQ(grad([](const Tensor&) { return Number(1); })(Number(3)).item(), 0);
  EXPECT_EQ(grad([&](const Tensor&) { return Mul(w, w); })(Number(3)).item(), 0);
  EXPECT_EQ(grad([](const Tensor& x) { return detach(x); })(Number(3)).item(), 0);
}

TEST(Grad, TakesTheSameTensorTwiceAsTwoVariables) {
  const Tensor x = parameter(Number(3));
  const Tensors g = grad([](const Tensors& xs) { return Mul(xs[0], Mul(xs[0], xs[1])); })({x, x});
  EXPECT_EQ(g[0].item(), 18);
  EXPECT_EQ(g[1].item(), 9);
}

TEST(Grad, KeepsTheVariablesOfNestedFunctionsApart) {
  // d/dx [x * d/dy (x + y)] = 1, famous for going wrong.
  const Function f = [](const Tensor& x) {
    return Mul(x, grad([&](const Tensor& y) { return Add(x, y); })(Number(1)));
  };
  EXPECT_EQ(grad(f)(Number(5)).item(), 1);
  // d/dx [x * d/dx x^2] = 4x, the inner derivative at the outer variable.
  const Function g = [](const Tensor& x) {
    return Mul(x, grad([](const Tensor& y) { return Mul(y, y); })(x));
  };
  EXPECT_EQ(grad(g)(Number(5)).item(), 20);
}

TEST(Grad, ReachesParametersThatTheFunctionCaptured) {
  const Tensor w = parameter(Number(2)), x = Number(3);
  // d/dx (w^2 x^2) = 2 w^2 x; its derivative by w is 4 w x.
  const ValueAndGrad inner = value_and_grad([&](const Tensor& t) {
    const Tensor p = Mul(w, t);
    return Mul(p, p);
  })(x);
  EXPECT_EQ(inner.gradient.item(), 24);
  EXPECT_EQ(backward(inner.gradient)[w].item(), 24);
  EXPECT_EQ(backward(inner.value)[w].item(), 36);
  // One step of gradient descent on x, then the loss there, by w.
  const Tensor stepped = Add(x, Mul(Number(-0.1), inner.gradient));
  const Tensor outer = Mul(Mul(w, stepped), Mul(w, stepped));
  const double w0 = 2, x1 = 3 - 0.2 * w0 * w0 * 3, dx1 = -0.4 * w0 * 3;
  EXPECT_NEAR(backward(outer)[w].item(), 2 * w0 * x1 * x1 + 2 * w0 * w0 * x1 * dx1, 1e-12);
}

TEST(Grad, IsOnTheTapeForAParameterAndOffItForAPlainTensor) {
  const Function f = [](const Tensor& x) { return Mul(x, Mul(x, x)); };
  const Tensor w = parameter(Number(2));
  const Tensor g = grad(f)(w);
  EXPECT_EQ(backward(g)[w].item(), 12);
  const ValueAndGrad plain = value_and_grad(f)(Number(2));
  EXPECT_FALSE(is_tracked(plain.value) || is_tracked(plain.gradient));
}

TEST(Grad, WorksInsideNoGrad) {
  const Tensor w = parameter(Number(2));
  NoGrad off;
  const ValueAndGrad result = value_and_grad([&](const Tensor& x) { return Mul(w, Mul(x, x)); })(w);
  EXPECT_EQ(result.gradient.item(), 8);
  EXPECT_FALSE(is_tracked(result.gradient) || is_tracked(result.value));
  EXPECT_FALSE(IsRecording());
  EXPECT_NEAR(grad(grad(grad(Sin)))(w).item(), -std::cos(2), kExact);
  const Tensor v = Number(1);
  EXPECT_FALSE(is_tracked(hvp(Sin, w, v)) || is_tracked(jacobian(Sin, w)));
  const Pushforward forward = jvp(Sin, w, w);
  EXPECT_FALSE(is_tracked(forward.value) || is_tracked(forward.tangent));
  const Pullback pullback = vjp([](const Tensors& xs) { return Sin(xs[0]); }, {w});
  EXPECT_FALSE(is_tracked(pullback.value) || is_tracked(pullback.pull(w)[0]));
}

TEST(Grad, RefusesAResultOfSeveralNumbersAndIntegers) {
  EXPECT_EQ(ErrorOf([] {
              grad(Sin)(Vector({1, 2}));
            }),
            "shape: grad: a function whose result has shape [2]; need one number; use vjp or "
            "jacobian for several");
  EXPECT_EQ(ErrorOf([] { grad(Sin)(tensor(3)); }),
            "dtype: parameter: a tensor of int64; need a floating dtype");
  EXPECT_TRUE(IsRecording());
}

TEST(Vjp, PullsCotangentsBackAnyNumberOfTimes) {
  const Tensor x = Vector({0.5, 0.7});
  const Pullback pullback = vjp([](const Tensors& xs) { return Curved(xs[0]); }, {x});
  EXPECT_LT(Distance(pullback.value, Curved(x)), kExact);
  const std::vector<double> j = Values(CurvedJacobian(0.5, 0.7));
  for (const Tensor& v : {Vector({1, 0, 0}), Vector({2, -3, 5})}) {
    const std::vector<double> w = Values(v);
    EXPECT_LT(Distance(pullback.pull(v)[0], Vector({w[0] * j[0] + w[1] * j[2] + w[2] * j[4],
                                                    w[0] * j[1] + w[1] * j[3] + w[2] * j[5]})),
              kExact);
  }
  EXPECT_EQ(ErrorOf([&] {
              pullback.pull(Vector({1, 2}));
            }),
            "shape: vjp: a cotangent of float64[2] for result 0; need float64[3]");
}

/// Two results of which one is constant, and one twice: (x y, c, x y) and its derivatives by hand.
Tensors SeveralResults(const Tensors& xs) {
  const Tensor product = Mul(xs[0], xs[1]);
  return {product, Vector({1, 2, 3}), product};
}

TEST(Vjp, PullsBackCotangentsOfSeveralResults) {
  const Tensor x = Vector({2, 3}), y = Vector({5, 7});
  const PullbackOfMany pullback = vjp(SeveralResults, {x, y});
  ASSERT_EQ(pullback.values.size(), 3u);
  EXPECT_EQ(Values(pullback.values[2]), (std::vector<double>{10, 21}));
  const Tensor c = Vector({4, 4, 4});
  const Tensors pulled = pullback.pull({Vector({1, 10}), c, Vector({100, 1000})});
  EXPECT_EQ(Values(pulled[0]), (std::vector<double>{5 * 101, 7 * 1010}));
  EXPECT_EQ(Values(pulled[1]), (std::vector<double>{2 * 101, 3 * 1010}));
  EXPECT_EQ(ErrorOf([&] {
              pullback.pull({x, c});
            }),
            "value: vjp: 2 cotangents; need 3, one for each result");
  EXPECT_EQ(ErrorOf([&] {
              pullback.pull({x, x, x});
            }),
            "shape: vjp: a cotangent of float64[2] for result 1; need float64[3]");
}

TEST(Vjp, IsLinearAndDifferentiableInTheCotangent) {
  const Pullback pullback =
      vjp([](const Tensors& xs) { return Mul(xs[0], xs[0]); }, {Vector({2, 3})});
  const Tensor v = parameter(Vector({5, 7}));
  const Tensor pulled = pullback.pull(v)[0];
  EXPECT_EQ(Values(pulled), (std::vector<double>{20, 42}));
  EXPECT_EQ(Values(backward(Sum(pulled))[v]), (std::vector<double>{4, 6}));
}

TEST(Vjp, StaysOnTheTapeOfAParameter) {
  const Tensor w = parameter(Number(3));
  const Pullback pullback = vjp([](const Tensors& xs) { return Mul(xs[0], xs[0]); }, {w});
  EXPECT_EQ(backward(pullback.value)[w].item(), 6);
  EXPECT_EQ(backward(pullback.pull(Number(1))[0])[w].item(), 2);
  EXPECT_FALSE(is_tracked(no_grad([&] { return pullback.pull(Number(1))[0]; })));
}

TEST(Jvp, AgreesWithFiniteDifferencesAndTheJacobian) {
  const Tensor x = Vector({0.5, 0.7}), v = Vector({0.3, -1.1});
  const Pushforward forward = jvp(Curved, x, v);
  EXPECT_LT(Distance(forward.value, Curved(x)), kExact);
  const double h = 1e-6;
  const std::vector<double> up = Values(Curved(Vector({0.5 + h * 0.3, 0.7 - h * 1.1})));
  const std::vector<double> down = Values(Curved(Vector({0.5 - h * 0.3, 0.7 + h * 1.1})));
  const std::vector<double> j = Values(CurvedJacobian(0.5, 0.7)), t = Values(forward.tangent);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(t[i], (up[i] - down[i]) / (2 * h), 1e-8);
    EXPECT_NEAR(t[i], j[2 * i] * 0.3 - j[2 * i + 1] * 1.1, kExact);
  }
}

TEST(Jvp, IsTheAdjointOfVjpAtRandomPoints) {
  Rng rng(7);
  for (int round = 0; round < 20; ++round) {
    const Tensor x = Normal({2}, rng), y = Normal({2}, rng);
    const Tensor dx = Normal({2}, rng), dy = Normal({2}, rng), v = Normal({3}, rng);
    const FunctionOfMany f = [](const Tensors& xs) {
      return Mul(Curved(xs[0]), Curved(Mul(xs[0], xs[1])));
    };
    const Tensors pulled = vjp(f, {x, y}).pull(v);
    const double forward = Dot(jvp(f, {x, y}, {dx, dy}).tangent, v).item();
    const double backward = Dot(pulled[0], dx).item() + Dot(pulled[1], dy).item();
    EXPECT_NEAR(forward, backward, 1e-12 * std::max(1.0, std::abs(forward)));
    EXPECT_GT(std::abs(forward), 1e-6);
  }
}

TEST(Jvp, PushesTangentsToSeveralResults) {
  const PushforwardOfMany forward =
      jvp(SeveralResults, {Vector({2, 3}), Vector({5, 7})}, {Vector({1, 10}), Vector({100, 1000})});
  ASSERT_EQ(forward.tangents.size(), 3u);
  EXPECT_EQ(Values(forward.tangents[0]), (std::vector<double>{205, 3070}));
  EXPECT_EQ(Values(forward.tangents[1]), (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(Values(forward.tangents[2]), Values(forward.tangents[0]));
  EXPECT_EQ(Values(forward.values[1]), (std::vector<double>{1, 2, 3}));
}

TEST(Jvp, IsZeroWhereTheFunctionIsConstant) {
  const Pushforward constant = jvp(
      [](const Tensor&) {
        return Vector({1, 2});
      },
      Number(1), Number(1));
  EXPECT_EQ(Values(constant.tangent), (std::vector<double>{0, 0}));
  const FunctionOfMany first = [](const Tensors& xs) { return Sin(xs[0]); };
  EXPECT_EQ(jvp(first, {Number(0), ones({5})}, {Number(2), ones({5})}).tangent.item(), 2);
}

TEST(Jvp, Nests) {
  // The second directional derivative of sine along 1 and 1.
  const Function slope = [](const Tensor& x) { return jvp(Sin, x, Number(1)).tangent; };
  EXPECT_NEAR(jvp(slope, Number(0.7), Number(1)).tangent.item(), -std::sin(0.7), kExact);
  EXPECT_NEAR(grad(slope)(Number(0.7)).item(), -std::sin(0.7), kExact);
  const Tensor v = parameter(Number(3));
  EXPECT_NEAR(backward(jvp(Sin, Number(0.7), v).tangent)[v].item(), std::cos(0.7), kExact);
}

TEST(Jvp, RefusesTangentsThatDoNotFit) {
  const FunctionOfMany f = [](const Tensors& xs) { return Sin(xs[0]); };
  const Tensor x = Number(1);
  EXPECT_EQ(ErrorOf([&] {
              jvp(f, {x, x}, {x});
            }),
            "value: jvp: 1 tangents; need 2, one for each input");
  EXPECT_EQ(ErrorOf([&] {
              jvp(f, {x, x}, {x, Vector({1})});
            }),
            "shape: jvp: a tangent of float64[1] for input 1; need float64[]");
}

TEST(Jacobian, HasOneRowForEachResult) {
  EXPECT_LT(Distance(jacobian(Curved, Vector({0.5, 0.7})), CurvedJacobian(0.5, 0.7)), kExact);
  EXPECT_EQ(jacobian(Sin, Number(0)).shape(), Shape({}));
  EXPECT_EQ(
      jacobian([](const Tensor& x) { return slice(x, 0, {.stop = 0}); }, Vector({1, 2})).shape(),
      Shape({0, 2}));
  EXPECT_EQ(jacobian(
                [](const Tensor&) {
                  return Vector({1, 2});
                },
                Vector({1, 2, 3}))
                .shape(),
            Shape({2, 3}));
}

TEST(Jacobian, OfAPermutationIsAPermutationOfTheIdentity) {
  const Tensor j = jacobian([](const Tensor& x) { return transpose(x, 0, 1); },
                            zeros({2, 3}, {.dtype = DType::kFloat64}));
  EXPECT_EQ(j.shape(), Shape({3, 2, 2, 3}));
  const std::vector<double> values = Values(j);
  for (int i = 0; i < 6; ++i) {
    for (int k = 0; k < 6; ++k) EXPECT_EQ(values[6 * i + k], k == (i % 2) * 3 + i / 2);
  }
}

TEST(Jacobian, IsDifferentiable) {
  const Function f = [](const Tensor& x) {
    return Sum(jacobian([](const Tensor& t) { return Mul(t, Mul(t, t)); }, x));
  };
  EXPECT_LT(Distance(grad(f)(Vector({1, 2})), Vector({6, 12})), kExact);
}

TEST(Hessian, OfAKnownFunction) {
  // f = a^2 sin(b): [[2 sin b, 2 a cos b], [2 a cos b, -a^2 sin b]].
  const Function f = [](const Tensor& x) { return Sum(slice(Curved(x), 0, {.stop = 1})); };
  const double a = 0.5, b = 0.7;
  const Tensor expected = from_vector<double>(
      {2 * std::sin(b), 2 * a * std::cos(b), 2 * a * std::cos(b), -a * a * std::sin(b)}, {2, 2});
  EXPECT_LT(Distance(hessian(f, Vector({a, b})), expected), kExact);
}

TEST(Hessian, OfALinearFunctionIsZero) {
  EXPECT_EQ(Distance(hessian([](const Tensor& x) { return Sum(x); }, Vector({1, 2})),
                     zeros({2, 2}, {.dtype = DType::kFloat64})),
            0);
}

TEST(Hvp, IsTheHessianTimesTheVector) {
  Rng rng(8);
  const Function f = [](const Tensor& x) { return Dot(Curved(x), Curved(Sin(x))); };
  for (int round = 0; round < 10; ++round) {
    const Tensor x = Normal({2}, rng), v = Normal({2}, rng);
    const std::vector<double> h = Values(hessian(f, x)), d = Values(v);
    const Tensor expected = Vector({h[0] * d[0] + h[1] * d[1], h[2] * d[0] + h[3] * d[1]});
    EXPECT_LT(Distance(hvp(f, x, v), expected), 1e-12);
    EXPECT_GT(Distance(expected, zeros_like(expected)), 1e-3);
  }
}

// --- checkpoint ---------------------------------------------------------------------------------

Tensor Segment(const Tensor& x, const Tensor& w) { return Sin(Mul(Exp(Neg(x)), w)); }

TEST(Checkpoint, GivesTheSameGradientsToInputsAndCapturedParameters) {
  const Tensor x = parameter(Vector({0.5, 0.7})), w = parameter(Vector({2, 3}));
  const Tensor plain = Segment(Mul(x, x), w);
  const Tensor kept = checkpoint([w](const Tensors& xs) { return Segment(xs[0], w); }, {Mul(x, x)});
  EXPECT_EQ(Values(kept), Values(plain));
  const Gradients expected = backward(Dot(plain, plain)), found = backward(Dot(kept, kept));
  EXPECT_EQ(Values(found[x]), Values(expected[x]));
  EXPECT_EQ(Values(found[w]), Values(expected[w]));
}

TEST(Checkpoint, HasEveryHigherOrder) {
  const Tensor w = parameter(Number(2));
  const Function f = [&](const Tensor& x) { return Segment(x, w); };
  const Function kept = [&](const Tensor& x) {
    return checkpoint([&](const Tensors& xs) { return Segment(xs[0], w); }, {x});
  };
  const Tensor x = Number(0.5);
  EXPECT_NEAR(grad(grad(kept))(x).item(), grad(grad(f))(x).item(), kExact);
  EXPECT_NEAR(grad(grad(grad(kept)))(x).item(), grad(grad(grad(f)))(x).item(), 1e-13);
  EXPECT_NEAR(backward(grad(kept)(x))[w].item(), backward(grad(f)(x))[w].item(), kExact);
}

TEST(Checkpoint, NestsAndTakesAnInputAsItsResult) {
  const Tensor x = parameter(Number(0.5));
  const FunctionOfMany inner = [](const Tensors& xs) { return Sin(xs[0]); };
  const Tensor y =
      checkpoint([&](const Tensors& xs) { return checkpoint(inner, {Exp(xs[0])}); }, {x});
  EXPECT_NEAR(backward(y)[x].item(), std::cos(std::exp(0.5)) * std::exp(0.5), kExact);
  const Tensor same = checkpoint([](const Tensors& xs) { return xs[0]; }, {x});
  EXPECT_EQ(backward(Mul(same, x))[x].item(), 1);
  EXPECT_FALSE(is_tracked(checkpoint(inner, {Number(1)})));
  EXPECT_FALSE(is_tracked(no_grad([&] { return checkpoint(inner, {x}); })));
}

TEST(Checkpoint, TakesOneInputThatComesFromAnotherAsItsOwnVariable) {
  const Tensor x = parameter(Number(0.5));
  const Tensor sine = Sin(x);
  const Tensor y = checkpoint([](const Tensors& xs) { return Mul(xs[0], xs[1]); }, {sine, x});
  EXPECT_NEAR(backward(y)[x].item(), std::cos(0.5) * 0.5 + std::sin(0.5), kExact);
}

TEST(Checkpoint, RepeatsAGeneratorThatIsCapturedByValue) {
  const Tensor x = parameter(Vector({1, 1}));
  const auto noisy = [rng = Rng(3)](const Tensors& xs) mutable {
    return Mul(xs[0], Normal({2}, rng));
  };
  const Tensor y = checkpoint(noisy, {x});
  EXPECT_EQ(Values(backward(Sum(y))[x]), Values(y));
  EXPECT_EQ(Values(backward(Sum(y))[x]), Values(y));
}

TEST(Checkpoint, RefusesAFunctionThatChanges) {
  const Tensor x = parameter(Number(1));
  double calls = 0;
  const Tensor y = checkpoint([&](const Tensors& xs) { return Mul(xs[0], Number(++calls)); }, {x});
  EXPECT_EQ(ErrorOf([&] { backward(y); }),
            "gradient: checkpoint: a function that gave another result when run again; need a pure "
            "function; capture random generators by value");
  EXPECT_TRUE(IsRecording());
}

TEST(Checkpoint, AcceptsNaNAndNoElements) {
  const Tensor x = parameter(Vector({NAN, 1}));
  const FunctionOfMany sine = [](const Tensors& xs) { return Sin(xs[0]); };
  EXPECT_NEAR(Values(backward(Sum(checkpoint(sine, {x})))[x])[1], std::cos(1), kExact);
  const Tensor none = parameter(zeros({0}, {.dtype = DType::kFloat64}));
  EXPECT_EQ(backward(Sum(checkpoint(sine, {none})))[none].shape(), Shape({0}));
}

/// Of the device on which the tests make their tensors.
MemoryStats StatsHere() {
  return default_device() == kCpu ? memory_stats() : cuda::memory_stats(default_device().index);
}
void ResetPeakHere() {
  if (default_device() == kCpu) return ResetPeakMemory();
  cuda::ResetPeakMemory(default_device().index);
}

TEST(Checkpoint, HoldsOneSegmentInsteadOfTheWholeChain) {
  constexpr int kSegments = 16, kLength = 16, kSize = 4096;
  const FunctionOfMany segment = [](const Tensors& xs) {
    Tensor y = xs[0];
    for (int i = 0; i < kLength; ++i) y = Neg(y);
    return y;
  };
  const Tensor x = parameter(ones({kSize}, {.dtype = DType::kFloat64}));
  auto peak = [&](bool keep) {
    const int64_t before = StatsHere().live_bytes;
    ResetPeakHere();
    Tensor y = x;
    for (int i = 0; i < kSegments; ++i) y = keep ? checkpoint(segment, {y}) : segment({y});
    EXPECT_EQ(backward(Sum(y))[x].to_vector<double>(), std::vector<double>(kSize, 1));
    return (StatsHere().peak_bytes - before) / int64_t{kSize * sizeof(double)};
  };
  EXPECT_GE(peak(false), kSegments * kLength);
  // The kept results, one segment computed again, and a few gradients on their way.
  EXPECT_LE(peak(true), kSegments + kLength + 8);
}

// --- custom_function ----------------------------------------------------------------------------

TEST(CustomFunction, UsesTheGivenGradientInsteadOfItsOwn) {
  const Tensor x = parameter(Number(0.5)), w = parameter(Number(2));
  // Straight through: the value of a sine, the gradient of the identity.
  const Tensor y = custom_function(
      "straight_through", {x}, [&](const Tensors& xs) { return Mul(Sin(xs[0]), w); },
      [](const Tensor& dy, const Saved&) { return Tensors{dy}; });
  EXPECT_DOUBLE_EQ(y.item(), 2 * std::sin(0.5));
  const Gradients g = backward(y);
  EXPECT_EQ(g[x].item(), 1);
  EXPECT_FALSE(g.contains(w));
}

TEST(CustomFunction, HasHigherOrdersThroughItsGradient) {
  const Function cube = [](const Tensor& x) {
    return custom_function(
        "cube", {x}, [](const Tensors& xs) { return Mul(xs[0], Mul(xs[0], xs[0])); },
        [](const Tensor& dy, const Saved& saved) {
          const Tensor x = saved.input();
          return Tensors{Mul(dy, Mul(full({}, 3, {.dtype = DType::kFloat64}), Mul(x, x)))};
        });
  };
  EXPECT_EQ(grad(cube)(Number(2)).item(), 12);
  EXPECT_EQ(grad(grad(cube))(Number(2)).item(), 12);
  EXPECT_EQ(grad(grad(grad(cube)))(Number(2)).item(), 6);
}

TEST(CustomFunction, MayReturnItsInputOrATensorOfSomebodyElse) {
  const Tensor x = parameter(Number(3)), captured = Number(7), w = parameter(Number(9));
  const Vjp negated = [](const Tensor& dy, const Saved&) -> Tensors { return {Neg(dy)}; };
  auto custom = [&](const FunctionOfMany& f) {
    return custom_function("negated", {x}, f, negated);
  };
  EXPECT_EQ(backward(custom([](const Tensors& xs) { return xs[0]; }))[x].item(), -1);
  EXPECT_EQ(backward(custom([&](const Tensors&) { return captured; }))[x].item(), -1);
  EXPECT_FALSE(is_tracked(captured));
  EXPECT_FALSE(is_tracked(custom_function(
      "free", {Number(1)}, [&](const Tensors&) { return w; }, negated)));
}

TEST(CustomFunction, RunsItsForwardPassUnrecorded) {
  const auto forward = [](const Tensors& xs) {
    EXPECT_FALSE(IsRecording());
    return Sin(xs[0]);
  };
  custom_function("sine", {parameter(Number(1))}, forward, Vjp());
  EXPECT_TRUE(IsRecording());
}

TEST(CustomFunction, RefusesAGradientOfAnotherShape) {
  const Tensor x = parameter(Vector({1, 2}));
  const Tensor y = custom_function(
      "wrong", {x}, [](const Tensors& xs) { return Sum(xs[0]); },
      [](const Tensor& dy, const Saved&) { return Tensors{dy}; });
  EXPECT_EQ(ErrorOf([&] { backward(y); }),
            "gradient: wrong: a gradient of float64[] for input 0; need float64[2]");
}

}  // namespace
}  // namespace prova
