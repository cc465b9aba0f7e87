// Two programs of known speed on a simulated machine that other work slows now and then: what
// their ratio seems to be when they are measured one after the other, and in turns.
#include <cmath>
#include <cstdio>
#include <vector>

#include "base/philox.h"
#include "bench/statistics.h"

using namespace prova;

constexpr double kOurs = 1.0, kPeers = 1.2;  // milliseconds: the true ratio is 1.20
constexpr int kRounds = 60;

// #region machine
/// Phases of 5 to 200 ms, every other of them 1.7 times as slow; one sample in 20 is interrupted.
class Machine {
 public:
  explicit Machine(uint64_t seed) : rng_(seed) {}

  double Measure(double milliseconds) {
    if (left_ <= 0) {
      slow_ = !slow_;
      left_ = 5 + 195 * Uniform();
    }
    double taken = milliseconds * (slow_ ? 1.7 : 1.0) * (1 + 0.03 * Uniform());
    if (Uniform() < 0.05) taken *= 1 + 2 * Uniform();
    left_ -= taken;
    return taken;
  }

  double Uniform() {
    const PhiloxCounter words = rng_.Take(1)[0];
    return UniformDouble(words[0], words[1]);
  }

 private:
  Rng rng_;
  bool slow_ = false;
  double left_ = 0;
};
// #endregion machine

// #region measure
struct Samples {
  std::vector<double> ours, peers;
};

Samples OneAfterTheOther(Machine machine) {
  Samples samples;
  for (int i = 0; i < kRounds; ++i) samples.ours.push_back(machine.Measure(kOurs));
  for (int i = 0; i < kRounds; ++i) samples.peers.push_back(machine.Measure(kPeers));
  return samples;
}

Samples InTurns(Machine machine) {
  Samples samples;
  for (int i = 0; i < kRounds; ++i) {
    const bool ours_first = machine.Uniform() < 0.5;
    if (ours_first) samples.ours.push_back(machine.Measure(kOurs));
    samples.peers.push_back(machine.Measure(kPeers));
    if (!ours_first) samples.ours.push_back(machine.Measure(kOurs));
  }
  return samples;
}
// #endregion measure

double OfMedians(const Samples& samples) {
  return Summarize(samples.peers).p50 / Summarize(samples.ours).p50;
}
double RoundByRound(const Samples& samples) {
  std::vector<double> ratios;
  for (int i = 0; i < kRounds; ++i) ratios.push_back(samples.peers[i] / samples.ours[i]);
  return Summarize(ratios).p50;
}
double OfMinima(const Samples& samples) {
  return Summarize(samples.peers).min / Summarize(samples.ours).min;
}

int main() {
  std::printf("run  one after the other  in turns  round by round  of minima\n");
  bool rounds_are_right = true, minima_are_right = true;
  int after_is_wrong = 0, turns_are_wrong = 0;
  for (int run = 1; run <= 12; ++run) {
    const Samples after = OneAfterTheOther(Machine(run)), turns = InTurns(Machine(run));
    std::printf("%3d  %19.2f  %8.2f  %14.2f  %9.2f\n", run, OfMedians(after), OfMedians(turns),
                RoundByRound(turns), OfMinima(turns));
    after_is_wrong += std::abs(OfMedians(after) - 1.2) > 0.05;
    turns_are_wrong += std::abs(OfMedians(turns) - 1.2) > 0.05;
    rounds_are_right &= std::abs(RoundByRound(turns) - 1.2) < 0.02;
    minima_are_right &= std::abs(OfMinima(turns) - 1.2) < 0.01;
  }
  return rounds_are_right && minima_are_right && turns_are_wrong == 1 && after_is_wrong == 6 ? 0
                                                                                             : 1;
}
