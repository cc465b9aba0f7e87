#include "ops/common/gemm_hopper_cuda.h"
#include "ops/common/gemm_trial.h"

namespace prova::cuda {
namespace {

template <typename T>
CoreOperand Matrices(const Tensor& x) {
  const Strides batch(std::span<const int64_t>(x.strides().begin(), 1));
  return CoreMatricesOf<T>(x.raw_data(), x.size(1), x.size(2), x.strides()[1], x.strides()[2],
                           Collapse({x.size(0)}, {&batch}), 0);
}

}  // namespace

void MultiplyByCores(const CoreTrial& trial) {
  VisitCoreFloats(trial.y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const ProductSize of = {trial.y.size(0), trial.y.size(1), trial.y.size(2), trial.a.size(2)};
    MultiplyOnCores<kCoreElementOf<T>>({trial.is_wide, trial.blocks}, of, Matrices<T>(trial.a),
                                       Matrices<T>(trial.b),
                                       RowMajor<T>(trial.y.raw_mutable_data(), of));
  });
}

}  // namespace prova::cuda
