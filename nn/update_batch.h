#pragma once

#include <algorithm>
#include <vector>

#include "nn/update_kernels.h"
#include "tensor/strided.h"

namespace prova::internal {

/// Gathers the parameters of a step that are on one GPU, of one dtype and under one rule, so that
/// they go in one launch: most parameters of a small model are updated in less time than a launch
/// takes.
template <typename Rule, size_t kernels>
class UpdateBatch {
 public:
  UpdateBatch(const char* op, const KernelEntry<StepFn<Rule>> (&table)[kernels])
      : op_(op), table_(table) {}

  void Add(const Tensor& parameter, const Tensor& gradient, const std::vector<Tensor>& slots,
           const Rule& rule) {
    const bool alike = parameter.dtype() == args_.dtype && parameter.device() == device_ &&
                       rule == args_.rule && args_.count < StepArgs<Rule>::kMostParts;
    // One memory under two names is updated twice, one after the other.
    const bool meets =
        IsIn(written_, parameter) || IsIn(read_, parameter) || IsIn(written_, gradient);
    if (!alike || meets) Launch();
    args_.dtype = parameter.dtype();
    args_.rule = rule;
    device_ = parameter.device();
    // Kernels want neighbours: what lies otherwise is updated in a copy.
    const Tensor p = Contiguous(parameter), g = Contiguous(gradient);
    ParameterPart part = {.p = p.raw_mutable_data(), .g = g.raw_data(), .n = p.numel()};
    for (int k = 0; k < Rule::kSlots; ++k) part.slots[k] = slots[k].raw_mutable_data();
    constexpr int64_t kPiece = StepArgs<Rule>::kPiece;
    part.end_piece = args_.pieces() + (part.n + kPiece - 1) / kPiece;
    args_.parts[args_.count++] = part;
    written_.push_back(p);
    read_.push_back(g);
    if (!parameter.is_contiguous()) {
      Launch();
      CopyElements(p, parameter);
    }
  }

  /// Updates what was added since the last time. Errors: kDevice without a kernel.
  void Launch() {
    if (args_.pieces() > 0) Choose(op_, table_, args_.dtype, device_)(args_);
    args_.count = 0;
    written_.clear();
    read_.clear();
  }

 private:
  static bool IsIn(const std::vector<Tensor>& tensors, const Tensor& x) {
    return std::ranges::any_of(tensors,
                               [&](const Tensor& each) { return each.storage() == x.storage(); });
  }

  const char* op_;
  const KernelEntry<StepFn<Rule>> (&table_)[kernels];
  StepArgs<Rule> args_ = {};
  Device device_;
  std::vector<Tensor> written_, read_;  // alive until the launch
};

/// One step of all parameters: those on GPUs together, the others by `on_processor(update, rule)`.
template <typename Updates, typename Rule, size_t kernels, typename RuleOf, typename OnProcessor>
void UpdateAll(const char* op, const KernelEntry<StepFn<Rule>> (&table)[kernels],
               const Updates& updates, RuleOf rule_of, OnProcessor on_processor) {
  UpdateBatch<Rule, kernels> batch(op, table);
  for (const auto& update : updates) {
    const Rule rule = rule_of(update.state.steps);
    if (update.parameter.device() == kCpu) {
      on_processor(update, rule);
    } else {
      batch.Add(update.parameter, update.gradient, update.state.slots, rule);
    }
  }
  batch.Launch();
}

}  // namespace prova::internal
