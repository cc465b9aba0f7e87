#include "gradcheck/each_kernel.h"

#include "base/text.h"
#include "cuda/runtime.h"
#include "gradcheck/compare.h"

namespace prova {

void ForEachKernel(const OpSpec& spec, DType dtype,
                   const std::function<void(const std::string& name)>& body) {
  if (default_device() != kCpu) {
    cuda::Runtime& runtime = *cuda::LinkedRuntime();
    const auto column = spec.columns.find(Where::kCuda);
    const bool is_cast = column != spec.columns.end() && !column->second.contains(dtype) &&
                         ComputeType(dtype) != dtype;
    for (int schedule = 0; schedule < (is_cast ? 1 : runtime.ScheduleCount()); ++schedule) {
      body(Cat("cuda, ", runtime.UseSchedule(schedule)));
    }
    runtime.UseSchedule(0);
    return;
  }
  if (spec.columns.contains(Where::kReference)) {
    ScopedKernels reference(Where::kReference);
    body("reference");
  }
  if (spec.columns.contains(Where::kSimd)) {
    ScopedKernels simd(Where::kSimd);
    ForEachTarget([&](const char* target) { body(Cat("simd on ", target)); });
  }
}

}  // namespace prova
