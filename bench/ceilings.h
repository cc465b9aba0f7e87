#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/dtype.h"

namespace prova {

/// What one level of memory gives to plain vector loops over data that lie there.
struct MemoryLevel {
  std::string name;  ///< "L1", "L2", "L3", "memory"
  int64_t capacity;  ///< bytes that fit, of all threads together
  double read;       ///< bytes/s of reading
  double copy;       ///< bytes/s of copying, read and written bytes both counted
};

/// The limits of this machine with a number of threads, measured: what no kernel exceeds.
///
/// Each is the best of several repetitions, since noise only takes away. Copies use ordinary
/// stores, as Prova's kernels do: memory reads a line before it is overwritten (write-allocate),
/// and that traffic is not counted. A kernel with streaming stores may pass 100 %.
struct Ceilings {
  int threads;
  double flops32;  ///< float32 operations a second, two for each fused multiply-add
  double flops64;
  std::vector<MemoryLevel> levels;  ///< from the nearest to memory
};

/// The bytes of the last cache that a core shares with no other: its second level.
int64_t OwnCacheBytes();

/// Takes about a quarter of a second.
Ceilings MeasureCeilings(int threads);

/// What binds a computation, and the least time that it can take there.
struct Bound {
  double seconds;
  std::string name;  ///< "fma", "L1", "L2", "L3" or "memory"
};

/// For `flops` operations over `bytes` bytes, `written` of them written. Data live in the first
/// level that holds all of `bytes`; written bytes pair with as many that are read and move at the
/// speed of a copy, the rest at that of reading.
Bound BoundOf(const Ceilings& ceilings, DType dtype, double flops, double bytes, double written);

/// The vector instructions that kernels use here, as baselines are filed: "avx512", "avx2", …
std::string InstructionSet();

/// Makes kernels use no better instructions than those of "avx512", "avx2" or "emu128".
/// Errors: kValue for another name.
void LimitInstructionSet(const std::string& name);

/// Bounded work of the calling thread, for a yardstick beside a measurement: fused multiply-adds in
/// registers, copies within L1, and what an operation does around its kernel, in the standard
/// library's words: small objects made, counted, compared and freed, functions called by pointer.
void FmaYardstick();
void CopyYardstick();
void CallYardstick();

}  // namespace prova
