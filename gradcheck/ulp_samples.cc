#include "gradcheck/ulp_samples.h"

#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "base/error.h"
#include "base/testing.h"
#include "gradcheck/compare.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

/// The place of a number among all numbers of its type, zeros sharing one.
template <typename Bits, typename T>
int64_t Place(T value) {
  const auto bits = std::bit_cast<Bits>(value);
  return bits < 0 ? std::numeric_limits<Bits>::min() - bits : bits;
}

double Distance(DType dtype, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b) ? 0 : INFINITY;
  const int64_t left =
      dtype == DType::kFloat32 ? Place<int32_t>(static_cast<float>(a)) : Place<int64_t>(a);
  const int64_t right =
      dtype == DType::kFloat32 ? Place<int32_t>(static_cast<float>(b)) : Place<int64_t>(b);
  const uint64_t above = static_cast<uint64_t>(left) - static_cast<uint64_t>(right);
  return static_cast<double>(left < right ? 0 - above : above);
}

double Parse(DType dtype, const std::string& hex) {
  const uint64_t bits = std::stoull(hex, nullptr, 16);
  if (dtype == DType::kFloat32) return std::bit_cast<float>(static_cast<uint32_t>(bits));
  return std::bit_cast<double>(bits);
}

}  // namespace

UlpSamples SweepSamples(DType dtype, double low, double high, long double (*exact)(long double),
                        double ulp) {
  constexpr int kSteps = 20000;
  UlpSamples samples{.dtype = dtype};
  for (int i = 0; i <= kSteps; ++i) {
    double x = low + (high - low) * i / kSteps;
    if (dtype == DType::kFloat32) x = static_cast<float>(x);
    const long double y = exact(x);
    samples.x.push_back(x);
    samples.y.push_back(dtype == DType::kFloat32 ? static_cast<float>(y) : static_cast<double>(y));
    samples.ulp.push_back(ulp);
  }
  return samples;
}

std::string UlpSamplesMissing() {
  return TestDataFolder().empty() ? "PROVA_TEST_DATA is not set" : "";
}

std::vector<UlpSamples> ReadUlpSamples(const std::string& function) {
  const std::string path =
      TestDataFolder() + "/vectors/numpy_ulp/umath-validation-set-" + function + ".csv";
  std::ifstream file(path);
  if (!file) Fail(ErrorCode::kIo, {.where = path, .given = "cannot be opened"});
  std::vector<UlpSamples> tables = {{.dtype = DType::kFloat32}, {.dtype = DType::kFloat64}};
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("np.")) continue;
    std::istringstream fields(line);
    std::string dtype, x, y, ulp;
    std::getline(fields, dtype, ',');
    std::getline(fields, x, ',');
    std::getline(fields, y, ',');
    if (!std::getline(fields, ulp)) Fail(ErrorCode::kFormat, {.where = path, .given = line});
    UlpSamples& table = tables[dtype == "np.float64"];
    table.x.push_back(Parse(table.dtype, x));
    table.y.push_back(Parse(table.dtype, y));
    table.ulp.push_back(std::stod(ulp));
  }
  return tables;
}

testing::AssertionResult WithinUlps(const std::function<Tensor(const Tensor&)>& f,
                                    const UlpSamples& samples) {
  const Shape shape = {static_cast<int64_t>(samples.x.size())};
  const Tensor x = Cast(from_vector(samples.x, shape), samples.dtype);
  testing::AssertionResult result = testing::AssertionSuccess();
  auto check = [&](const char* kernel) {
    const std::vector<double> y = f(x).to_vector<double>();
    for (size_t i = 0; i < y.size() && result; ++i) {
      const double distance = Distance(samples.dtype, y[i], samples.y[i]);
      if (distance <= samples.ulp[i]) continue;
      result = testing::AssertionFailure()
               << kernel << ", " << samples.dtype << ": f(" << samples.x[i] << ") is " << y[i]
               << ", " << distance << " ulp from " << samples.y[i] << "; allowed "
               << samples.ulp[i];
    }
  };
  ForEachTarget(check);
  const ScopedKernels reference(Where::kReference);
  check("reference");
  return result;
}

}  // namespace prova
