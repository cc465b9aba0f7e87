#pragma once

#include <cstdint>

namespace prova {

/// Schedules: pure functions from the number of steps taken so far (0 in the first) to a factor of
/// the learning rate: `optimizer.step(parameters(model), gradients, cosine_schedule(step, {...}))`.

/// 1, at any step.
inline double constant_schedule(int64_t /*step*/) { return 1; }

struct CosineScheduleOptions {
  int64_t warmup = 0;  ///< steps that rise linearly from 1/warmup to 1
  int64_t total = 0;   ///< steps in all; from here on the factor is `floor`
  double floor = 0;    ///< 0 <= floor <= 1
};

/// Linear warm-up, then half a cosine from 1 down to `floor`.
/// I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017;
/// warm-up after P. Goyal et al., "Accurate, Large Minibatch SGD", 2017.
/// Errors: kValue unless step >= 0, 0 <= warmup < total and 0 <= floor <= 1.
double cosine_schedule(int64_t step, const CosineScheduleOptions& options);

}  // namespace prova
