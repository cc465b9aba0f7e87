#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "examples/digits/options.h"
#include "examples/digits/run.h"
#include "examples/digits/train.h"
#include "nn/checkpoint.h"

namespace prova::digits {

/// A checkpoint of this program: what nn keeps, and what decides the run.
struct SavedRun {
  std::filesystem::path file;
  Checkpoint checkpoint;
  Plan plan;
  DataSummary data;
  std::string architecture;
  std::vector<EpochRecord> history;
};

/// Writes it, atomically. Errors: as `save_checkpoint`.
void SaveRun(const std::filesystem::path& file, const Training& training, const Plan& plan,
             const DataSummary& data);

/// Errors: as `load_checkpoint`, and kFormat for a checkpoint of another program.
SavedRun LoadRun(const std::filesystem::path& file);

/// The plan of a saved run. Errors: kValue where an option contradicts it.
Plan ResumedPlan(const Options& options, const SavedRun& saved);

/// Errors: kValue unless `data` are those of the saved run, kShape where they differ in size.
void RequireSameData(const SavedRun& saved, const DataSummary& data);

}  // namespace prova::digits
