#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace prova {

/// What a GPU's measurements are held to: a ratio that is at least `need`, in every row that it
/// speaks of.
struct Target {
  std::string name;
  double need;
  /// The ratio of a row; null where the target does not speak of it or what it needs was absent.
  nlohmann::ordered_json (*ratio)(const nlohmann::ordered_json& row);
};

/// The targets of the project.
const std::vector<Target>& Targets();

/// For each target: `target`, `need`, how many rows it was measured in, how many of them `met` it,
/// and the `worst` ratio with the row that has it; null where no row has one. Writes the ratios
/// into the rows as well, as `targets`.
nlohmann::ordered_json Judge(nlohmann::ordered_json& rows);

/// The same as a table in Markdown.
std::string TargetTable(const nlohmann::ordered_json& verdicts);

/// Puts what `tools/gpu/run.sh` left in a folder into one object: `gpus`, `bundle`, `environments`,
/// `tests`, `sanitizer`, `rows`, `targets`.
nlohmann::ordered_json Collect(const std::string& folder);

}  // namespace prova
