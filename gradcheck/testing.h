#pragma once

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "gradcheck/compare.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {

/// A tensor of random values and, where ranks and sizes are not fixed, of random shape.
struct TensorSpec {
  int min_rank = 1;
  int max_rank = 3;
  int64_t min_size = 1;
  int64_t max_size = 6;
  double low = -4;
  double high = 4;
  DType dtype = DType::kFloat64;
};

/// Random choices of one run of a property; RapidCheck shrinks them when the property fails.
class Draw {
 public:
  int64_t integer(int64_t low, int64_t high);  ///< low..high, both included
  double real(double low, double high);
  bool boolean();
  Shape shape(const TensorSpec& spec = {});
  Tensor tensor(const TensorSpec& spec = {});
  Tensor tensor(const Shape& shape, const TensorSpec& spec = {});
  /// A random permutation of 0..n-1.
  Dims permutation(int n);
  Rng rng();
};

/// Checks a property: `statement` is one sentence that the page of the operation repeats,
/// `property` tells whether it holds for what it draws. 100 runs, from a fixed seed unless the
/// environment variable RC_PARAMS says otherwise.
void ForAll(const std::string& statement,
            const std::function<testing::AssertionResult(Draw& draw)>& property);

/// |actual - expected| <= tolerance * max(1, largest |expected|), element by element; NaN fails
/// unless both are NaN.
testing::AssertionResult Near(const Tensor& actual, const Tensor& expected, double tolerance);

/// <a, b>, summed in double.
double Dot(const Tensor& a, const Tensor& b);

}  // namespace prova
