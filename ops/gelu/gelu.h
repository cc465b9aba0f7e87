#pragma once

#include "tensor/tensor.h"

namespace prova {

/// The two functions that go by the name GELU.
enum class GeluForm {
  kExact,  ///< x Phi(x), Phi the distribution function of the standard normal
  kTanh,   ///< x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), within 4.8e-4 of the exact form
};

/// The Gaussian error linear unit of every element.
///
/// x: any shape, floating; y: the same shape and dtype. The exact form is within 5 ulp (in
/// float32 2 ulp, 2.1 on targets without fused multiply-add) where e^(-x^2/2) is a normal number
/// (|x| < 13.2 in float32, 37.6 in float64) and fades to 0 below.
/// The tanh form, with u the argument of its tanh, is within 4 + 6|u| ulp for u < 0, 5 ulp
/// otherwise. gelu(-inf) = -0, gelu(inf) = inf, gelu(NaN) = NaN. float16 and bfloat16 compute in
/// float32.
/// Source: D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
/// Errors: kDType unless floating.
Tensor gelu(const Tensor& x, GeluForm form = GeluForm::kExact);

/// dx = dy * gelu'(x); gelu'(x) = Phi(x) + x phi(x) in the exact form, phi the normal density.
/// Errors: kShape unless dy and x have one shape; kDType unless floating.
Tensor gelu_backward(const Tensor& dy, const Tensor& x, GeluForm form = GeluForm::kExact);

}  // namespace prova
