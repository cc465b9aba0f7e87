#include "gradcheck/spec.h"
#include "ops/matmul/matmul.h"
#include "ops/matmul/matmul_kernels.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

const Run kRun = [](const Tensors& in) { return prova::matmul(in[0], in[1]); };

OpCase Product(const Shape& a, const Shape& b) {
  const int64_t terms = a.back();
  // A lone dot product may cancel, and has no larger neighbour to measure its error by.
  const double low = a.rank() == 1 && b.rank() == 1 ? 0.5 : -2;
  return {.name = "a" + ToString(a) + "_b" + ToString(b),
          .inputs = {{.shape = a, .low = low}, {.shape = b, .low = low}},
          .run = kRun,
          // Errors of a random sum grow as its square root; half an epsilon for the rest.
          .tolerance = SumTolerance(terms, 1),
          .check_gradient = NumElements(a) > 0 && NumElements(b) > 0};
}

BenchCase Measure(const std::string& name, const Shape& a, const Shape& b, double flops) {
  const double elements = static_cast<double>(NumElements(a) + NumElements(b));
  const double results = flops / 2 / static_cast<double>(a.back());
  return {name, {{.shape = a}, {.shape = b}}, kRun, 4 * (elements + results), flops};
}

}  // namespace

OpSpec matmul() {
  std::vector<OpCase> all = {
      // Every pair of ranks but 1 and 1, which follow below.
      Product({4}, {4, 3}),
      Product({3, 4}, {4}),
      Product({2, 3, 4}, {4}),
      Product({4}, {2, 4, 3}),
      Product({2, 3, 4}, {4, 2}),
      Product({3, 4}, {2, 4, 2}),
      Product({2, 3, 4}, {2, 4, 2}),
      // Leading axes that broadcast, on either side and on both.
      Product({2, 1, 3, 4}, {3, 4, 2}),
      Product({1, 3, 4}, {2, 4, 2}),
      Product({2, 3, 4}, {1, 4, 1}),
      // No rows, no columns, no terms, no matrices.
      Product({0, 4}, {4, 3}),
      Product({3, 4}, {4, 0}),
      Product({3, 0}, {0, 2}),
      Product({0, 3, 4}, {4, 2}),
      // Longer than a block of terms, of rows and of columns, by a little.
      Product({3, 300}, {300, 5}),
      Product({1, 600}, {600, 70}),
      Product({70, 600}, {600}),
      Product({200, 40}, {40, 270}),
      Product({40, 200}, {200, 40}),
      Product({150, 9}, {9, 2}),
  };
  for (int64_t length : LengthsAroundVectors()) {
    all.push_back(Product({length, 3}, {3, 17}));
    all.push_back(Product({5, length}, {length, 6}));
    all.push_back(Product({2, 3}, {3, length}));
    all.push_back(Product({3}, {3, length}));
    all.push_back(Product({length}, {length}));
  }
  return {
      .name = "matmul",
      .definition = "loop",
      .vjp = "matmul_backward",
      .dtypes = NumericDTypes(),
      .columns = Columns(kMatmulKernels),
      .cases = std::move(all),
      .bad = {{"inner",
               [] {
                 prova::matmul(zeros({2, 3}), zeros({4, 5}));
               },
               ErrorCode::kShape,
               "matmul: shapes [2, 3] and [4, 5] pair 3 columns with 4 rows; need equal numbers"},
              {"vectors", [] { prova::matmul(zeros({3}), zeros({4})); }, ErrorCode::kShape,
               "matmul: shapes [3] and [4] pair 3 columns with 4 rows; need equal numbers"},
              {"scalar",
               [] {
                 prova::matmul(zeros({}), zeros({2, 3}));
               },
               ErrorCode::kShape,
               "matmul: shapes [] and [2, 3]; need at least one axis each; scale with mul(a, b)"},
              {"leading",
               [] {
                 prova::matmul(zeros({2, 3, 4}), zeros({5, 4, 3}));
               },
               ErrorCode::kShape,
               "matmul: shapes [2] and [5] differ at axis -1; need equal sizes or 1 on every axis, "
               "counted from the back"},
              {"bool", [] { prova::matmul(tensor({true}), tensor({true})); }, ErrorCode::kDType,
               "matmul: a tensor of bool; need a numeric dtype; convert with cast(x, "
               "DType::kInt64)"}},
      .bench = {Measure("square_128", {128, 128}, {128, 128}, 2.0 * 128 * 128 * 128),
                Measure("square_512", {512, 512}, {512, 512}, 2.0 * 512 * 512 * 512),
                Measure("batch_64x64", {64, 64, 64}, {64, 64, 64}, 2.0 * 64 * 64 * 64 * 64),
                Measure("vector_4096", {4096, 4096}, {4096}, 2.0 * 4096 * 4096)},
  };
}

}  // namespace prova::cases
