#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/statistics.h"

namespace prova {

/// One way to compute a case, and the seconds of one run as measured in each round.
struct Contender {
  std::string name;
  std::function<void()> run = {};
  /// In place of `run`, for one that lives in another process: runs it `iterations` times and tells
  /// the seconds of one.
  std::function<double(int64_t iterations)> elsewhere = {};
  /// Contenders of one group are ways of one library: after a few rounds its fastest goes on alone.
  std::string group = {};
  int most_rounds = 1'000'000;

  int64_t iterations = 0;  ///< of one sample, chosen so that the timer's own cost disappears
  std::vector<double> seconds = {};
  std::vector<double> probes = {};  ///< of each sample: the probe's longer run before or after it
  bool retired = false;             ///< slower than another way of its group
};

struct RoundsOptions {
  double seconds_each = 0.5;     ///< time to spend on each contender, about
  double sample_seconds = 2e-3;  ///< least length of a sample
  double precision = 0.02;       ///< ends where every median's 95 % interval is this narrow
  int least_rounds = 10;
  int most_rounds = 1000;
  bool rest = false;                 ///< pause between contenders until the others' threads sleep
  std::function<void()> probe = {};  ///< timed before and after each sample
};

/// The seconds of one run, as a mean of `iterations` after a short warm-up.
double SampleOf(const Contender& contender, int64_t iterations);

/// Measures the contenders in rounds: each of them once a round, in random order, so that whatever
/// slows the machine for a while slows all of them. Google Benchmark runs and times every sample.
void MeasureInRounds(std::vector<Contender>& contenders, const RoundsOptions& options);

/// The time of `slow` over that of `fast`, round by round: what slows a whole round slows both,
/// while the medians of the two may come from different rounds.
Summary RatioInRounds(const Contender& slow, const Contender& fast);

}  // namespace prova
