// What the numbers do, in parts that the guide shows one by one.
#include <cmath>
#include <functional>
#include <iomanip>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include "autograd/functional.h"
#include "autograd/movement.h"
#include "base/parallel_for.h"
#include "examples/parts.h"
#include "ops/common/kernel_table.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;
using prova::examples::PrintError;
using prova::examples::Require;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// #region one_by_one
float SumOneByOne(const Tensor& x) {
  float total = 0;
  for (const float value : x.to_vector<float>()) total += value;
  return total;
}
// #endregion one_by_one

void Sums() {
  // #region sums
  std::cout << std::scientific << std::setprecision(0);
  for (const int64_t n : {100, 1000, 10000, 100000, 1000000, 10000000}) {
    const Tensor x = full({n}, 0.1);
    const double exact = static_cast<double>(n) * double{0.1f};
    const double naive = std::abs(SumOneByOne(x) / exact - 1);
    const double ours = std::abs(sum(x).item() / exact - 1);
    std::cout << n << ": one by one " << naive << ", sum "
              << (ours < 2.5e-7 ? "below 2.5e-7" : "more") << "\n";
    Require(ours < 2.5e-7, "two ulps");
  }
  // #endregion sums
  std::cout << std::defaultfloat << std::setprecision(6);
}

void Halves() {
  // #region halves
  const Tensor ones16 = ones({4096}, {.dtype = DType::kFloat16});
  float16 naive(0.0f);
  for (int i = 0; i < 4096; ++i) naive = float16(naive + 1.0f);
  std::cout << "one by one " << float{naive} << "\nsum " << sum(ones16) << "\n";

  const Tensor large = full({4}, 60000, {.dtype = DType::kFloat16});
  std::cout << "sum " << sum(large) << "\nmean " << mean(large) << "\n";
  // #endregion halves
  Require(sum(ones16).item() == 4096 && mean(large).item() == 60000, "widened sums");
}

void Steps() {
  // #region steps
  const Tensor x = tensor({257.0, 1e-8, 70000.0});
  std::cout << cast(x, DType::kFloat16) << "\n" << cast(x, DType::kBFloat16) << "\n";
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64}) {
    std::cout << dtype << " 2^" << std::ilogb(Epsilon(dtype)) << "\n";
  }
  // #endregion steps
}

// #region threads
// What several operations give, every bit of it.
std::vector<float> Everything() {
  Rng rng(5);
  const Tensor a = randn({300, 400}, rng), b = randn({400, 300}, rng);
  const Tensor label = randint(0, 300, {300}, rng);
  const Function loss = [&](const Tensor& a) { return cross_entropy(matmul(a, b), label); };
  std::vector<float> all = grad(loss)(a).to_vector<float>();
  for (const Tensor& y : {softmax(matmul(a, b)), sum(a, {0}), mean(b)}) {
    const std::vector<float> values = y.to_vector<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

void Threads() {
  const std::vector<float> alone = Everything();
  for (const int threads : {1, 2, 3, 8}) {
    const ScopedNumThreads scope(threads);
    std::cout << threads << (Everything() == alone ? ": the same bits\n" : ": other bits\n");
  }
}
// #endregion threads

void Kernels() {
  // #region kernels
  Rng rng(6);
  const Tensor x = randn({64, 1000}, rng);
  const Tensor fast = softmax(x);
  const ScopedKernels reference(Where::kReference);
  const Tensor slow = softmax(x);
  const Tensor difference = max((fast - slow) / slow);
  std::cout << "apart by less than 1e-6: " << std::boolalpha << (difference.item() < 1e-6) << "\n";
  // #endregion kernels
  Require(difference.item() < 1e-6, "rounding");
}

void Nans() {
  // #region nans
  const Tensor x = tensor({-1.0, kNan, 2.0});
  std::cout << "relu " << relu(x) << ", max " << max(x) << ", sum " << sum(x) << "\n";
  const Tensor zero = tensor({0.0});
  std::cout << "1/0 " << 1.0 / zero << ", 0/0 " << zero / zero << "\nlog 0 " << log(zero)
            << ", sqrt -1 " << sqrt(zero - 1.0) << "\n";
  const Tensor rows = tensor({{0.0, -kInf}, {-kInf, -kInf}});
  std::cout << "softmax\n" << softmax(rows) << "\n";
  // #endregion nans
}

void Hidden() {
  // #region hidden
  const Tensor x = tensor({-1.0, 4.0});
  const Tensor positive = tensor({false, true});
  const Function guarded = [&](const Tensor& x) { return sum(where(positive, sqrt(x), 0.0)); };
  std::cout << guarded(x) << ", gradient " << grad(guarded)(x) << "\n";
  const Function safe = [&](const Tensor& x) {
    return sum(where(positive, sqrt(where(positive, x, 1.0)), 0.0));
  };
  std::cout << safe(x) << ", gradient " << grad(safe)(x) << "\n";
  // #endregion hidden
  Require(std::isnan(grad(guarded)(x).to_vector<double>()[0]), "0 * NaN");
  Require(grad(safe)(x).to_vector<double>()[0] == 0, "no NaN");
}

void Ties() {
  // #region ties
  const Tensor x = tensor({3.0, 1.0, 3.0, 0.0});
  const Function largest = [](const Tensor& x) { return max(x); };
  const Function rectified = [](const Tensor& x) { return sum(relu(x)); };
  std::cout << "max " << grad(largest)(x) << "\nrelu " << grad(rectified)(x) << "\n";
  // #endregion ties
}

void Integers() {
  // #region integers
  const Tensor x = tensor({250, 7}, DType::kUInt8);
  std::cout << "sum " << sum(x) << "\ntwice " << x + x << "\na third " << x / tensor({3, 3})
            << "\n";
  // #endregion integers
}

void Nothing() {
  // #region nothing
  const Tensor none = zeros({0});
  std::cout << "sum " << sum(none) << ", mean " << mean(none) << "\n";
  PrintError([&] { max(none); });
  // #endregion nothing
}

void Stable() {
  // #region stable
  const Tensor scores = tensor({1000.0, 999.0});
  const Tensor powers = exp(scores);
  std::cout << "as it is written " << powers / sum(powers) << "\nsoftmax " << softmax(scores)
            << "\n";
  std::cout << "log of softmax " << log(softmax(tensor({0.0, -200.0}))) << "\nlog_softmax "
            << log_softmax(tensor({0.0, -200.0})) << "\n";
  // #endregion stable
}

}  // namespace

int main() {
  return examples::RunParts({{"sums", Sums},
                             {"halves", Halves},
                             {"steps", Steps},
                             {"threads", Threads},
                             {"kernels", Kernels},
                             {"nans", Nans},
                             {"hidden", Hidden},
                             {"ties", Ties},
                             {"integers", Integers},
                             {"nothing", Nothing},
                             {"stable", Stable}});
}
