#include "gradcheck/ulp_sweep.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "base/parallel_for.h"
#include "gradcheck/compare.h"
#include "tensor/create.h"

namespace prova {
namespace {

constexpr int64_t kBlock = int64_t{1} << 16;
constexpr int64_t kPatterns = int64_t{1} << 32;

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

Worst Sweep(const SweptFunction& function) {
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

}  // namespace

void SweepEveryFloat(const std::vector<SweptFunction>& functions) {
  std::printf("%-10s %-8s %10s  %-16s %s\n", "function", "target", "max ulp", "at", "beyond 1 ulp");
  for (const SweptFunction& function : functions) {
    ForEachTarget([&](const char* target) {
      const Worst worst = Sweep(function);
      std::printf("%-10s %-8s %10.4f  %-16a %lld\n", function.name, target, worst.ulps, worst.at,
                  static_cast<long long>(worst.beyond_one));
      std::fflush(stdout);
    });
  }
}

}  // namespace prova
