#include "ops/dropout/dropout.h"

#include <cmath>

#include "autograd/movement.h"
#include "ops/dropout/dropout_kernels.h"
#include "ops/mul/mul.h"
#include "ops/where/where.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

void RequireProbability(const char* op, double p) {
  if (p >= 0 && p <= 1) return;
  Fail(ErrorCode::kValue, {.where = op, .given = Cat("p = ", p), .need = "0 <= p <= 1"});
}

/// Where everything is dropped nothing is scaled.
double Scale(double p) { return p < 1 ? 1 / (1 - p) : 0; }

PhiloxBlocks TakeBlocks(int64_t n, Rng& rng) {
  return rng.Take((static_cast<uint64_t>(n) + 3) / 4);
}

// #region forward
/// x times a diagonal matrix that p and the blocks determine, so its own adjoint: the gradient
/// draws the same mask again instead of keeping it.
Tensor Apply(const Tensor& x, double p, const PhiloxBlocks& blocks) {
  const auto kernel = Choose("dropout", kDropoutKernels, x.dtype(), x.device());
  const Tensor in = ForKernel(x, kernel.dtype);
  const Tensor y = empty_like(in);
  const auto threshold = static_cast<int32_t>(std::ceil(p * 0x1p24));
  kernel(
      {in.dtype(), in.raw_data(), y.raw_mutable_data(), in.numel(), blocks, threshold, Scale(p)});
  return Record(
      "dropout", {x}, Cast(y, x.dtype()),
      [p, blocks](const Tensor& dy, const Saved&) -> Tensors { return {Apply(dy, p, blocks)}; });
}

}  // namespace

Tensor dropout(const Tensor& x, double p, Rng& rng) {
  RequireFloating("dropout", x);
  RequireProbability("dropout", p);
  return Apply(x, p, TakeBlocks(x.numel(), rng));
}
// #endregion forward

Tensor dropout_mask(const Shape& shape, double p, Rng& rng) {
  RequireProbability("dropout_mask", p);
  const Tensor every = ones(shape);
  // At p = 1 nothing is kept whatever the scale; below, a kept one stays positive.
  return Cast(Apply(every, p, TakeBlocks(every.numel(), rng)), DType::kBool);
}

// #region gradient
Tensor dropout_backward(const Tensor& dy, const Tensor& mask, double p) {
  RequireFloating("dropout_backward", dy);
  RequireProbability("dropout_backward", p);
  if (mask.dtype() != DType::kBool) {
    Fail(ErrorCode::kDType, {.where = "dropout_backward",
                             .given = Cat("a mask of ", mask.dtype()),
                             .need = "bool",
                             .hint = "cast it to bool"});
  }
  RequireSameShape("dropout_backward", dy, mask);
  const Tensor scaled = mul(cast(dy, ComputeType(dy.dtype())), Scale(p));
  return cast(where(mask, scaled, 0.0), dy.dtype());
}
// #endregion gradient

}  // namespace prova
