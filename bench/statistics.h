#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace prova {

/// What is told of repeated measurements of one quantity.
struct Summary {
  int64_t count = 0;
  double mean = 0;
  double sd = 0;   ///< standard deviation with n - 1; 0 for one sample
  double mad = 0;  ///< median distance from the median
  double min = 0;
  double max = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
  /// A 95 % interval of the median: percentiles of the medians of resamples with replacement.
  double median_low = 0;
  double median_high = 0;
  /// Samples beyond Tukey's fences: 1.5 times the interquartile range outside the quartiles.
  int64_t outliers = 0;

  /// The width of that interval relative to the median.
  double Uncertainty() const { return p50 > 0 ? (median_high - median_low) / p50 : 0; }
};

/// The value at position percent / 100 * (n - 1) of ascending samples, linear between neighbours.
double Percentile(std::span<const double> ascending, double percent);

/// At least one sample; the resampling is seeded and so gives the same interval every time.
Summary Summarize(std::vector<double> samples);

}  // namespace prova
