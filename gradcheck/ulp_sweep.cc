// How far elementary functions are from the truth, over every float32 there is. Run by hand, a few
// minutes a function: bazel run -c opt //gradcheck:ulp_sweep -- [FUNCTION ...]
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <numbers>
#include <vector>

#include "base/parallel_for.h"
#include "gradcheck/compare.h"
#include "ops/exp/exp.h"
#include "ops/gelu/gelu.h"
#include "ops/log/log.h"
#include "ops/sqrt/sqrt.h"
#include "ops/tanh/tanh.h"
#include "tensor/create.h"

namespace prova {
namespace {

constexpr int64_t kBlock = int64_t{1} << 16;
constexpr int64_t kPatterns = int64_t{1} << 32;

struct Function {
  const char* name;
  Tensor (*ours)(const Tensor&);
  double (*exact)(double);  ///< its own error, below 1e-8 float32 ulps, is neglected
};

/// Far below, both forms of gelu are 0; the limit keeps -inf from meeting 0.
double ExactGelu(double x) {
  x = std::max(x, -100.0);
  return x * 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

double ExactTanhGelu(double x) {
  x = std::max(x, -100.0);
  const double u = std::numbers::sqrt2 * std::numbers::inv_sqrtpi * (x + 0.044715 * x * x * x);
  return x / (1 + std::exp(-2 * u));
}

constexpr Function kFunctions[] = {
    {"exp", [](const Tensor& x) { return exp(x); }, [](double x) { return std::exp(x); }},
    {"log", [](const Tensor& x) { return log(x); }, [](double x) { return std::log(x); }},
    {"tanh", [](const Tensor& x) { return tanh(x); }, [](double x) { return std::tanh(x); }},
    {"sqrt", [](const Tensor& x) { return sqrt(x); }, [](double x) { return std::sqrt(x); }},
    {"gelu", [](const Tensor& x) { return gelu(x, GeluForm::kExact); }, ExactGelu},
    {"gelu_tanh", [](const Tensor& x) { return gelu(x, GeluForm::kTanh); }, ExactTanhGelu},
};

/// |y - exact| in units of the distance of floats at `exact`; infinite where only one is a number.
double Ulps(float y, double exact) {
  if (std::isnan(y) || std::isnan(exact)) return std::isnan(y) == std::isnan(exact) ? 0 : INFINITY;
  const float nearest = static_cast<float>(exact);
  if (y == nearest) {
    if (std::isinf(y)) return 0;
  } else if (std::isinf(y) || std::isinf(nearest)) {
    // Past the largest number infinity stands for the power of two that follows it.
    const double limit = std::copysign(0x1p128, exact);
    const double given = std::isinf(y) ? std::copysign(0x1p128, y) : y;
    return std::abs(given - (std::isinf(nearest) ? limit : exact)) / 0x1p104;
  }
  const int exponent = exact == 0 ? -149 : std::ilogb(exact) - 23;
  return std::ldexp(std::abs(y - exact), -std::max(exponent, -149));
}

struct Worst {
  double ulps = 0;
  float at = 0;
  int64_t beyond_one = 0;  ///< patterns more than one ulp off

  void Add(double distance, float x) {
    beyond_one += distance > 1;
    if (distance > ulps) ulps = distance, at = x;
  }
  void Add(const Worst& other) {
    beyond_one += other.beyond_one;
    if (other.ulps > ulps) ulps = other.ulps, at = other.at;
  }
};

Worst Sweep(const Function& function) {
  std::vector<Worst> of_blocks(kPatterns / kBlock);
  ParallelFor(static_cast<int64_t>(of_blocks.size()), 16, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const Tensor x = empty({kBlock}, {.dtype = DType::kFloat32});
      float* inputs = x.mutable_data<float>();
      for (int64_t i = 0; i < kBlock; ++i) {
        inputs[i] = std::bit_cast<float>(static_cast<uint32_t>(block * kBlock + i));
      }
      const Tensor y = function.ours(x);
      const float* outputs = y.data<float>();
      for (int64_t i = 0; i < kBlock; ++i) {
        of_blocks[block].Add(Ulps(outputs[i], function.exact(inputs[i])), inputs[i]);
      }
    }
  });
  Worst worst;
  for (const Worst& block : of_blocks) worst.Add(block);
  return worst;
}

bool Wanted(const char* name, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return true;
  }
  return argc == 1;
}

}  // namespace
}  // namespace prova

int main(int argc, char** argv) {
  using namespace prova;
  std::printf("%-10s %-8s %10s  %-16s %s\n", "function", "target", "max ulp", "at", "beyond 1 ulp");
  for (const Function& function : kFunctions) {
    if (!Wanted(function.name, argc, argv)) continue;
    ForEachTarget([&](const char* target) {
      const Worst worst = Sweep(function);
      std::printf("%-10s %-8s %10.4f  %-16a %lld\n", function.name, target, worst.ulps, worst.at,
                  static_cast<long long>(worst.beyond_one));
      std::fflush(stdout);
    });
  }
}
