#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "examples/digits/run.h"

namespace prova::digits {

/// A run as JSON, numbers exact: doubles with as many digits as tell them apart.
std::string RenderMetrics(const RunResult& result);

/// Pieces that the checkpoint keeps too.
nlohmann::ordered_json ToJson(const Plan& plan);
nlohmann::ordered_json ToJson(const DataSummary& data);
nlohmann::ordered_json ToJson(const std::vector<EpochRecord>& history);

/// The inverse of these. Errors: those of nlohmann-json.
Plan PlanFromJson(const nlohmann::ordered_json& json);
DataSummary DataFromJson(const nlohmann::ordered_json& json);
std::vector<EpochRecord> HistoryFromJson(const nlohmann::ordered_json& json);

}  // namespace prova::digits
