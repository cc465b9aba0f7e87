#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "cuda/runtime.h"
#include "ops/common/types.h"

namespace prova {

/// A column of the kernel tables.
enum class Where : uint8_t { kCuda, kSimd, kReference };

const char* ToString(Where where);

/// One kernel of an operation: where it runs, and the dtypes that it computes in. `Fn` takes a
/// plain struct of a dtype, pointers and sizes; a GPU kernel is null in programs without it.
template <typename Fn>
struct KernelEntry {
  Where where;
  Fn run;
  DTypeSet dtypes = kComputeFloats;
};

/// The first column that this thread may use: kSimd, unless the environment variable
/// `PROVA_KERNELS` (`simd` or `reference`) or a `ScopedKernels` says otherwise.
/// Errors: kValue for another value of the variable.
Where FirstColumn();

/// Makes this thread take CPU kernels from `first` or, where it has none, from later columns.
class ScopedKernels {
 public:
  explicit ScopedKernels(Where first);
  ~ScopedKernels();
  ScopedKernels(const ScopedKernels&) = delete;
  ScopedKernels& operator=(const ScopedKernels&) = delete;

 private:
  Where before_;
};

/// The first usable kernel of a table for tensors of `dtype` (widened to what kernels compute in)
/// on `device`. Errors: kDType or kDevice, naming the operation, where there is none.
template <typename Fn, size_t size>
Fn Choose(const char* op, const KernelEntry<Fn> (&table)[size], DType dtype, Device device = {}) {
  const bool cuda = device.kind == DeviceKind::kCuda;
  const Where first = cuda ? Where::kCuda : FirstColumn();
  DTypeSet known = {};
  for (const KernelEntry<Fn>& entry : table) {
    if (cuda != (entry.where == Where::kCuda) || entry.where < first) continue;
    if (entry.run == nullptr) continue;
    if (cuda) cuda::Enter(op, device.index);
    if (entry.dtypes.contains(ComputeType(dtype))) return entry.run;
    known = known | entry.dtypes;
  }
  Fail(ErrorCode::kDType, {.where = op,
                           .given = Cat("no kernel for ", dtype, " on ", device),
                           .need = ToString(known)});
}

}  // namespace prova
