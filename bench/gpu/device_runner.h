#pragma once

#include <string>
#include <vector>

#include "bench/gpu/gpu_bench.h"

namespace prova {

/// Cases to measure on a GPU, and who takes part in them.
struct DeviceSuite {
  std::string name;  ///< of the operation, or of what the cases have in common
  std::vector<BenchCase> cases;
  MakeGpuPeers peers = nullptr;
};

/// An operation's cases for all kernels, and what it has for GPUs.
DeviceSuite SuiteOf(const OpSpec& spec, const GpuBench& bench);

/// The main function of the benchmark program for GPUs: measures cases on a device and prints a
/// line of JSON for the environment and for each case. Times are the device's own, between events
/// in its stream of work. In turns with Prova run its peers, whose results are compared first:
/// cuBLAS and cuDNN, which are opened when the program runs, and PyTorch in a process of its own;
/// and a plain copy of as many bytes, which tells how near to the limit of memory a case comes.
/// `--help` lists the options; `tools/gpu_run` bundles the program for a machine that has a GPU.
int RunDeviceBenchmarks(const std::vector<DeviceSuite>& suites, int argc, char** argv);

}  // namespace prova
