#pragma once

#include "gradcheck/spec.h"

namespace prova {

/// The main function of a benchmark program for GPUs: measures the benchmark shapes of an operation
/// on a device and prints a line of JSON for the device and for each case. Times are the device's
/// own, between events in its stream of work; beside each case a plain copy of as many bytes is
/// measured, in turns, which tells how near to the limit of memory it comes. `--help` lists the
/// options; `tools/gpu_run` makes a folder of these programs for a machine that has a GPU.
int RunDeviceBenchmarks(const OpSpec& spec, int argc, char** argv);

}  // namespace prova
