#include "bench/plant.h"

#include <chrono>
#include <cstdlib>
#include <utility>

namespace prova {
namespace {

using Clock = std::chrono::steady_clock;

/// Looking at the clock takes as long as a small call: what is quicker is done again instead.
constexpr std::chrono::microseconds kQuick(10);

}  // namespace

std::function<void()> Planted(const std::string& row, std::function<void()> run) {
  const char* plant = std::getenv("PROVA_BENCH_PLANT");
  if (plant == nullptr) return run;
  const std::string text = plant;
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || !row.starts_with(text.substr(0, colon)) ||
      row.ends_with("/reference")) {
    return run;
  }
  const double more = std::atof(text.c_str() + colon + 1) - 1;
  const auto timed = [run] {
    const auto start = Clock::now();
    run();
    return Clock::now() - start;
  };
  timed();
  if (timed() > kQuick) {
    return [timed, more] {
      const auto wait = timed() * more;
      const auto end = Clock::now() + wait;
      while (Clock::now() < end) continue;
    };
  }
  return [run = std::move(run), more, owed = 0.0]() mutable {
    run();
    for (owed += more; owed >= 1; --owed) run();
  };
}

}  // namespace prova
