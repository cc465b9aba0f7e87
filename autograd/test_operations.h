#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "autograd/accumulate.h"
#include "autograd/functional.h"
#include "autograd/movement.h"
#include "base/error.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova::testing {

/// Operations of the tests' own, because autograd knows none. Gradients are written with the same
/// functions, so that every order exists. All are for float64 and operands of one shape.

inline Tensor Map(const Tensor& a, const Tensor& b, double (*f)(double, double)) {
  const Tensor left = Contiguous(To(a, kCpu)), right = Contiguous(To(b, kCpu));
  const Tensor y = empty(a.shape(), {.dtype = DType::kFloat64, .device = kCpu});
  double* out = y.mutable_data<double>();
  for (int64_t i = 0; i < y.numel(); ++i)
    out[i] = f(left.data<double>()[i], right.data<double>()[i]);
  return To(y, a.device());
}

inline Tensor Add(const Tensor& a, const Tensor& b) { return Accumulate(a, b); }

inline Tensor Mul(const Tensor& a, const Tensor& b) {
  return Record("mul", {a, b}, Map(a, b, [](double x, double y) { return x * y; }),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {saved.needs(0) ? Mul(dy, saved.input(1)) : Tensor(),
                          saved.needs(1) ? Mul(dy, saved.input(0)) : Tensor()};
                });
}

inline Tensor Neg(const Tensor& x) {
  return Record("neg", {x}, Map(x, x, [](double a, double) { return -a; }),
                [](const Tensor& dy, const Saved&) -> Tensors { return {Neg(dy)}; });
}

inline Tensor Cos(const Tensor& x);
inline Tensor Sin(const Tensor& x) {
  return Record("sin", {x}, Map(x, x, [](double a, double) { return std::sin(a); }),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {Mul(dy, Cos(saved.input()))};
                });
}
inline Tensor Cos(const Tensor& x) {
  return Record("cos", {x}, Map(x, x, [](double a, double) { return std::cos(a); }),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {Neg(Mul(dy, Sin(saved.input())))};
                });
}

/// Its gradient uses its output.
inline Tensor Exp(const Tensor& x) {
  return Record(
      "exp", {x}, Map(x, x, [](double a, double) { return std::exp(a); }),
      [](const Tensor& dy, const Saved& saved) -> Tensors { return {Mul(dy, saved.output())}; });
}

/// Sine and cosine as two outputs; each one's gradient uses the other.
inline Tensors SinCos(const Tensor& x) {
  return Record("sincos", {x},
                Tensors{Map(x, x, [](double a, double) { return std::sin(a); }),
                        Map(x, x, [](double a, double) { return std::cos(a); })},
                [](const Tensors& dy, const Saved& saved) -> Tensors {
                  Tensor dx = zeros_like(saved.input());
                  if (dy[0].defined()) dx = Add(dx, Mul(dy[0], saved.output(1)));
                  if (dy[1].defined()) dx = Add(dx, Neg(Mul(dy[1], saved.output(0))));
                  return {dx};
                });
}

inline Tensor Sum(const Tensor& x) { return sum_to(x, {}); }
inline Tensor Dot(const Tensor& a, const Tensor& b) { return Sum(Mul(a, b)); }

inline Tensor Number(double value) { return full({}, value, {.dtype = DType::kFloat64}); }
inline Tensor Vector(const std::vector<double>& values) {
  return from_vector(values, {static_cast<int64_t>(values.size())});
}
inline Tensor Normal(const Shape& shape, Rng& rng) {
  return randn(shape, rng, {.dtype = DType::kFloat64});
}

inline std::vector<double> Values(const Tensor& x) { return x.to_vector<double>(); }

/// The largest difference relative to the larger magnitude or 1; NaN where any value is NaN.
inline double Distance(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  EXPECT_EQ(a.dtype(), b.dtype());
  const std::vector<double> left = Values(a), right = Values(b);
  double worst = 0;
  for (size_t i = 0; i < left.size() && i < right.size(); ++i) {
    const double scale = std::max({1.0, std::abs(left[i]), std::abs(right[i])});
    const double difference = std::abs(left[i] - right[i]) / scale;
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

/// What `body` throws, as `code: text`; empty where it does not.
inline std::string ErrorOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::string(ToString(error.code())) + ": " + error.what();
  }
  return "";
}

}  // namespace prova::testing
