#pragma once

#include "bench/peers.h"
#include "gradcheck/spec.h"

namespace prova {

/// Measures the benchmark shapes of an operation on each column of its kernel table.
///
/// Names are commands: `--benchmark_filter=softmax/rows_4096x1024/float32/simd` repeats one row.
/// Each row has the median time and the bytes/s and flop/s that the operation needs. `--smoke` runs
/// every case once, without timing; other flags are Google Benchmark's.
int RunBenchmarks(OpSpec (*spec)(), MakePeers peers, int argc, char** argv);

}  // namespace prova
