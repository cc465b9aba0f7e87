#include "ops/dropout/dropout.h"

#include <cmath>

#include "autograd/movement.h"
#include "base/parallel_for.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/mean/mean.h"
#include "ops/mul/mul.h"

namespace prova {
namespace {

/// Dropout as a pure function: from a copy of the generator.
Tensor Dropped(const Tensor& x, double p, Rng rng) { return dropout(x, p, rng); }

TEST(Dropout, Examples) {
  // The first words of seed 0 are 6627e8d5, e169c58d, bc57ac4c, 9b00dbd8 (Random123's known
  // answer): 0.399, 0.881, 0.736 and 0.605 of 2^32.
  const Tensor x = tensor({1.0, 2.0, 3.0, 4.0});
  EXPECT_TRUE(SameBits(Dropped(x, 0.5, Rng(0)), tensor({0.0, 4.0, 6.0, 8.0})));
  EXPECT_TRUE(SameBits(Dropped(x, 0.75, Rng(0)), tensor({0.0, 8.0, 0.0, 0.0})));
  Rng rng(0);
  EXPECT_TRUE(SameBits(dropout_mask({4}, 0.625, rng), tensor({false, true, true, false})));
  EXPECT_TRUE(SameBits(dropout_backward(tensor({1.0, 1.0}), tensor({true, false}), 0.75),
                       tensor({4.0, 0.0})));
}

TEST(Dropout, KeepsWhereUniformNumbersReachP) {
  ForAll("an element is kept where rand, from the same state, is at least p", [](Draw& draw) {
    const Shape shape = draw.shape({.max_size = 30});
    const double p = draw.real(0, 1);
    Rng rng = draw.rng(), same = rng;
    const std::vector<double> kept = dropout_mask(shape, p, rng).to_vector<double>();
    const std::vector<double> uniform = rand(shape, same).to_vector<double>();
    for (size_t i = 0; i < kept.size(); ++i) {
      if ((kept[i] == 1) != (uniform[i] >= p)) {
        return testing::AssertionFailure() << kept[i] << " for " << uniform[i] << " and p " << p;
      }
    }
    return rng.position() == same.position() ? testing::AssertionSuccess()
                                             : testing::AssertionFailure() << rng.position();
  });
}

TEST(Dropout, KeepsAnElementAtExactlyP) {
  Rng rng(4);
  const std::vector<double> uniform = rand({40}, rng).to_vector<double>();
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
      const Tensor x = ones({40}, {.dtype = dtype});
      for (size_t i = 0; i < uniform.size(); ++i) {
        EXPECT_GT(Dropped(x, uniform[i], Rng(4)).to_vector<double>()[i], 0);
        EXPECT_EQ(Dropped(x, uniform[i] + 0x1p-25, Rng(4)).to_vector<double>()[i], 0);
      }
    }
  }
}

TEST(Dropout, KeepsTheFractionItShould) {
  // 20,000 kept with probability q: 6 standard deviations are missed with probability 2e-9.
  ForAll("the kept fraction is within 6 sqrt(p (1 - p) / n) of 1 - p", [](Draw& draw) {
    const int64_t n = 20000;
    const double p = draw.real(0.01, 0.99);
    Rng rng = draw.rng();
    const double kept = mean(cast(dropout_mask({n}, p, rng), DType::kFloat64)).item();
    return std::abs(kept - (1 - p)) <= 6 * std::sqrt(p * (1 - p) / n)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << kept << " for p " << p;
  });
}

TEST(Dropout, PreservesTheExpectation) {
  // Ones become 1 / (1 - p) or 0: a standard deviation of sqrt(p / (1 - p)).
  ForAll("the mean of dropped-out ones is within 6 sqrt(p / (1 - p) / n) of 1", [](Draw& draw) {
    const int64_t n = 20000;
    const double p = draw.real(0, 0.99);
    const double average =
        mean(Dropped(ones({n}, {.dtype = DType::kFloat64}), p, draw.rng())).item();
    return std::abs(average - 1) <= 6 * std::sqrt(p / (1 - p) / n) + 1e-12
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << average << " for p " << p;
  });
}

TEST(Dropout, IsLinearForOneState) {
  ForAll("dropout(a x + y) = a dropout(x) + dropout(y) from one state", [](Draw& draw) {
    const Tensor x = draw.tensor(), y = draw.tensor(x.shape());
    const double a = draw.real(-3, 3), p = draw.real(0, 0.9);
    const Rng rng = draw.rng();
    return Near(Dropped(x * a + y, p, rng), Dropped(x, p, rng) * a + Dropped(y, p, rng), 1e-14);
  });
}

TEST(Dropout, IsItsOwnAdjoint) {
  ForAll("the gradient is dropout_backward with the mask of the same state", [](Draw& draw) {
    const Tensor x = parameter(draw.tensor({.max_size = 30, .dtype = DType::kFloat32}));
    const Tensor dy = draw.tensor(x.shape(), {.dtype = DType::kFloat32});
    const double p = draw.real(0, 1);
    Rng rng = draw.rng();
    const Tensor y = Dropped(x, p, rng);
    const Tensor dx = backward({y}, {.cotangents = {dy}})[x];
    return SameBits(dx, dropout_backward(dy, dropout_mask(x.shape(), p, rng), p));
  });
}

TEST(Dropout, HasOneMaskForEveryKernelDTypeAndThread) {
  ForAll("the mask is the same for every kernel, dtype and number of threads", [](Draw& draw) {
    const Shape shape = {draw.integer(1, 3), draw.integer(1, 40000)};
    const double p = draw.real(0, 1);
    const Rng rng = draw.rng();
    const Tensor expected = [&] {
      const ScopedKernels kernels(Where::kReference);
      return cast(Dropped(ones(shape), p, rng), DType::kBool);
    }();
    for (DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64}) {
      const ScopedNumThreads threads(static_cast<int>(draw.integer(1, 3)));
      const Tensor y = cast(Dropped(ones(shape, {.dtype = dtype}), p, rng), DType::kBool);
      const testing::AssertionResult result = SameBits(y, expected);
      if (!result) return result;
    }
    return testing::AssertionSuccess();
  });
}

TEST(Dropout, IsTheIdentityForPZeroAndZeroForPOne) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const Tensor x = tensor({1.5, -2.0, double{INFINITY}, double{NAN}, 1e-40});
    EXPECT_TRUE(Near(Dropped(x, 0, Rng(3)), x, 0));
    EXPECT_TRUE(SameBits(Dropped(x, 1, Rng(3)), zeros({5})));
    EXPECT_TRUE(SameBits(dropout_backward(x, zeros({5}, {.dtype = DType::kBool}), 1), zeros({5})));
    const Tensor w = parameter(x);
    EXPECT_TRUE(SameBits(backward({Dropped(w, 1, Rng(3))}, {.cotangents = {x}})[w], zeros({5})));
  }
}

TEST(Dropout, PropagatesKeptNaNOnly) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const Tensor y = Dropped(full({4}, NAN), 0.5, Rng(0));
    EXPECT_TRUE(Near(y, tensor({0.0, double{NAN}, double{NAN}, double{NAN}}), 0));
  }
}

TEST(Dropout, TakesBlocksByTheSizeAlone) {
  for (double p : {0.0, 0.3, 1.0}) {
    Rng rng(1);
    dropout(ones({3, 3}), p, rng);
    EXPECT_EQ(rng.position(), 3u);
    dropout(ones({0}), p, rng);
    EXPECT_EQ(rng.position(), 3u);
  }
}

TEST(Dropout, CrossesTheWordBoundaryOfTheCounter) {
  // Block numbers beyond 2^32 carry into the second word of the counter.
  const Rng rng(5, 7, (uint64_t{1} << 32) - 3);
  const Tensor x = ones({100});
  const Tensor fast = Dropped(x, 0.5, rng);
  const ScopedKernels kernels(Where::kReference);
  EXPECT_TRUE(SameBits(fast, Dropped(x, 0.5, rng)));
}

}  // namespace
}  // namespace prova
