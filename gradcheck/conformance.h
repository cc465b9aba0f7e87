#pragma once

#include "gradcheck/spec.h"

namespace prova {

/// Registers the conformance tests of an operation for the device that PROVA_TEST_DEVICE names, one
/// GoogleTest case for each entry of its cases table and block of proof:
/// - KernelsAgree: every column and Highway target against the reference in double, over dtypes and
///   memory layouts, with sentinel bytes behind every buffer;
/// - ThreadsAgree: the same bits for 1, 2 and 3 threads, result and gradients, at benchmark sizes
///   and at the primes below them;
/// - Definition: value and gradient agree with the composition that defines the operation;
/// - Gradient, SecondOrder: central differences in double, guarded;
/// - GradientKernels: gradients in float32, on every column and target, against those in float64;
/// - Errors: the text of every documented error;
/// - Catalogue: the row of the catalogue has no empty cell.
void RegisterConformance(OpSpec (*spec)());

/// Registers these and runs all tests there are: the main function of an operation's program.
int RunConformance(OpSpec (*spec)(), int argc, char** argv);

}  // namespace prova
