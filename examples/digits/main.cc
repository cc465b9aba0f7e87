#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/parallel_for.h"
#include "base/text.h"
#include "examples/digits/chart.h"
#include "examples/digits/interrupt.h"
#include "examples/digits/metrics.h"
#include "examples/digits/options.h"
#include "examples/digits/output.h"
#include "examples/digits/progress.h"
#include "examples/digits/report.h"
#include "examples/digits/setup.h"
#include "ops/common/kernel_table.h"

namespace prova::digits {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kRefused = 2, kSignalled = 128 };

// A checkpoint holds each weight and its two moments; model and report need room beside it.
constexpr int64_t kBytesOfWeight = 4 * 4;
constexpr int64_t kRoomForReport = int64_t{4} << 20;

std::string ComputedBy(const Device& device) {
  if (device != kCpu) return ToString(device);
  return Cat(NumThreads(), NumThreads() == 1 ? " thread" : " threads", ", ",
             ToString(FirstColumn()), " kernels");
}

void Announce(const Setup& setup, const Training& training, Progress& progress) {
  progress.Line(Cat(setup.data.train, " images of ", setup.data.height, " x ", setup.data.width,
                    " to train, ", setup.data.test, " to test; ", parameter_count(training.model()),
                    " parameters; ", ComputedBy(setup.options.device)));
  if (setup.saved) {
    progress.Line(
        Cat("resumed after epoch ", training.history().size(), " of ", setup.plan.epochs));
  }
}

void WriteResults(const OutputFiles& files, const RunResult& result, const Training& training) {
  save_parameters(training.model(), files.model,
                  {{"architecture", result.architecture},
                   {"images", Cat("[n, 1, ", result.data.height, ", ", result.data.width,
                                  "], 0 to 1 by division by ", result.data.pixel_max)},
                   {"test_accuracy", Fixed(result.test.accuracy, 6)}});
  WriteFileAtomically(files.metrics, RenderMetrics(result));
  WriteFileAtomically(files.report, RenderReport(result));
}

// Says how to go on from `checkpoint`, where there is one.
int Interrupted(const std::vector<std::string>& command, size_t epochs,
                const std::optional<std::filesystem::path>& checkpoint) {
  std::cerr << "digits: interrupted in epoch " << epochs + 1 << "; ";
  if (checkpoint) {
    std::cerr << checkpoint->string() << " holds the state after epoch " << epochs
              << ". To go on:\n  " << ResumeCommand(command, checkpoint->string()) << "\n";
  } else {
    std::cerr << "no epoch was complete, so there is nothing to resume\n";
  }
  return kSignalled + PendingSignal();
}

/// What `main` does, in two parts: what can be refused, and what can fail.
class Program {
 public:
  explicit Program(std::vector<std::string> command) : command_(std::move(command)) {}

  int Run() {
    try {
      auto options = ParseOptions(command_);
      if (!options) return kDone;
      return TrainAndReport(Prepare(std::move(*options)));
    } catch (const std::exception& error) {
      std::cerr << "digits: " << error.what() << "\n";
      return exit_code_;
    }
  }

 private:
  int TrainAndReport(const Setup& setup) {
    Training training(setup.plan, setup.digits, setup.options.device);
    std::optional<std::filesystem::path> checkpoint;
    if (setup.saved) {
      training.Restore(setup.saved->checkpoint, setup.saved->history);
      checkpoint = setup.saved->file;
    }
    const OutputFiles files = PrepareOutput(
        setup.options.out, parameter_count(training.model()) * kBytesOfWeight + kRoomForReport);
    exit_code_ = kFailed;
    WatchSignals();
    Progress progress(stdout);
    Announce(setup, training, progress);
    while (!training.done()) {
      if (!training.RunEpoch(progress, [] { return PendingSignal() != 0; })) {
        progress.Clear();
        return Interrupted(command_, training.history().size(), checkpoint);
      }
      SaveRun(files.checkpoint, training, setup.plan, setup.data);
      checkpoint = files.checkpoint;
      progress.Line(EpochText(training.history().back(), setup.plan.epochs));
    }
    const RunResult result = Collect(setup, training, start_);
    WriteResults(files, result, training);
    progress.Line(Cat("wrote ", files.model.string(), ", ", files.metrics.filename().string(), ", ",
                      files.report.filename().string(), " in ",
                      Fixed(result.environment.total_seconds, 1), " s"));
    progress.Line("test accuracy: " + Fixed(result.test.accuracy, 4));
    if (std::ferror(stdout) != 0) {
      Fail(ErrorCode::kIo, {.where = "standard output", .given = "cannot be written"});
    }
    return kDone;
  }

  std::vector<std::string> command_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  int exit_code_ = kRefused;
};

}  // namespace
}  // namespace prova::digits

int main(int argc, char** argv) {
  return prova::digits::Program(std::vector<std::string>(argv, argv + argc)).Run();
}
