#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tensor/device.h"

namespace prova::digits {

/// The command line, checked. What is left out is decided later: by the data, or by the checkpoint
/// that is resumed.
struct Options {
  std::optional<int64_t> epochs;
  std::optional<int64_t> batch;
  std::optional<double> lr;
  std::optional<uint64_t> seed;
  std::optional<int> threads;
  Device device;
  std::optional<std::filesystem::path> data;
  std::filesystem::path out = "out/digits";
  std::optional<std::filesystem::path> resume;
};

inline constexpr int64_t kDefaultBatch = 32;
inline constexpr double kDefaultLr = 0.003;
inline constexpr uint64_t kDefaultSeed = 1;

/// Fewer epochs where there is more to see in each.
inline constexpr int64_t kManyImages = 5000;
constexpr int64_t DefaultEpochs(int64_t train_images) {
  return train_images < kManyImages ? 60 : 12;
}

/// Parses a command line, the program's name first; nothing where it asked for help, which has then
/// been printed. Errors: kValue, naming the option, what was given and what is needed; kDevice.
std::optional<Options> ParseOptions(const std::vector<std::string>& command);

}  // namespace prova::digits
