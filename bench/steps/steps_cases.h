#pragma once

#include <vector>

#include "gradcheck/spec.h"

namespace prova {

/// Whole training steps of small networks, and what a call costs that has nothing to compute.
std::vector<BenchCase> StepsCases();

/// Those that are measured on GPUs alone.
std::vector<BenchCase> GpuStepsCases();

}  // namespace prova
