#pragma once

#include "nn/update_rules.h"
#include "ops/common/kernel_table.h"

namespace prova::internal {

/// One parameter's part in a step, n neighbouring elements each.
struct ParameterPart {
  void* p;         // [n]
  const void* g;   // [n]
  void* slots[2];  // [n]; those that the rule has
  int64_t n;
  int64_t end_piece;  // in the count of all parts' pieces
};

/// One step of many parameters in one launch: those of one dtype that follow one rule. As large as
/// what a launch may carry (4 KB) has room for, about.
template <typename Rule>
struct StepArgs {
  static constexpr int kMostParts = 64;
  static constexpr int64_t kPiece = 4096;  ///< elements that a block takes at a time

  DType dtype;  // of p and g; slots are of its compute type
  Rule rule;
  int count = 0;
  ParameterPart parts[kMostParts];

  constexpr int64_t pieces() const { return count == 0 ? 0 : parts[count - 1].end_piece; }
};
template <typename Rule>
using StepFn = void (*)(const StepArgs<Rule>&);

}  // namespace prova::internal

namespace prova::cuda {
PROVA_LINKED void AdamWStep(const internal::StepArgs<internal::AdamWRule>& args);
PROVA_LINKED void SgdStep(const internal::StepArgs<internal::SgdRule>& args);
PROVA_LINKED void MomentumStep(const internal::StepArgs<internal::MomentumRule>& args);
}  // namespace prova::cuda

namespace prova::internal {

/// On the processor steps go parameter by parameter, by `UpdateElements`.
inline constexpr KernelEntry<StepFn<AdamWRule>> kAdamWSteps[] = {{Where::kCuda, cuda::AdamWStep}};
inline constexpr KernelEntry<StepFn<SgdRule>> kSgdSteps[] = {{Where::kCuda, cuda::SgdStep}};
inline constexpr KernelEntry<StepFn<MomentumRule>> kMomentumSteps[] = {
    {Where::kCuda, cuda::MomentumStep}};

}  // namespace prova::internal
