#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/philox.h"

namespace prova {
namespace {

constexpr int kResamples = 1000;

double Median(std::vector<double>& samples) {
  std::sort(samples.begin(), samples.end());
  return Percentile(samples, 50);
}

/// The medians of resamples of ascending samples, ascending.
std::vector<double> ResampledMedians(std::span<const double> ascending) {
  const uint64_t n = ascending.size();
  Rng rng(1);
  std::vector<double> medians(kResamples), draw(n);
  for (double& median : medians) {
    const PhiloxBlocks words = rng.Take((n + 3) / 4);
    for (uint64_t i = 0; i < n; ++i) draw[i] = ascending[uint64_t{words[i / 4][i % 4]} * n >> 32];
    median = Median(draw);
  }
  std::sort(medians.begin(), medians.end());
  return medians;
}

}  // namespace

double Percentile(std::span<const double> ascending, double percent) {
  const double position = percent / 100 * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, ascending.size() - 1);
  const double fraction = position - static_cast<double>(below);
  return ascending[below] + fraction * (ascending[above] - ascending[below]);
}

Summary Summarize(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const auto n = static_cast<double>(samples.size());
  Summary summary = {.count = static_cast<int64_t>(samples.size()),
                     .mean = std::accumulate(samples.begin(), samples.end(), 0.0) / n,
                     .min = samples.front(),
                     .max = samples.back(),
                     .p50 = Percentile(samples, 50),
                     .p95 = Percentile(samples, 95),
                     .p99 = Percentile(samples, 99)};
  double squares = 0;
  std::vector<double> distances;
  for (double sample : samples) {
    squares += (sample - summary.mean) * (sample - summary.mean);
    distances.push_back(std::abs(sample - summary.p50));
  }
  summary.sd = samples.size() > 1 ? std::sqrt(squares / (n - 1)) : 0;
  summary.mad = Median(distances);

  const double lower = Percentile(samples, 25), upper = Percentile(samples, 75);
  const double fence = 1.5 * (upper - lower);
  summary.outliers = std::count_if(samples.begin(), samples.end(), [&](double sample) {
    return sample < lower - fence || sample > upper + fence;
  });

  const std::vector<double> medians = ResampledMedians(samples);
  summary.median_low = Percentile(medians, 2.5);
  summary.median_high = Percentile(medians, 97.5);
  return summary;
}

}  // namespace prova
