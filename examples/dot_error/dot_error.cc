#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "autograd/movement.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

// The worst error of 32 dot products of random numbers, in epsilons, by their length.
int main() {
  // #region ones
  const int64_t n = 16384;
  Tensor a = ones({2, n});
  a.mutable_data<float>()[0] = 0x1p24F;
  float one_by_one = 0;
  for (int64_t k = 0; k < n; ++k) one_by_one += a.data<float>()[k];
  const double in_blocks = matmul(a, ones({n, 2})).to_vector<double>()[0];
  // #endregion ones
  std::printf("== ones\none by one  %.0f\nmatmul      %.0f\nexact       %.0f\n", one_by_one,
              in_blocks, 0x1p24 + n - 1);
  bool is_better = true;
  std::printf("== measure\n%8s %12s %8s\n", "terms", "one by one", "matmul");
  // #region measure
  Rng rng(1);
  for (int64_t terms = 256; terms <= 262144; terms *= 4) {
    const Tensor x = rand({2, terms}, rng), w = rand({terms, 16}, rng);
    const Tensor exact = matmul(cast(x, DType::kFloat64), cast(w, DType::kFloat64));
    std::vector<float> sums(32);
    for (int64_t i = 0; i < 2 * terms; ++i) {
      const float* w_row = w.data<float>() + i % terms * 16;
      for (int64_t j = 0; j < 16; ++j) sums[i / terms * 16 + j] += x.data<float>()[i] * w_row[j];
    }
    auto worst = [&](const Tensor& y) {
      const Tensor error = cast(y, DType::kFloat64) / exact - 1.0;
      return max(relu(error) + relu(-error)).item<double>() / std::numeric_limits<float>::epsilon();
    };
    const double loop = worst(from_vector(sums, {2, 16})), blocks = worst(matmul(x, w));
    std::printf("%8lld %12.1f %8.1f\n", static_cast<long long>(terms), loop, blocks);
    is_better = is_better && blocks <= loop;
  }
  // #endregion measure
  return is_better && one_by_one == 0x1p24F && in_blocks >= 0x1p24 + n - 512 ? 0 : 1;
}
