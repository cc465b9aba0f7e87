#include "gradcheck/testing.h"

#include <cmath>
#include <cstdlib>

#include <rapidcheck.h>

#include "base/text.h"

namespace prova {

int64_t Draw::integer(int64_t low, int64_t high) {
  return *rc::gen::inRange<int64_t>(low, high + 1);
}

double Draw::real(double low, double high) {
  constexpr int64_t kSteps = int64_t{1} << 40;
  return low + (high - low) * (static_cast<double>(integer(0, kSteps)) / kSteps);
}

bool Draw::boolean() { return integer(0, 1) == 1; }

Shape Draw::shape(const TensorSpec& spec) {
  Shape shape;
  const int64_t rank = integer(spec.min_rank, spec.max_rank);
  for (int64_t i = 0; i < rank; ++i) shape.push_back(integer(spec.min_size, spec.max_size));
  return shape;
}

Tensor Draw::tensor(const TensorSpec& spec) { return tensor(shape(spec), spec); }

Tensor Draw::tensor(const Shape& shape, const TensorSpec& spec) {
  Rng source = rng();
  const Tensor unit = rand(shape, source, {.dtype = DType::kFloat64});
  std::vector<double> values = unit.to_vector<double>();
  for (double& value : values) value = spec.low + (spec.high - spec.low) * value;
  return Cast(from_vector(values, shape), spec.dtype);
}

Dims Draw::permutation(int n) {
  Rng source = rng();
  return Dims(randperm(n, source).to_vector<int64_t>());
}

Rng Draw::rng() {
  return Rng(static_cast<uint64_t>(*rc::gen::noShrink(rc::gen::arbitrary<uint32_t>())));
}

void ForAll(const std::string& statement,
            const std::function<testing::AssertionResult(Draw& draw)>& property) {
  setenv("RC_PARAMS", "seed=20260101 max_success=100", /*overwrite=*/0);
  const bool holds = rc::check(statement, [&] {
    Draw draw;
    const testing::AssertionResult result = property(draw);
    if (!result) RC_FAIL(std::string(result.message()));
  });
  if (!holds) ADD_FAILURE() << "does not hold: " << statement;
}

testing::AssertionResult Near(const Tensor& actual, const Tensor& expected, double tolerance) {
  if (actual.shape() != expected.shape()) {
    return testing::AssertionFailure()
           << "shape " << actual.shape() << ", expected " << expected.shape();
  }
  const std::vector<double> a = actual.to_vector<double>(), e = expected.to_vector<double>();
  double largest = 1;
  for (double value : e) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(e[i]) ? std::isnan(a[i]) : a[i] == e[i]) continue;
    if (std::isfinite(e[i]) && std::abs(a[i] - e[i]) <= tolerance * largest) continue;
    return testing::AssertionFailure() << "element " << i << " is " << a[i] << ", expected " << e[i]
                                       << " within " << tolerance * largest;
  }
  return testing::AssertionSuccess();
}

double Dot(const Tensor& a, const Tensor& b) {
  const std::vector<double> left = a.to_vector<double>(), right = b.to_vector<double>();
  double sum = 0;
  for (size_t i = 0; i < left.size(); ++i) sum += left[i] * right[i];
  return sum;
}

}  // namespace prova
