#pragma once

#include <cstdint>
#include <filesystem>

namespace prova::digits {

/// The files of a run.
struct OutputFiles {
  std::filesystem::path checkpoint;
  std::filesystem::path model;
  std::filesystem::path metrics;
  std::filesystem::path report;
};

/// Makes sure, before hours are spent on what cannot be kept, that `folder` exists and takes
/// `bytes` more: a probe of that size is reserved and removed. Where that fails, folders made here
/// are gone again. Errors: kIo, naming the folder or file and the system's reason.
OutputFiles PrepareOutput(const std::filesystem::path& folder, int64_t bytes);

}  // namespace prova::digits
