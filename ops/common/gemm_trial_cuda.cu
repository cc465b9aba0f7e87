#include "ops/common/gemm_cuda.h"
#include "ops/common/gemm_trial.h"
#include "tensor/create.h"

namespace prova::cuda {
namespace {

template <typename T>
Strided<T> Matrices(const Tensor& x) {
  const Strides batch(std::span<const int64_t>(x.strides().begin(), 1));
  return MatricesOf<T>(x.raw_data(), x.size(1), x.size(2), x.strides()[1], x.strides()[2],
                       Collapse({x.size(0)}, {&batch}), 0);
}

}  // namespace

void Multiply(const GemmTrial& trial) {
  VisitFloats(trial.y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const ProductSize of = {trial.y.size(0), trial.y.size(1), trial.y.size(2), trial.a.size(2)};
    const ProductPlan plan = CutInto(trial.splits, trial.side, of.terms, kTerms);
    const Tensor workspace =
        empty({PartialBytes<T>(plan, of)}, {.dtype = DType::kUInt8, .device = trial.y.device()});
    MultiplyAs(plan, of, Matrices<T>(trial.a), Matrices<T>(trial.b),
               RowMajor<T>(trial.y.raw_mutable_data(), of), workspace.raw_mutable_data());
  });
}

}  // namespace prova::cuda
