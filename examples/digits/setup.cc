#include "examples/digits/setup.h"

#include <filesystem>
#include <string>
#include <utility>

#include "base/parallel_for.h"
#include "examples/digits/batches.h"
#include "examples/digits/machine.h"
#include "ops/common/kernel_table.h"

namespace prova::digits {
namespace {

constexpr char kBuiltIn[] = "the built-in UCI digits";

std::filesystem::path DataFolder(const Setup& setup) {
  if (setup.options.data) return *setup.options.data;
  const bool elsewhere = setup.saved && setup.saved->data.folder != kBuiltIn;
  return elsewhere ? std::filesystem::path(setup.saved->data.folder) : BuiltInDigits();
}

DataSummary Summarize(const Digits& digits, const std::string& folder) {
  return {.folder = folder,
          .division = digits.division,
          .train = digits.train.count(),
          .test = digits.test.count(),
          .height = digits.height(),
          .width = digits.width(),
          .classes = Digits::kClasses,
          .pixel_max = digits.pixel_max,
          .checksum = Checksum(digits)};
}

Plan FreshPlan(const Options& options, int64_t train_images) {
  return {.epochs = options.epochs.value_or(DefaultEpochs(train_images)),
          .batch = options.batch.value_or(kDefaultBatch),
          .lr = options.lr.value_or(kDefaultLr),
          .seed = options.seed.value_or(kDefaultSeed)};
}

}  // namespace

Setup Prepare(Options options) {
  Setup setup{.options = std::move(options)};
  if (setup.options.threads) SetNumThreads(*setup.options.threads);
  FirstColumn();  // Refuses a wrong PROVA_KERNELS now rather than in the first batch.
  if (setup.options.resume) {
    setup.saved = LoadRun(*setup.options.resume);
    setup.plan = ResumedPlan(setup.options, *setup.saved);
  }
  const std::filesystem::path folder = DataFolder(setup);
  setup.digits = load_digits(folder);
  const bool built_in =
      !setup.options.data && (!setup.saved || setup.saved->data.folder == kBuiltIn);
  setup.data =
      Summarize(setup.digits, built_in ? kBuiltIn : std::filesystem::absolute(folder).string());
  if (setup.saved) {
    RequireSameData(*setup.saved, setup.data);
  } else {
    setup.plan = FreshPlan(setup.options, setup.data.train);
  }
  return setup;
}

RunResult Collect(const Setup& setup, Training& training,
                  std::chrono::steady_clock::time_point start) {
  RunResult result{.plan = setup.plan, .data = setup.data, .history = training.history()};
  result.architecture = Describe(training.model());
  result.parameters = parameter_count(training.model());
  result.test = training.Test();
  result.test_labels = setup.digits.test.labels.to_vector<int>();
  result.test_images = setup.digits.test.images.to_vector<float>();
  Environment& environment = result.environment;
  const Device device = setup.options.device;
  environment.kernels = device == kCpu ? ToString(FirstColumn()) : ToString(device);
  environment.compiler = CompilerName();
  environment.machine = MachineName();
  environment.threads = NumThreads();
  for (const EpochRecord& record : result.history) environment.train_seconds += record.seconds;
  environment.total_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  environment.resumed_at = setup.saved ? static_cast<int64_t>(setup.saved->history.size()) : 0;
  return result;
}

}  // namespace prova::digits
