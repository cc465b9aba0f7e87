#include "bench/runner.h"
#include "bench/steps/steps_cases.h"

int main(int argc, char** argv) {
  return prova::RunBenchmarks({.name = "steps", .cases = prova::StepsCases()}, argc, argv);
}
