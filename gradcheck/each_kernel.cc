#include "gradcheck/each_kernel.h"

#include "base/text.h"
#include "gradcheck/compare.h"
#include "tensor/strided.h"

namespace prova {

Rng CaseRng(const std::string& name) {
  uint64_t seed = 1;
  for (char c : name) seed = seed * 131 + static_cast<unsigned char>(c);
  return Rng(seed);
}

Tensors Exactly(const Tensors& inputs) {
  Tensors exact;
  for (const Tensor& x : inputs) {
    exact.push_back(IsFloating(x.dtype()) ? Cast(x, DType::kFloat64) : x);
  }
  return exact;
}

void ForEachKernel(const OpSpec& spec, const std::function<void(const std::string& name)>& body) {
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
