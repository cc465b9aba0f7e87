#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tensor/tensor.h"

namespace prova {

/// Exact values of a function of one number, and how far a result may be from them.
struct UlpSamples {
  DType dtype;
  std::vector<double> x;
  std::vector<double> y;    ///< exact, rounded to dtype
  std::vector<double> ulp;  ///< allowed distance, in numbers of dtype
};

/// 20,001 numbers evenly spaced from low to high, and what `exact` makes of them.
UlpSamples SweepSamples(DType dtype, double low, double high, long double (*exact)(long double),
                        double ulp);

/// Why NumPy's tables cannot be read here; empty where they can.
std::string UlpSamplesMissing();

/// NumPy's accuracy table of a function,
/// `$PROVA_TEST_DATA/vectors/numpy_ulp/umath-validation-set-*` (in NumPy: `numpy/core/tests/data`),
/// for float32 and float64. Errors: kIo where there is none, kFormat for a row of another form.
std::vector<UlpSamples> ReadUlpSamples(const std::string& function);

/// Whether f, on the reference column and on every vector target, is within the allowed distance of
/// every sample; NaN agrees with NaN alone.
testing::AssertionResult WithinUlps(const std::function<Tensor(const Tensor&)>& f,
                                    const UlpSamples& samples);

}  // namespace prova
