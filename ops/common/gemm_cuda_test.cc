#include <gtest/gtest.h>

#include "base/philox.h"
#include "ops/common/gemm_trial.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova::cuda {
namespace {

/// Small integers, whose sums are exact in any order: [batches, places, terms], the terms or the
/// places neighbours in memory, its lines a few elements longer than need be.
Tensor Matrices(int64_t batches, int64_t places, int64_t terms, bool along_terms, int64_t longer,
                DType dtype, Rng& rng) {
  const int64_t lines = along_terms ? places : terms, length = along_terms ? terms : places;
  const Tensor x = Cast(randint(-8, 8, {batches, lines, length + longer}, rng), dtype);
  const Tensor part = view::Slice(x, 2, {.start = 0, .stop = length});
  return along_terms ? part : view::Permute(part, {0, 2, 1});
}

// Every size of tile that a type has, its edges, every pair of layouts, packs and single loads.
TEST(GemmCuda, IsExactHoweverItIsCut) {
  struct Cut {
    DType dtype;
    int side;
  };
  Rng rng(1);
  for (const Cut& cut :
       {Cut{DType::kFloat32, 32}, Cut{DType::kFloat32, 64}, Cut{DType::kFloat32, 128},
        Cut{DType::kFloat64, 32}, Cut{DType::kFloat64, 64}}) {
    for (const auto& [a_along, b_along] :
         {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
      // Lines that are whole packs, and lines whose packs are cut or unaligned.
      for (const int64_t longer : {0, 3}) {
        const int64_t batches = longer == 0 ? 1 : 2, terms = longer == 0 ? 24 : 43;
        const int64_t rows = cut.side + (longer == 0 ? 4 : 1), cols = cut.side - longer;
        const Tensor a = Matrices(batches, rows, terms, a_along, longer, cut.dtype, rng);
        const Tensor b = Matrices(batches, cols, terms, b_along, longer, cut.dtype, rng);
        for (const int64_t splits : {1, 3}) {
          const Tensor y = empty({batches, rows, cols}, {.dtype = cut.dtype});
          Multiply({cut.side, splits, a, b, y});
          EXPECT_EQ(y.to_vector<double>(), ExactProduct(a, b))
              << cut.dtype << ", side " << cut.side << ", " << a_along << b_along << ", longer by "
              << longer << ", splits " << splits;
        }
      }
    }
  }
}

// More rows of tiles than a band has, and a last band that is not whole.
TEST(GemmCuda, VisitsEveryTileOfEveryBand) {
  Rng rng(2);
  const Tensor a = Matrices(1, 9 * 32 + 5, 3, true, 0, DType::kFloat32, rng);
  const Tensor b = Matrices(1, 70, 3, true, 0, DType::kFloat32, rng);
  const Tensor y = empty({1, a.size(1), b.size(1)});
  Multiply({32, 1, a, b, y});
  EXPECT_EQ(y.to_vector<double>(), ExactProduct(a, b));
}

TEST(GemmCuda, WithoutTermsIsZero) {
  const Tensor a = zeros({1, 5, 0}), b = zeros({1, 3, 0}), y = ones({1, 5, 3});
  Multiply({32, 1, a, b, y});
  EXPECT_EQ(y.to_vector<double>(), std::vector<double>(15, 0));
}

}  // namespace
}  // namespace prova::cuda
