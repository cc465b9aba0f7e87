#include "examples/digits/saved_run.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "examples/digits/metrics.h"

namespace prova::digits {
namespace {

constexpr char kProgram[] = "prova digits checkpoint 1";

template <typename T>
void RequireSame(const SavedRun& saved, const char* option, const std::optional<T>& given,
                 const T& kept) {
  if (!given || *given == kept) return;
  Fail(ErrorCode::kValue, {.where = option,
                           .given = Cat(*given, " for a checkpoint of a run with ", kept, " (",
                                        saved.file.string(), ")"),
                           .need = Cat(kept, ", or the option left out")});
}

}  // namespace

void SaveRun(const std::filesystem::path& file, const Training& training, const Plan& plan,
             const DataSummary& data) {
  Checkpoint checkpoint = training.Save();
  checkpoint.metadata = {{"program", kProgram},
                         {"plan", ToJson(plan).dump()},
                         {"data", ToJson(data).dump()},
                         {"architecture", Describe(training.model())},
                         {"history", ToJson(training.history()).dump()}};
  save_checkpoint(file, checkpoint);
}

SavedRun LoadRun(const std::filesystem::path& file) {
  SavedRun saved{.file = file, .checkpoint = load_checkpoint(file)};
  Metadata& metadata = saved.checkpoint.metadata;
  if (metadata["program"] != kProgram) {
    Fail(ErrorCode::kFormat, {.where = file.string(),
                              .given = "is no checkpoint of this program",
                              .need = "a checkpoint.safetensors that it wrote"});
  }
  using Json = nlohmann::ordered_json;
  try {
    saved.plan = PlanFromJson(Json::parse(metadata["plan"]));
    saved.data = DataFromJson(Json::parse(metadata["data"]));
    saved.history = HistoryFromJson(Json::parse(metadata["history"]));
  } catch (const Json::exception& error) {
    Fail(ErrorCode::kFormat, {.where = file.string(), .given = error.what()});
  }
  saved.architecture = metadata["architecture"];
  return saved;
}

Plan ResumedPlan(const Options& options, const SavedRun& saved) {
  RequireSame(saved, "--epochs", options.epochs, saved.plan.epochs);
  RequireSame(saved, "--batch", options.batch, saved.plan.batch);
  RequireSame(saved, "--lr", options.lr, saved.plan.lr);
  RequireSame(saved, "--seed", options.seed, saved.plan.seed);
  return saved.plan;
}

void RequireSameData(const SavedRun& saved, const DataSummary& data) {
  if (saved.data.height != data.height || saved.data.width != data.width) {
    Fail(ErrorCode::kShape,
         {.where = saved.file.string(),
          .given = Cat("its model reads images of ", saved.data.height, " x ", saved.data.width,
                       ", those of ", data.folder, " are ", data.height, " x ", data.width),
          .need = "the data it was trained on",
          .hint = "name their folder with --data"});
  }
  if (saved.data.checksum != data.checksum || saved.data.train != data.train ||
      saved.data.test != data.test) {
    Fail(ErrorCode::kValue,
         {.where = saved.file.string(),
          .given = Cat("was trained on ", saved.data.train, " images of ", saved.data.folder,
                       ", which differ from the ", data.train, " of ", data.folder),
          .need = "the data it was trained on",
          .hint = "name their folder with --data"});
  }
}

}  // namespace prova::digits
