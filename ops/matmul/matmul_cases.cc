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
          .call = PythonCall("a, b"),
          // Errors of a random sum grow as its square root; half an epsilon for the rest.
          .tolerance = SumTolerance(terms, 1),
          .check_gradient = NumElements(a) > 0 && NumElements(b) > 0};
}

/// y = a b, [m, k] by [k, n]; `layout` says of each operand whether it lies transposed: "nt".
BenchCase Measure(const std::string& name, int64_t m, int64_t k, int64_t n,
                  const std::string& layout = "nn", int64_t batches = 1) {
  Shape a = {m, k}, b = {k, n};
  if (batches > 1) {
    a.insert(0, batches);
    b.insert(0, batches);
  }
  const double products = static_cast<double>(batches) * static_cast<double>(m * k * n);
  return {.name = layout == "nn" ? name : name + "_" + layout,
          .inputs = {{.shape = a, .transposed = layout[0] == 't'},
                     {.shape = b, .transposed = layout[1] == 't'}},
          .run = kRun,
          .bytes = 4.0 * static_cast<double>(batches * (m * k + k * n + m * n)),
          .flops = 2 * products,
          .torch = "torch.matmul(a, b)"};
}

std::vector<BenchCase> Measures() {
  std::vector<BenchCase> all;
  for (int64_t n : {32, 64, 128, 256, 512, 1024, 2048}) {
    for (const char* layout : {"nn", "nt", "tn", "tt"}) {
      all.push_back(Measure(Cat("square_", n), n, n, n, layout));
    }
  }
  for (const char* layout : {"nn", "nt", "tn", "tt"}) {
    all.push_back(Measure("64x784x512", 64, 784, 512, layout));
    all.push_back(Measure("127x129x131", 127, 129, 131, layout));
    all.push_back(Measure("4096x16x4096", 4096, 16, 4096, layout));
    all.push_back(Measure("96_512x64x512", 512, 64, 512, layout, 96));
  }
  for (const char* layout : {"nn", "nt"})
    all.push_back(Measure("1x4096x4096", 1, 4096, 4096, layout));
  for (const char* layout : {"nn", "tn"})
    all.push_back(Measure("4096x4096x1", 4096, 4096, 1, layout));
  return all;
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
      Product({3, 400}, {400, 5}),
      Product({1, 600}, {600, 70}),
      Product({2, 1, 1100}, {2, 1100, 90}),
      Product({0, 1, 4}, {0, 4, 2}),
      Product({1, 70}, {70, 4200}),
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
               "matmul: a tensor of bool; need a numeric dtype; cast it to int64"}},
      .bench = Measures(),
  };
}

}  // namespace prova::cases
