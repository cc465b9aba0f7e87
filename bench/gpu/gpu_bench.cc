#include "bench/gpu/device_runner.h"
#include "bench/steps/steps_cases.h"

namespace prova {

/// Of every operation of `ops/ops.bzl`; defined by a source that Bazel writes.
std::vector<DeviceSuite> AllDeviceSuites();

}  // namespace prova

int main(int argc, char** argv) {
  using namespace prova;
  std::vector<DeviceSuite> suites = AllDeviceSuites();
  suites.push_back({.name = "steps", .cases = Joined({StepsCases(), GpuStepsCases()})});
  return RunDeviceBenchmarks(suites, argc, argv);
}
