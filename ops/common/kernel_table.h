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

/// One kernel of an operation: where it runs, and the dtypes that it takes. `Fn` takes a plain
/// struct of a dtype, pointers and sizes; a GPU kernel is null in programs without it.
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

/// A kernel that was chosen for tensors on `device`, and the dtype in which it takes them: their
/// own, or what they must be widened to.
template <typename Args>
struct ChosenKernel {
  void operator()(const Args& args) const {
    if (device.kind == DeviceKind::kCuda) cuda::Enter(op, device.index);
    run(args);
  }

  void (*run)(const Args&);
  DType dtype;
  const char* op;
  Device device;
};

/// The first usable kernel of a table for tensors of `dtype` on `device`.
/// Errors: kDType, naming the operation, where there is none.
template <typename Args, size_t size>
ChosenKernel<Args> Choose(const char* op, const KernelEntry<void (*)(const Args&)> (&table)[size],
                          DType dtype, Device device = {}) {
  const bool cuda = device.kind == DeviceKind::kCuda;
  const Where first = cuda ? Where::kCuda : FirstColumn();
  DTypeSet known = {};
  for (const auto& entry : table) {
    if (cuda != (entry.where == Where::kCuda) || entry.where < first) continue;
    if (entry.run == nullptr) continue;
    for (const DType taken : {dtype, ComputeType(dtype)}) {
      if (entry.dtypes.contains(taken)) return {entry.run, taken, op, device};
    }
    known = known | entry.dtypes;
  }
  Fail(ErrorCode::kDType, {.where = op,
                           .given = Cat("no kernel for ", dtype, " on ", device),
                           .need = ToString(known)});
}

}  // namespace prova
