#include "nn/schedules.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/text.h"
#include "nn/check.h"

namespace prova {

double cosine_schedule(int64_t step, const CosineScheduleOptions& options) {
  const char* where = "cosine_schedule";
  const auto [warmup, total, floor] = options;
  internal::RequireValue(step >= 0, where, Cat("step ", step), "step >= 0");
  internal::RequireValue(warmup >= 0 && warmup < total, where,
                         Cat("warmup ", warmup, " and total ", total), "0 <= warmup < total");
  internal::RequireValue(floor >= 0 && floor <= 1, where, Cat("floor ", floor), "0 <= floor <= 1");
  if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup);
  const double progress =
      std::min(1.0, static_cast<double>(step - warmup) / static_cast<double>(total - warmup));
  return floor + (1 - floor) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

}  // namespace prova
