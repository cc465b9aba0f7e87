#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// What a run of the program is asked for and what comes out of it: plain values, no behaviour.
namespace prova::digits {

/// What decides every number of a run, besides the data.
struct Plan {
  int64_t epochs = 0;
  int64_t batch = 0;
  double lr = 0;
  uint64_t seed = 0;

  bool operator==(const Plan&) const = default;
};

/// What the data are.
struct DataSummary {
  std::string folder;
  std::string division;
  int64_t train = 0;
  int64_t test = 0;
  int64_t height = 0;
  int64_t width = 0;
  int classes = 0;
  int pixel_max = 0;
  uint32_t checksum = 0;  ///< CRC-32 of all images and labels
};

/// One line of the learning curves. Losses are means over images, in nats.
struct EpochRecord {
  int64_t epoch = 0;  ///< from 1
  double lr = 0;      ///< at the epoch's first step
  double train_loss = 0;
  double train_accuracy = 0;
  double test_loss = 0;
  double test_accuracy = 0;
  double seconds = 0;  ///< of training, without the test
};

/// What a model makes of a set of images.
struct Evaluation {
  double loss = 0;
  double accuracy = 0;
  std::vector<float> probabilities;  ///< [n, classes]
  std::vector<int> predictions;      ///< [n]
};

/// Where and how fast it ran.
struct Environment {
  std::string kernels;
  std::string compiler;
  std::string machine;
  int threads = 0;
  double train_seconds = 0;  ///< sum over all epochs, resumed ones included
  double total_seconds = 0;  ///< of this process
  int64_t resumed_at = 0;    ///< the epoch after which this process went on; 0: from the start
};

/// All that `metrics.json` and `report.html` tell.
struct RunResult {
  Plan plan;
  DataSummary data;
  Environment environment;
  std::string architecture;
  int64_t parameters = 0;
  std::vector<EpochRecord> history;
  Evaluation test;
  std::vector<int> test_labels;    ///< [n]
  std::vector<float> test_images;  ///< [n, height, width], 0 to 1
};

/// Counts by true digit (row) and predicted digit (column), row-major [classes, classes].
std::vector<int64_t> ConfusionMatrix(const RunResult& result);

/// Indices of the wrongly classified test images, the most certain mistakes first.
std::vector<int64_t> Mistakes(const RunResult& result);

}  // namespace prova::digits
