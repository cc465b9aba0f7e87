#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>

#include "autograd/tape.h"
#include "autograd/test_operations.h"
#include "base/allocator.h"

namespace prova {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

#if defined(__SANITIZE_ADDRESS__)
constexpr int kDeep = 50'000;  // the sanitizer's shadow makes each node some ten times larger
#else
constexpr int kDeep = 1'000'000;
#endif

/// Runs `body` on a thread with a stack on which recursion over a deep graph cannot fit.
void OnSmallStack(const std::function<void()>& body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 256 << 10), 0);
  pthread_t thread;
  auto run = [](void* argument) -> void* {
    (*static_cast<const std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(
      pthread_create(&thread, &attributes, run, const_cast<void*>(static_cast<const void*>(&body))),
      0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

/// Fails unless `body` leaves as many tensors as it found.
void ExpectNoLeak(const std::function<void()>& body) {
  const int64_t before = LiveTensorCount();
  body();
  EXPECT_EQ(LiveTensorCount(), before);
}

TEST(Depth, AMillionNodesInAChain) {
  OnSmallStack([] {
    ExpectNoLeak([] {
      const Tensor x = parameter(Number(3));
      Tensor y = x;
      for (int i = 0; i < kDeep; ++i) y = Neg(y);
      EXPECT_EQ(backward(y)[x].item(), 1);
      EXPECT_EQ(backward(y, {.wrt = {x}})[x].item(), 1);
      EXPECT_EQ(ExternalInputs({y}, TapeMark()).size(), 1u);
      EXPECT_EQ(ExternalInputs({y}, 0).size(), 0u);
      const Tensor dx = backward(y, {.create_graph = true})[x];
      EXPECT_EQ(dx.item(), 1);
    });
  });
}

TEST(Depth, AHalfMillionDiamonds) {
  OnSmallStack([] {
    ExpectNoLeak([] {
      const Tensor x = parameter(Number(1)), half = Number(0.5);
      Tensor y = x;
      for (int i = 0; i < kDeep / 4; ++i) y = Add(Mul(y, half), Mul(y, half));
      EXPECT_EQ(backward(y)[x].item(), 1);
    });
  });
}

TEST(Depth, AWideFanOfNodesIntoOneLoss) {
  OnSmallStack([] {
    ExpectNoLeak([] {
      const Tensor x = parameter(Number(1));
      Tensors leaves;
      for (int i = 0; i < kDeep / 10; ++i) leaves.push_back(Neg(x));
      EXPECT_EQ(backward(Sum(stack(leaves)))[x].item(), -kDeep / 10);
    });
  });
}

TEST(Depth, AChainHeldByTheGradientsClosuresAlone) {
  OnSmallStack([] {
    ExpectNoLeak([] {
      const Tensor x = parameter(Number(1));
      Tensor y = x;
      for (int i = 0; i < kDeep / 4; ++i) {
        y = Record("captures", {x}, Number(1),
                   [y](const Tensor& dy, const Saved&) -> Tensors { return {dy}; });
      }
    });
  });
}

TEST(Depth, AChainOfCheckpointsThatShareAParameter) {
  OnSmallStack([] {
    ExpectNoLeak([] {
      // The parameter is older than the chain: no step may search the chain for it.
      const Tensor w = parameter(Number(1)), x = parameter(Number(3));
      const FunctionOfMany step = [w](const Tensors& xs) { return Mul(Neg(Neg(xs[0])), w); };
      Tensor y = x;
      for (int i = 0; i < kDeep / 10; ++i) y = checkpoint(step, {y});
      const Gradients g = backward(y);
      EXPECT_EQ(g[x].item(), 1);
      EXPECT_EQ(g[w].item(), 3.0 * (kDeep / 10));
    });
  });
}

TEST(Depth, MemoryOfTheBackwardPassDoesNotGrowWithDepth) {
  auto peak = [](int depth) {
    const Tensor x = parameter(Normal({1024}, *std::make_unique<Rng>(1)));
    Tensor y = x;
    for (int i = 0; i < depth; ++i) y = Neg(y);
    y = Sum(y);
    const int64_t before = memory_stats().live_bytes;
    ResetPeakMemory();
    backward(y);
    return memory_stats().peak_bytes - before;
  };
  EXPECT_LE(peak(200), peak(5) + 1024);
}

// --- leaks --------------------------------------------------------------------------------------

TEST(Leaks, NoneAfterAPlainStep) {
  ExpectNoLeak([] {
    const Tensor w = parameter(Vector({1, 2}));
    for (int step = 0; step < 1000; ++step) {
      const Tensor loss = Dot(Sin(w), Exp(w));
      const Gradients g = backward(loss);
      assign(w, no_grad([&] { return Add(w, Mul(g[w], Vector({-1e-3, -1e-3}))); }));
    }
  });
}

TEST(Leaks, NoneWithCreateGraph) {
  ExpectNoLeak([] {
    const Tensor x = parameter(Vector({1, 2}));
    const Tensor loss = Dot(Exp(x), Sin(x));
    const Gradients g = backward(loss, {.create_graph = true});
    const Gradients again = backward(Dot(g[x], g[x]), {.create_graph = true});
    EXPECT_TRUE(is_tracked(again[x]));
  });
}

TEST(Leaks, NoneWhereBackwardThrows) {
  ExpectNoLeak([] {
    const Tensor x = parameter(Number(1));
    const Tensor bad = Record("bad", {x}, Number(1), [](const Tensor&, const Saved&) -> Tensors {
      Fail(ErrorCode::kUnsupported, {.where = "bad", .given = "no gradient"});
    });
    const Tensor loss = Mul(Sin(bad), Exp(Add(bad, x)));
    EXPECT_EQ(ErrorOf([&] { backward(loss); }), "unsupported: bad: no gradient");
    EXPECT_EQ(ErrorOf([&] { backward(loss, {.create_graph = true}); }),
              "unsupported: bad: no gradient");
    EXPECT_TRUE(IsRecording());
  });
}

TEST(Leaks, NoneWithSeveralOutputsKeptOrDropped) {
  ExpectNoLeak([] {
    const Tensor x = parameter(Vector({1, 2}));
    const Tensor sine = SinCos(x)[0];
    const Tensors both = SinCos(x);
    const Gradients g = backward(Dot(sine, both[1]), {.create_graph = true});
    EXPECT_TRUE(is_tracked(g[x]));
  });
}

TEST(Leaks, NoneWhereAnOperationReturnsItsInput) {
  ExpectNoLeak([] {
    const Tensor x = parameter(Number(1)), plain = Number(2);
    for (const Tensor& output : {x, plain}) {
      Record("same", {x, plain}, output, [](const Tensor& dy, const Saved&) -> Tensors {
        return {dy, dy};
      });
    }
    const Tensor captured = Number(1);
    const auto constant = [&](const Tensors&) { return captured; };
    custom_function("constant", {x}, constant, [](const Tensor&, const Saved& saved) {
      return Tensors{zeros_like(saved.input())};
    });
    EXPECT_FALSE(is_tracked(captured));
  });
}

TEST(Leaks, NoneFromFunctions) {
  ExpectNoLeak([] {
    const Function f = [](const Tensor& x) { return Dot(Exp(x), Sin(x)); };
    const Tensor x = Vector({1, 2}), w = parameter(x);
    for (const Tensor& at : {x, w}) {
      grad([&](const Tensor& t) { return Sum(grad(f)(t)); })(at);
      EXPECT_EQ(hessian(f, at).shape(), Shape({2, 2}));
      hvp(f, at, x);
      jvp(f, at, x);
      const Pullback pullback = vjp([&](const Tensors& xs) { return f(xs[0]); }, {at});
      pullback.pull(pullback.value);
    }
    const Tensor y = checkpoint([w](const Tensors& xs) { return Mul(Sin(xs[0]), w); }, {w});
    backward(Sum(y), {.create_graph = true});
  });
}

TEST(Leaks, GradientsHoldNoGraph) {
  const int64_t before = LiveTensorCount();
  Gradients g;
  {
    const Tensor x = parameter(Number(1));
    const Tensor middle = Sin(Sin(x));
    g = backward(Sin(middle), {.wrt = {middle}});
  }
  EXPECT_EQ(LiveTensorCount(), before + 1);
  EXPECT_EQ(g.size(), 1u);
  EXPECT_FALSE(g.contains(parameter(Number(1))));
}

TEST(Leaks, ResultsOutsideTheTapeHoldNoGraph) {
  const Tensor x = Vector({1, 2});
  const Function f = [](const Tensor& t) { return Mul(Exp(t), Sin(t)); };
  const int64_t before = LiveTensorCount();
  const Tensor j = jacobian(f, x);
  EXPECT_EQ(LiveTensorCount(), before + 1);
  const Pushforward forward = jvp(f, x, x);
  EXPECT_EQ(LiveTensorCount(), before + 3);
  const Tensor h = hvp([&](const Tensor& t) { return Sum(f(t)); }, x, x);
  EXPECT_EQ(LiveTensorCount(), before + 4);
  for (const Tensor& result : {j, forward.value, forward.tangent, h}) {
    EXPECT_FALSE(is_tracked(result));
  }
}

// --- threads ------------------------------------------------------------------------------------

TEST(Threads, RecordGraphsOfTheirOwn) {
  ExpectNoLeak([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        const Tensor x = parameter(Number(t));
        for (int round = 0; round < 50; ++round) {
          Tensor y = x;
          for (int i = 0; i < 20; ++i) y = Add(Mul(y, Number(0.5)), Mul(y, Number(1)));
          EXPECT_DOUBLE_EQ(backward(y)[x].item(), std::pow(1.5, 20));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
}

TEST(Threads, BackPropagateOneGraphAtOnce) {
  ExpectNoLeak([] {
    const Tensor x = parameter(Number(0.5));
    const Tensor loss = Mul(SinCos(x)[0], Exp(Neg(x)));
    const double expected = backward(loss)[x].item();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int round = 0; round < 200; ++round) {
          const Tensor dx = backward(loss, {.create_graph = true})[x];
          EXPECT_EQ(dx.item(), expected);
          EXPECT_TRUE(backward(dx).contains(x));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
}

TEST(Threads, JoinGraphsThatWereRecordedApart) {
  const Tensor x = parameter(Number(3));
  Tensor left, right;
  std::thread a([&] { left = Mul(x, x); });
  std::thread b([&] { right = Neg(x); });
  a.join();
  b.join();
  EXPECT_EQ(backward(Mul(left, right))[x].item(), -27);
}

}  // namespace
}  // namespace prova
