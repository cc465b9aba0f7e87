#include "nn/initializers.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

/// x * scale + shift, computed in the compute type of x.
Tensor ScaleAndShift(const Tensor& x, double scale, double shift) {
  const Tensor y = empty_like(x);
  VisitDType(x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    for (int64_t i = 0; i < x.numel(); ++i) {
      to[i] = ConvertElement<T>(static_cast<double>(from[i]) * scale + shift);
    }
  });
  return y;
}

/// Drawn in float or double and rounded once, so that bfloat16 loses no randomness before scaling;
/// made on the processor, as random numbers are.
Tensor Normal(const Shape& shape, double deviation, Rng& rng, DType dtype) {
  const Tensor draws = randn(shape, rng, {.dtype = ComputeType(dtype), .device = kCpu});
  return To(Cast(ScaleAndShift(draws, deviation, 0), dtype), default_device());
}

/// Uniform in ±bound has variance bound^2 / 3.
Tensor UniformOfDeviation(const Shape& shape, double deviation, Rng& rng, DType dtype) {
  const double bound = std::sqrt(3.0) * deviation;
  const Tensor draws = rand(shape, rng, {.dtype = ComputeType(dtype), .device = kCpu});
  return To(Cast(ScaleAndShift(draws, 2 * bound, -bound), dtype), default_device());
}

double HeDeviation(const Shape& shape) {
  return std::sqrt(2.0 / static_cast<double>(std::max<int64_t>(fan_of(shape).in, 1)));
}

double XavierDeviation(const Shape& shape) {
  const Fan fan = fan_of(shape);
  return std::sqrt(2.0 / static_cast<double>(std::max<int64_t>(fan.in + fan.out, 1)));
}

}  // namespace

Fan fan_of(const Shape& weight) {
  if (weight.rank() < 2) {
    Fail(ErrorCode::kShape, {.where = "fan_of",
                             .given = Cat("a weight of shape ", weight),
                             .need = "[out, in] or [out, in/groups, *kernel]"});
  }
  int64_t kernel = 1;
  for (int i = 2; i < weight.rank(); ++i) kernel *= weight[i];
  return {.in = weight[1] * kernel, .out = weight[0] * kernel};
}

Tensor he_normal(const Shape& shape, Rng& rng, DType dtype) {
  return Normal(shape, HeDeviation(shape), rng, dtype);
}

Tensor he_uniform(const Shape& shape, Rng& rng, DType dtype) {
  return UniformOfDeviation(shape, HeDeviation(shape), rng, dtype);
}

Tensor xavier_normal(const Shape& shape, Rng& rng, DType dtype) {
  return Normal(shape, XavierDeviation(shape), rng, dtype);
}

Tensor xavier_uniform(const Shape& shape, Rng& rng, DType dtype) {
  return UniformOfDeviation(shape, XavierDeviation(shape), rng, dtype);
}

}  // namespace prova
