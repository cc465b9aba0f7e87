#include "examples/digits/metrics.h"

#include <nlohmann/json.hpp>

namespace prova::digits {

using Json = nlohmann::ordered_json;

Json ToJson(const Plan& plan) {
  return {{"epochs", plan.epochs}, {"batch", plan.batch}, {"lr", plan.lr}, {"seed", plan.seed}};
}

Plan PlanFromJson(const Json& json) {
  return {.epochs = json.at("epochs"),
          .batch = json.at("batch"),
          .lr = json.at("lr"),
          .seed = json.at("seed")};
}

Json ToJson(const DataSummary& data) {
  return {{"folder", data.folder},   {"division", data.division},   {"train", data.train},
          {"test", data.test},       {"height", data.height},       {"width", data.width},
          {"classes", data.classes}, {"pixel_max", data.pixel_max}, {"checksum", data.checksum}};
}

DataSummary DataFromJson(const Json& json) {
  return {.folder = json.at("folder"),
          .division = json.at("division"),
          .train = json.at("train"),
          .test = json.at("test"),
          .height = json.at("height"),
          .width = json.at("width"),
          .classes = json.at("classes"),
          .pixel_max = json.at("pixel_max"),
          .checksum = json.at("checksum")};
}

Json ToJson(const std::vector<EpochRecord>& history) {
  Json json = Json::array();
  for (const EpochRecord& record : history) {
    json.push_back({{"epoch", record.epoch},
                    {"lr", record.lr},
                    {"train_loss", record.train_loss},
                    {"train_accuracy", record.train_accuracy},
                    {"test_loss", record.test_loss},
                    {"test_accuracy", record.test_accuracy},
                    {"seconds", record.seconds}});
  }
  return json;
}

std::vector<EpochRecord> HistoryFromJson(const Json& json) {
  std::vector<EpochRecord> history;
  for (const Json& record : json) {
    history.push_back({.epoch = record.at("epoch"),
                       .lr = record.at("lr"),
                       .train_loss = record.at("train_loss"),
                       .train_accuracy = record.at("train_accuracy"),
                       .test_loss = record.at("test_loss"),
                       .test_accuracy = record.at("test_accuracy"),
                       .seconds = record.at("seconds")});
  }
  return history;
}

std::string RenderMetrics(const RunResult& result) {
  const int classes = result.data.classes;
  const std::vector<int64_t> counts = ConfusionMatrix(result);
  Json confusion = Json::array();
  for (int row = 0; row < classes; ++row) {
    const auto begin = counts.begin() + row * classes;
    confusion.push_back(std::vector<int64_t>(begin, begin + classes));
  }
  Json mistakes = Json::array();
  for (int64_t i : Mistakes(result)) {
    const float* probabilities = result.test.probabilities.data() + i * classes;
    mistakes.push_back({{"test_image", i},
                        {"label", result.test_labels[i]},
                        {"prediction", result.test.predictions[i]},
                        {"probability", probabilities[result.test.predictions[i]]},
                        {"probability_of_label", probabilities[result.test_labels[i]]}});
  }
  const Environment& environment = result.environment;
  const Json json = {
      {"format", "prova digits metrics 1"},
      {"options", ToJson(result.plan)},
      {"data", ToJson(result.data)},
      {"model", {{"architecture", result.architecture}, {"parameters", result.parameters}}},
      {"environment",
       {{"kernels", environment.kernels},
        {"threads", environment.threads},
        {"machine", environment.machine},
        {"compiler", environment.compiler},
        {"resumed_at", environment.resumed_at}}},
      {"seconds",
       {{"training", environment.train_seconds}, {"process", environment.total_seconds}}},
      {"history", ToJson(result.history)},
      {"test_loss", result.test.loss},
      {"test_accuracy", result.test.accuracy},
      {"confusion", confusion},
      {"mistakes", mistakes},
  };
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace prova::digits
