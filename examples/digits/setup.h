#pragma once

#include <chrono>
#include <optional>

#include "examples/digits/options.h"
#include "examples/digits/run.h"
#include "examples/digits/saved_run.h"
#include "examples/digits/train.h"
#include "vision/digits.h"

namespace prova::digits {

/// All that is decided before anything is written.
struct Setup {
  Options options;
  Plan plan;
  Digits digits;
  DataSummary data;
  std::optional<SavedRun> saved;
};

/// Loads what the options name and settles what they leave open: by the checkpoint that is resumed,
/// else by the data. Errors: as `LoadRun`, `load_digits` and the checks of `saved_run.h`.
Setup Prepare(Options options);

/// What came out of a finished training that began (in this process) at `start`.
RunResult Collect(const Setup& setup, Training& training,
                  std::chrono::steady_clock::time_point start);

}  // namespace prova::digits
