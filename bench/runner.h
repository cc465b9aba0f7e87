#pragma once

#include <string>
#include <vector>

#include "bench/peers.h"
#include "gradcheck/spec.h"

namespace prova {

/// Cases to measure together, and who takes part in them.
struct Suite {
  std::string name;  ///< of the operation, or of what the cases have in common
  std::vector<BenchCase> cases;
  std::map<Where, DTypeSet> columns = {{Where::kSimd, kComputeFloats}};
  MakePeers peers = nullptr;
};

/// The main function of a benchmark program: measures cases on each column of the kernel table,
/// their peers beside them, and prints a line of JSON for the environment and for each row.
/// `./dev bench` builds and runs these programs and makes tables of what they print; `--help` lists
/// the options, `bench/README.md` explains them. Names are commands:
/// `./dev bench softmax/rows_4096x1024/float32/simd` repeats one row.
int RunBenchmarks(const Suite& suite, int argc, char** argv);

/// The benchmark shapes of an operation.
int RunBenchmarks(OpSpec (*spec)(), MakePeers peers, int argc, char** argv);

}  // namespace prova
