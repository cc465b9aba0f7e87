#pragma once

#include <string>

#include "examples/digits/run.h"

namespace prova::digits {

/// The report of a run as one HTML page that needs nothing else: no scripts, no fonts, no files.
/// Learning curves, the confusion matrix as a heat map, the wrongly classified digits, the
/// settings.
std::string RenderReport(const RunResult& result);

}  // namespace prova::digits
