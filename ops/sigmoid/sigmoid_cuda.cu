#include <cmath>

#include "ops/common/math_cuda.h"
#include "ops/common/pointwise_cuda.h"
#include "ops/sigmoid/sigmoid_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
template <typename T>
__device__ T SigmoidOf(T x) {
  const T e = math::Exp(-std::abs(x));
  // The lower of sigmoid(x) and sigmoid(-x), z = e / (1 + e) = e - e z: where e is small the
  // second form forgives the roundings of the first.
  const T quotient = e / (1 + e);
  const T z = e < T(0.5) ? std::fma(-e, quotient, e) : quotient;
  return x < 0 ? z : 1 - z;
}

}  // namespace

void Sigmoid(const UnaryArgs& args) {
  MapFloats(args, [] __device__(auto x) { return SigmoidOf(x); });
}

void SigmoidBackward(const BinaryArgs& args) {
  MapFloats(args, [] __device__(auto dy, auto y) { return dy * (y * (1 - y)); });
}
// #endregion cuda

}  // namespace prova::cuda
