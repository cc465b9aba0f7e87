#include <gtest/gtest.h>

#include "base/philox.h"
#include "cuda/tensor_map.h"
#include "ops/common/gemm_trial.h"
#include "ops/common/tensor_cores.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova::cuda {
namespace {

/// Small integers, whose sums are exact in any order: [batches, places, terms], the terms or the
/// places neighbours in memory, lines as bulk copies need them.
Tensor Matrices(int64_t batches, int64_t places, int64_t terms, bool along_terms, DType dtype,
                Rng& rng) {
  const Shape shape = along_terms ? Shape{batches, places, terms} : Shape{batches, terms, places};
  const Tensor x = ForTensorCores(Cast(randint(-4, 5, shape, rng), dtype), -1);
  return along_terms ? x : view::Permute(x, {0, 2, 1});
}

/// Expects the exact product; sums of small integers fit every dtype.
void ExpectExact(bool is_wide, int64_t blocks, const Tensor& a, const Tensor& b) {
  const Tensor y = empty({a.size(0), a.size(1), b.size(1)}, {.dtype = a.dtype()});
  MultiplyByCores({is_wide, blocks, a, b, y});
  std::vector<double> expected = ExactProduct(a, b);
  if (a.dtype() == DType::kBFloat16) {
    for (double& value : expected) value = float{bfloat16(static_cast<float>(value))};
  }
  EXPECT_EQ(y.to_vector<double>(), expected)
      << a.dtype() << a.shape() << b.shape() << (is_wide ? ", wide" : ", narrow") << ", strides "
      << a.strides() << b.strides();
}

/// On each order of threads, and once on a GPU.
template <typename Body>
void InEachSchedule(Body body) {
  for (int schedule = 0; schedule < LinkedRuntime()->ScheduleCount(); ++schedule) {
    SCOPED_TRACE(LinkedRuntime()->UseSchedule(schedule));
    body();
  }
  LinkedRuntime()->UseSchedule(0);
}

bool HasCores() { return HasHopperCores(default_device().index); }

// Both tiles, less than one of them with tails on every side: where a batch has three products, one
// block computes all, and its ring goes round more than once.
TEST(GemmHopper, IsExactForEveryElementTileAndLayout) {
  if (!HasCores()) GTEST_SKIP() << "no tensor cores of Hopper";
  Rng rng(1);
  for (const DType dtype : {DType::kBFloat16, DType::kFloat16, DType::kFloat32}) {
    for (const auto& [a_along, b_along] :
         {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
      if (dtype == DType::kFloat32 && !(a_along && b_along)) continue;
      for (const bool is_wide : {false, true}) {
        const Tensor a = Matrices(3, 70, 150, a_along, dtype, rng);
        const Tensor b = Matrices(3, 45, 150, b_along, dtype, rng);
        InEachSchedule([&] { ExpectExact(is_wide, 1, a, b); });
      }
    }
  }
}

TEST(GemmHopper, IsExactAroundTheEdgesOfItsTiles) {
  if (!HasCores()) GTEST_SKIP() << "no tensor cores of Hopper";
  struct Sizes {
    int64_t rows, cols, terms;
  };
  Rng rng(2);
  for (const Sizes& of : {Sizes{2, 2, 1}, Sizes{64, 128, 64}, Sizes{65, 129, 65},
                          Sizes{128, 256, 63}, Sizes{129, 257, 8}, Sizes{63, 255, 520}}) {
    for (const auto& [a_along, b_along] : {std::pair{true, true}, {false, false}}) {
      const Tensor a = Matrices(1, of.rows, of.terms, a_along, DType::kFloat16, rng);
      const Tensor b = Matrices(1, of.cols, of.terms, b_along, DType::kFloat16, rng);
      for (const bool is_wide : {false, true}) ExpectExact(is_wide, 2, a, b);
    }
  }
}

// More rows of tiles than a band has, a last band that is not whole, blocks of several tiles.
TEST(GemmHopper, VisitsEveryTileOfEveryBand) {
  if (!HasCores()) GTEST_SKIP() << "no tensor cores of Hopper";
  Rng rng(3);
  const Tensor a = Matrices(1, 9 * 128 + 5, 3, true, DType::kBFloat16, rng);
  const Tensor b = Matrices(1, 200, 3, true, DType::kBFloat16, rng);
  ExpectExact(false, 7, a, b);
}

TEST(TensorCores, TakeOperandsWhereBulkCopiesCanReachThem) {
  Rng rng(4);
  const auto random = [&](const Shape& shape, DType dtype) {
    return Cast(randn(shape, rng), dtype);
  };
  const auto is_taken = [](const Tensor& x, int terms_axis) {
    const Tensor taken = ForTensorCores(x, terms_axis);
    EXPECT_EQ(taken.to_vector<double>(), x.to_vector<double>());
    for (int axis = 0; axis < x.rank(); ++axis) {
      const int64_t stride = taken.strides()[axis] * ItemSize(x.dtype());
      EXPECT_TRUE(taken.strides()[axis] == 1 || taken.size(axis) == 1 || stride % 16 == 0);
    }
    if (x.dtype() == DType::kFloat32) {
      EXPECT_EQ(taken.strides()[x.rank() + terms_axis], 1);
    }
    return taken.raw_data() == x.raw_data();
  };
  for (const DType dtype : {DType::kBFloat16, DType::kFloat16}) {
    const Tensor x = random({3, 40, 24}, dtype), turned = view::Permute(x, {0, 2, 1});
    for (const int terms_axis : {-1, -2}) {
      EXPECT_TRUE(is_taken(x, terms_axis));
      EXPECT_TRUE(is_taken(turned, terms_axis));
      EXPECT_TRUE(is_taken(view::Slice(x, 2, {.start = 8, .stop = 21}), terms_axis));
      EXPECT_TRUE(is_taken(view::Expand(view::Slice(x, 0, {.stop = 1}), {5, 40, 24}), terms_axis));
      // Unaligned starts and lines, lines of every other element, one line again and again.
      EXPECT_FALSE(is_taken(view::Slice(x, 2, {.start = 1}), terms_axis));
      EXPECT_FALSE(is_taken(random({40, 23}, dtype), terms_axis));
      EXPECT_FALSE(is_taken(view::Slice(x, 2, {.step = 2}), terms_axis));
      EXPECT_FALSE(is_taken(view::Slice(x, 1, {.step = -1}), terms_axis));
      EXPECT_FALSE(is_taken(view::Expand(random({1, 24}, dtype), {40, 24}), terms_axis));
    }
  }
  const Tensor x = random({40, 24}, DType::kFloat32), turned = view::Permute(x, {1, 0});
  EXPECT_TRUE(is_taken(x, -1));
  EXPECT_TRUE(is_taken(turned, -2));
  EXPECT_FALSE(is_taken(x, -2));
  EXPECT_FALSE(is_taken(turned, -1));
  EXPECT_FALSE(is_taken(random({40, 23}, DType::kFloat32), -2));
}

TEST(TensorCores, AreForMatricesOfTheirElements) {
  const Device gpu = default_device();
  const bool has = HasCores();
  for (const DType dtype : {DType::kBFloat16, DType::kFloat16}) {
    EXPECT_EQ(AreForTensorCores(dtype, gpu, 2, 1, 2), has);
    EXPECT_FALSE(AreForTensorCores(dtype, gpu, 1, 9, 9));
    EXPECT_FALSE(AreForTensorCores(dtype, gpu, 9, 9, 1));
    EXPECT_FALSE(AreForTensorCores(dtype, gpu, 9, 0, 9));
    EXPECT_FALSE(AreForTensorCores(dtype, kCpu, 9, 9, 9));
    EXPECT_FALSE(AreForTensorCores(dtype, gpu, 9, int64_t{1} << 31, 9));
  }
  EXPECT_FALSE(AreForTensorCores(DType::kFloat32, gpu, 9, 9, 9));
  EXPECT_FALSE(AllowsTf32());
  {
    const ScopedTf32 allowed;
    EXPECT_TRUE(AllowsTf32());
    EXPECT_EQ(AreForTensorCores(DType::kFloat32, gpu, 9, 9, 9), has);
    EXPECT_FALSE(AreForTensorCores(DType::kFloat64, gpu, 9, 9, 9));
    const ScopedTf32 forbidden(false);
    EXPECT_FALSE(AreForTensorCores(DType::kFloat32, gpu, 9, 9, 9));
  }
  EXPECT_FALSE(AllowsTf32());
}

}  // namespace
}  // namespace prova::cuda
