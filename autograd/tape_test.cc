#include "autograd/tape.h"

#include <thread>

#include <gtest/gtest.h>

#include "autograd/test_operations.h"

namespace prova {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

TEST(Backward, MultipliesByTheOtherFactor) {
  const Tensor a = parameter(Vector({2, 3})), b = parameter(Vector({5, 7}));
  const Gradients g = backward(Dot(a, b));
  EXPECT_EQ(Values(g[a]), (std::vector<double>{5, 7}));
  EXPECT_EQ(Values(g[b]), (std::vector<double>{2, 3}));
  EXPECT_EQ(g.size(), 2u);
}

TEST(Backward, AddsUpWhereATensorIsUsedTwice) {
  const Tensor x = parameter(Vector({2, 3}));
  EXPECT_EQ(Values(backward(Dot(x, x))[x]), (std::vector<double>{4, 6}));
  // x^2 + x^2 + x, where x reaches the sum at three depths.
  const Tensor y = Sum(Add(Add(Mul(x, x), Mul(x, x)), x));
  EXPECT_EQ(Values(backward(y)[x]), (std::vector<double>{9, 13}));
}

TEST(Backward, RunsANodeOfADiamondOnceWithItsWholeGradient) {
  int runs = 0;
  const Tensor x = parameter(Number(3));
  const Tensor middle = Record("middle", {x}, detach(x), [&](const Tensor& dy, const Saved&) {
    ++runs;
    return Tensors{dy};
  });
  // The long arm makes the frontier wait: middle * (-(-(-middle))) = -x^2.
  const Tensor loss = Mul(middle, Neg(Neg(Neg(middle))));
  EXPECT_EQ(backward(loss)[x].item(), -6);
  EXPECT_EQ(runs, 1);
}

TEST(Backward, DoublesAtEveryStepOfALadderOfDiamonds) {
  const Tensor x = parameter(Number(1));
  Tensor y = x;
  for (int i = 0; i < 40; ++i) y = Add(y, y);
  EXPECT_EQ(backward(y)[x].item(), std::ldexp(1, 40));
}

TEST(Backward, TakesTheLossItselfAsALeaf) {
  const Tensor x = parameter(Number(3));
  EXPECT_EQ(backward(x)[x].item(), 1);
}

TEST(Backward, AcceptsALossOfOneElementOfAnyRank) {
  const Tensor x = parameter(full({1, 1}, 3, {.dtype = DType::kFloat64}));
  const Gradients g = backward(Mul(x, x));
  EXPECT_EQ(g[x].shape(), Shape({1, 1}));
  EXPECT_EQ(g[x].item(), 6);
}

TEST(Backward, ContractsWithCotangents) {
  const Tensor x = parameter(Vector({2, 3}));
  const Tensor a = Mul(x, x), b = Neg(x);
  EXPECT_EQ(Values(backward(a, {.cotangents = {Vector({10, 100})}})[x]),
            (std::vector<double>{40, 600}));
  const Gradients both =
      backward(Tensors{a, b}, {.cotangents = {Vector({10, 100}), Vector({1, 2})}});
  EXPECT_EQ(Values(both[x]), (std::vector<double>{39, 598}));
  const Gradients twice = backward(Tensors{a, a}, {.cotangents = {Vector({1, 1}), Vector({1, 1})}});
  EXPECT_EQ(Values(twice[x]), (std::vector<double>{8, 12}));
}

TEST(Backward, FindsTheSameAgain) {
  const Tensor x = parameter(Number(3));
  const Tensor loss = Mul(x, x);
  EXPECT_EQ(backward(loss)[x].item(), 6);
  EXPECT_EQ(backward(loss)[x].item(), 6);
}

TEST(Backward, DifferentiatesItsOwnResultsWithCreateGraph) {
  const Tensor x = parameter(Number(0.5));
  Tensor y = Sin(x);
  const double expected[] = {std::cos(0.5), -std::sin(0.5), -std::cos(0.5), std::sin(0.5)};
  for (double value : expected) {
    y = backward(y, {.create_graph = true})[x];
    EXPECT_DOUBLE_EQ(y.item(), value);
    EXPECT_TRUE(is_tracked(y));
  }
}

TEST(Backward, GivesUntrackedResultsWithoutCreateGraph) {
  const Tensor a = parameter(Number(2)), b = parameter(Number(3));
  // This product hands on the other factor as it is.
  const Tensor y = Record("mul", {a, b}, Number(6), [](const Tensor&, const Saved& saved) {
    return Tensors{saved.input(1), saved.input(0)};
  });
  const Gradients g = backward(y);
  EXPECT_EQ(g[a].item(), 3);
  EXPECT_FALSE(is_tracked(g[a]));
  EXPECT_FALSE(is_tracked(g[b]));
  EXPECT_TRUE(is_tracked(backward(y, {.create_graph = true})[a]));
  EXPECT_FALSE(is_tracked(backward(b, {.cotangents = {a}})[b]));
}

TEST(Backward, LeavesUndefinedGradientsOut) {
  const Tensor a = parameter(Number(2)), b = parameter(Number(3));
  const Tensor y = Record("first", {a, b}, Number(2), [](const Tensor& dy, const Saved&) {
    return Tensors{dy, Tensor()};
  });
  const Gradients g = backward(y);
  EXPECT_EQ(g[a].item(), 1);
  EXPECT_FALSE(g.contains(b));
}

TEST(Backward, PassesByUndefinedInputs) {
  const Tensor a = parameter(Number(2));
  const Tensor y =
      Record("optional", {a, Tensor()}, Number(2), [](const Tensor& dy, const Saved& s) {
        EXPECT_FALSE(s.input(1).defined());
        EXPECT_FALSE(s.needs(1));
        return Tensors{dy, Tensor()};
      });
  EXPECT_EQ(backward(y)[a].item(), 1);
}

// --- wrt ----------------------------------------------------------------------------------------

TEST(Wrt, KeepsIntermediateResultsAndNothingElse) {
  const Tensor x = parameter(Number(3));
  const Tensor square = Mul(x, x);
  const Tensor loss = Mul(square, square);
  const Gradients g = backward(loss, {.wrt = {square}});
  EXPECT_EQ(g[square].item(), 18);
  EXPECT_FALSE(g.contains(x));
  EXPECT_EQ(g.size(), 1u);
  EXPECT_EQ(backward(loss, {.wrt = {loss}})[loss].item(), 1);
}

TEST(Wrt, GoesOnThroughAWantedTensorUnlessIndependent) {
  const Tensor x = parameter(Number(3));
  const Tensor square = Mul(x, x);
  const Tensor loss = Mul(square, x);
  const Gradients total = backward(loss, {.wrt = {square, x}});
  EXPECT_EQ(total[square].item(), 3);
  EXPECT_EQ(total[x].item(), 27);
  const Gradients partial = backward(loss, {.wrt = {square, x}, .wrt_independent = true});
  EXPECT_EQ(partial[square].item(), 3);
  EXPECT_EQ(partial[x].item(), 9);
}

TEST(Wrt, IndependentEndsOnlyThePathsThroughTheNamedOutput) {
  const Tensor x = parameter(Number(0.5));
  const Tensors y = SinCos(x);
  const Tensor loss = Add(Mul(y[0], Number(2)), Mul(y[1], Number(3)));
  const Gradients g = backward(loss, {.wrt = {y[0], x}, .wrt_independent = true});
  EXPECT_EQ(g[y[0]].item(), 2);
  EXPECT_FALSE(g.contains(y[1]));
  EXPECT_DOUBLE_EQ(g[x].item(), -3 * std::sin(0.5));
}

TEST(Wrt, TellsAnOutputFromTheNodeThatCameNext) {
  const Tensor x = parameter(Number(0.5));
  const Tensors y = SinCos(x);
  const Tensor next = Neg(y[0]);
  const Gradients g =
      backward(Tensors{Mul(y[1], Number(2)), Mul(next, Number(3))}, {.wrt = {y[1], next}});
  EXPECT_EQ(g[y[1]].item(), 2);
  EXPECT_EQ(g[next].item(), 3);
}

TEST(Wrt, RunsOnlyNodesThatLeadThere) {
  const Tensor x = parameter(Number(3)), w = parameter(Number(5));
  const Tensor blocked = Record("blocked", {w}, detach(w), [](const Tensor&, const Saved&) {
    ADD_FAILURE() << "nobody asked for the gradient of w";
    return Tensors{Tensor()};
  });
  const Tensor product =
      Record("product", {x, blocked}, Number(15), [](const Tensor& dy, const Saved& s) {
        EXPECT_TRUE(s.needs(0));
        EXPECT_FALSE(s.needs(1));
        return Tensors{Mul(dy, s.input(1)), Mul(dy, s.input(0))};
      });
  const Gradients g = backward(product, {.wrt = {x}});
  EXPECT_EQ(g[x].item(), 5);
  EXPECT_EQ(g.size(), 1u);
}

TEST(Wrt, IgnoresWhatIsUntrackedOrElsewhere) {
  const Tensor x = parameter(Number(3)), other = parameter(Number(1)), plain = Number(2);
  const Gradients g = backward(Mul(x, x), {.wrt = {other, plain, x}});
  EXPECT_EQ(g.size(), 1u);
  EXPECT_EQ(g[x].item(), 6);
}

TEST(Needs, IsFalseForUntrackedInputs) {
  const Tensor x = parameter(Number(3)), plain = Number(2);
  const Tensor y = Record("op", {plain, x}, Number(0), [](const Tensor& dy, const Saved& s) {
    EXPECT_FALSE(s.needs(0));
    EXPECT_TRUE(s.needs(1));
    EXPECT_EQ(s.inputs().size(), 2u);
    return Tensors{Tensor(), dy};
  });
  EXPECT_EQ(backward(y)[x].item(), 1);
}

// --- what is recorded ---------------------------------------------------------------------------

TEST(Record, TracksOnlyWhatComesFromAParameter) {
  const Tensor plain = Number(2), x = parameter(Number(3));
  EXPECT_FALSE(is_tracked(plain));
  EXPECT_TRUE(is_tracked(x));
  EXPECT_FALSE(is_tracked(Mul(plain, plain)));
  EXPECT_TRUE(is_tracked(Mul(plain, x)));
  EXPECT_FALSE(is_tracked(detach(x)));
  EXPECT_FALSE(is_tracked(Tensor()));
  EXPECT_EQ(detach(x).storage(), x.storage());
}

TEST(Record, CutsTheGraphAtParameterAndDetach) {
  const Tensor x = parameter(Number(3));
  const Tensor again = parameter(Mul(x, x));
  const Gradients g = backward(Mul(again, detach(x)));
  EXPECT_EQ(g[again].item(), 3);
  EXPECT_FALSE(g.contains(x));
}

TEST(Record, DoesNotTrackOutputsThatAreNotFloating) {
  const Tensor x = parameter(Vector({1, 2}));
  const Tensors y =
      Record("with_index", {x}, Tensors{detach(x), tensor({0, 1})},
             [](const Tensors& dy, const Saved& saved) {
               EXPECT_FALSE(dy[1].defined());
               EXPECT_EQ(saved.output(1).to_vector<int64_t>(), (std::vector<int64_t>{0, 1}));
               return Tensors{dy[0]};
             });
  EXPECT_TRUE(is_tracked(y[0]));
  EXPECT_FALSE(is_tracked(y[1]));
  EXPECT_FALSE(is_tracked(Record("index", {x}, tensor({0, 1}), Vjp())));
  EXPECT_EQ(Values(backward(Sum(y[0]))[x]), (std::vector<double>{1, 1}));
}

TEST(Record, HandsOverOutputsThatTheCallerDropped) {
  const Tensor x = parameter(Vector({1, 2}));
  Tensor values;
  {
    const Tensors y =
        Record("with_index", {x}, Tensors{detach(x), tensor({7, 8})},
               [](const Tensors& dy, const Saved& saved) {
                 EXPECT_EQ(saved.output(1).to_vector<int64_t>(), (std::vector<int64_t>{7, 8}));
                 return Tensors{dy[0]};
               });
    values = y[0];
  }
  EXPECT_EQ(Values(backward(Sum(values))[x]), (std::vector<double>{1, 1}));
}

TEST(Record, DifferentiatesTwiceThroughAnOutputThatWasDropped) {
  const Tensor x = parameter(Number(0.5));
  for (size_t used : {0, 1}) {
    const Tensor y = SinCos(x)[used];
    const Tensor first = backward(y, {.create_graph = true})[x];
    EXPECT_DOUBLE_EQ(first.item(), used == 0 ? std::cos(0.5) : -std::sin(0.5));
    EXPECT_DOUBLE_EQ(backward(first)[x].item(), used == 0 ? -std::sin(0.5) : -std::cos(0.5));
  }
}

TEST(Record, GathersTheGradientsOfSeveralOutputs) {
  const Tensor x = parameter(Number(0.5));
  const Tensors y = SinCos(x);
  EXPECT_DOUBLE_EQ(backward(Mul(y[0], y[1]))[x].item(), std::cos(1.0));
}

TEST(Record, GivesAnOutputThatIsAnInputANewHandle) {
  const Tensor tracked = parameter(Number(3)), plain = Number(2);
  auto pick = [&](const Tensor& output) {
    return Record("pick", {tracked, plain}, output, [](const Tensor& dy, const Saved&) -> Tensors {
      return {Neg(dy), Neg(dy)};
    });
  };
  EXPECT_EQ(backward(pick(tracked))[tracked].item(), -1);
  EXPECT_EQ(backward(pick(plain))[tracked].item(), -1);
  EXPECT_FALSE(is_tracked(plain));
  EXPECT_EQ(backward(tracked)[tracked].item(), 1);
}

TEST(Record, KeepsTheSameHandleAsTwoOutputsApart) {
  const Tensor x = parameter(Number(3)), value = Number(3);
  const Tensors y = Record(
      "twice", {x}, Tensors{value, value},
      [](const Tensors& dy, const Saved&) { return Tensors{Add(dy[0], Add(dy[1], dy[1]))}; });
  const Gradients g = backward(y, {.cotangents = {Number(1), Number(10)}});
  EXPECT_EQ(g[x].item(), 21);
}

// --- errors -------------------------------------------------------------------------------------

TEST(Errors, UnconnectedGradientSaysWhy) {
  const Tensor x = parameter(Number(3)), other = parameter(Vector({1, 2})), plain = Vector({1});
  const Tensor square = Mul(x, x);
  const Gradients g = backward(Mul(square, x));
  const std::string unconnected =
      "gradient: gradients: a tensor of shape [2] that is not connected to the loss; need a "
      "parameter the loss was computed from";
  EXPECT_EQ(ErrorOf([&] { g[other]; }), unconnected);
  EXPECT_EQ(ErrorOf([&] { backward(square, {.wrt = {other}})[other]; }), unconnected);
  EXPECT_EQ(ErrorOf([&] { g[plain]; }),
            "gradient: gradients: a tensor of shape [1] that is not connected to the loss; need a "
            "parameter the loss was computed from; it is not tracked: make it with parameter(x)");
  const std::string unnamed =
      "gradient: gradients: a tensor of shape [] whose gradient was not kept; need a parameter, or "
      "a tensor named in wrt";
  EXPECT_EQ(ErrorOf([&] { g[square]; }), unnamed);
  EXPECT_EQ(ErrorOf([&] { backward(square, {.wrt = {square}})[x]; }), unnamed);
  EXPECT_EQ(ErrorOf([&] { g[Tensor()]; }).substr(0, 34), "value: tensor: an undefined tensor");
  EXPECT_FALSE(g.contains(other) || g.contains(plain) || g.contains(Tensor()));
}

TEST(Errors, UntrackedLoss) {
  const std::string text =
      "gradient: backward: a loss that no parameter leads to; need a result computed from a "
      "parameter while recording; make inputs with parameter(x) and compute outside no_grad";
  const Tensor x = parameter(Number(3));
  EXPECT_EQ(ErrorOf([&] { backward(Number(3)); }), text);
  EXPECT_EQ(ErrorOf([&] { backward(Tensor()); }), text);
  EXPECT_EQ(ErrorOf([&] { backward(no_grad([&] { return Mul(x, x); })); }), text);
}

TEST(Errors, LossOfSeveralNumbers) {
  const Tensor x = parameter(Vector({1, 2}));
  EXPECT_EQ(ErrorOf([&] { backward(Neg(x)); }),
            "shape: backward: a loss of shape [2]; need one number, or a cotangent of the loss's "
            "shape; reduce it with sum or mean");
  EXPECT_EQ(ErrorOf([&] { backward(slice(x, 0, {.stop = 0})); }).substr(0, 39),
            "shape: backward: a loss of shape [0]; n");
}

TEST(Errors, CotangentsThatDoNotFit) {
  const Tensor x = parameter(Vector({1, 2}));
  EXPECT_EQ(ErrorOf([&] { backward(x, {.cotangents = {Number(1)}}); }),
            "shape: backward: a cotangent of float64[]; need float64[2] as the output has");
  EXPECT_EQ(ErrorOf([&] { backward(x, {.cotangents = {ones({2})}}); }),
            "shape: backward: a cotangent of float32[2]; need float64[2] as the output has");
  EXPECT_EQ(ErrorOf([&] {
              backward(x, {.cotangents = {x, x}});
            }),
            "value: backward: 2 cotangents; need 1, one an output");
  EXPECT_EQ(ErrorOf([&] { backward(x, {.cotangents = {Number(1)}, .wrt = {Neg(x)}}); }),
            "shape: backward: a cotangent of float64[]; need float64[2] as the output has");
}

TEST(Errors, ParameterOfIntegers) {
  EXPECT_EQ(ErrorOf([] {
              parameter(tensor({1, 2}));
            }),
            "dtype: parameter: a tensor of int64; need a floating dtype");
}

TEST(Errors, GradientsThatDoNotFitTheirInputs) {
  const Tensor x = parameter(Vector({1, 2}));
  auto with = [&](const Tensors& dx) {
    return ErrorOf([&] {
      backward(Record("bad", {x, x}, Number(0), [&](const Tensor&, const Saved&) { return dx; }));
    });
  };
  EXPECT_EQ(with({Vector({1, 2})}),
            "gradient: bad: a vector-Jacobian product of 1 gradients; need 2, one an input");
  EXPECT_EQ(with({Vector({1, 2}), Vector({1, 2, 3})}),
            "gradient: bad: a gradient of float64[3] for input 1; need float64[2]");
  EXPECT_EQ(with({ones({2}), Vector({1, 2})}),
            "gradient: bad: a gradient of float32[2] for input 0; need float64[2]");
  EXPECT_EQ(with({Vector({1, 2}), Tensor()}), "");
}

TEST(Errors, AccumulateOfDifferentTensors) {
  EXPECT_EQ(ErrorOf([] {
              Accumulate(Vector({1, 2}), Number(1));
            }),
            "shape: accumulate: float64[2] and float64[]; need one shape and one floating dtype");
  EXPECT_EQ(ErrorOf([] { Accumulate(ones({2}), Vector({1, 2})); }).substr(0, 6), "dtype:");
  EXPECT_EQ(ErrorOf([] { Accumulate(tensor({1}), tensor({1})); }),
            "dtype: accumulate: int64[1] and int64[1]; need one shape and one floating dtype");
}

TEST(Accumulate, AddsEveryFloatingTypeAndAnyStrides) {
  for (DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64}) {
    const Tensor a = Cast(tensor({{1, 2, 3}, {4, 5, 6}}), dtype);
    const Tensor b = view::Permute(Cast(tensor({{10, 40}, {20, 50}, {30, 60}}), dtype), {1, 0});
    EXPECT_EQ(Values(Accumulate(a, b)), (std::vector<double>{11, 22, 33, 44, 55, 66})) << dtype;
  }
  const Tensor row = view::Expand(Vector({1, 2}), {2, 2});
  EXPECT_EQ(Values(Accumulate(row, row)), (std::vector<double>{2, 4, 2, 4}));
}

// --- recording ----------------------------------------------------------------------------------

TEST(Recording, StopsInsideNoGrad) {
  const Tensor x = parameter(Number(3));
  EXPECT_TRUE(IsRecording());
  EXPECT_FALSE(is_tracked(no_grad([&] { return Mul(x, x); })));
  EXPECT_FALSE(no_grad([&] { return is_tracked(SinCos(x)[0]); }));
  EXPECT_TRUE(no_grad([&] { return is_tracked(parameter(x)); }));
  EXPECT_TRUE(IsRecording());
}

TEST(Recording, NestsAndComesBackAfterExceptions) {
  {
    NoGrad off;
    {
      ScopedRecording on(true);
      EXPECT_TRUE(IsRecording());
      {
        NoGrad off_again;
        EXPECT_FALSE(IsRecording());
      }
      EXPECT_TRUE(IsRecording());
    }
    EXPECT_FALSE(IsRecording());
  }
  EXPECT_TRUE(IsRecording());
  EXPECT_NE(ErrorOf([] { no_grad([] { return Accumulate(Number(1), Vector({1})); }); }), "");
  EXPECT_TRUE(IsRecording());
  const Tensor x = parameter(Vector({1, 2}));
  EXPECT_NE(ErrorOf([&] { backward(x); }), "");
  EXPECT_TRUE(IsRecording());
}

TEST(Recording, BelongsToOneThread) {
  const Tensor x = parameter(Number(3));
  NoGrad off;
  std::thread([&] {
    EXPECT_TRUE(IsRecording());
    EXPECT_TRUE(is_tracked(Mul(x, x)));
  }).join();
  EXPECT_FALSE(IsRecording());
}

TEST(Recording, IsOffInTheBackwardPassUnlessItCreatesAGraph) {
  const Tensor x = parameter(Number(3));
  bool seen = true;
  const Tensor y = Record("look", {x}, Number(3), [&](const Tensor& dy, const Saved&) {
    seen = IsRecording();
    return Tensors{dy};
  });
  backward(y);
  EXPECT_FALSE(seen);
  no_grad([&] { return backward(y, {.create_graph = true}); });
  EXPECT_TRUE(seen);
}

// --- overwritten values -------------------------------------------------------------------------

TEST(Versions, NoticeAnInputOverwrittenBeforeBackward) {
  const Tensor a = parameter(Number(3)), b = parameter(Number(5));
  const Tensor loss = Mul(a, b);
  assign(b, Number(7));
  EXPECT_EQ(ErrorOf([&] { backward(loss); }),
            "gradient: mul: input 1 was overwritten after it was recorded; need the value of the "
            "forward pass; call backward before assign or an optimizer's step");
}

TEST(Versions, NoticeAnOutputOverwrittenBeforeBackward) {
  const Tensor x = parameter(Number(0));
  const Tensor y = Exp(x);
  assign(detach(y), Number(7));
  EXPECT_EQ(ErrorOf([&] { backward(y); }),
            "gradient: exp: its output was overwritten after it was recorded; need the value of "
            "the forward pass; call backward before assign or an optimizer's step");
  const Tensors pair = SinCos(x);
  assign(pair[1], Number(7));
  EXPECT_EQ(ErrorOf([&] { backward(pair[0]); }).substr(0, 43),
            "gradient: sincos: output 1 was overwritten ");
}

TEST(Versions, NoticeAWriteThroughAView) {
  const Tensor x = parameter(Vector({1, 2}));
  const Tensor loss = Dot(x, x);
  assign(view::Slice(x, 0, {.stop = 1}), Vector({9}));
  EXPECT_EQ(ErrorOf([&] { backward(loss); }).substr(0, 37),
            "gradient: mul: input 0 was overwritte");
}

TEST(Versions, AllowAParameterToChangeAfterBackward) {
  const Tensor w = parameter(Number(3));
  for (double expected : {6.0, 4.8}) {
    const Gradients g = backward(Mul(w, w));
    EXPECT_NEAR(g[w].item(), expected, 1e-12);
    assign(w, Number(w.item() - 0.1 * g[w].item()));
  }
}

}  // namespace
}  // namespace prova
