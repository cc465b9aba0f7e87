#include <gtest/gtest.h>

#include "autograd/test_operations.h"
#include "base/testing.h"

namespace prova {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

TEST(ToTest, GradientsComeBackToTheDeviceOfTheirTensor) {
  // #region to
  const Tensor x = parameter(ones({3}, {.dtype = DType::kFloat64, .device = kCpu}));
  const Tensor there = to(x, cuda_device());
  const Tensor square = to(Mul(there, there), kCpu);
  // x is used on both devices.
  const Tensor dx = backward(sum_to(Add(square, x), {}))[x];
  EXPECT_EQ(there.device(), cuda_device());
  EXPECT_EQ(dx.device(), kCpu);
  EXPECT_EQ(dx.to_vector<double>(), (std::vector<double>{3, 3, 3}));
  // #endregion to
}

TEST(ToTest, SecondDerivativesCrossDevicesToo) {
  const Tensor x = To(tensor({0.5, -1.5}, DType::kFloat64), kCpu);
  const auto f = [](const Tensor& x) {
    const Tensor there = to(x, cuda_device());
    return sum_to(to(Mul(Mul(there, there), there), kCpu), {});
  };
  EXPECT_EQ(hvp(f, x, full({2}, 1, {DType::kFloat64, kCpu})).to_vector<double>(),
            (std::vector<double>{3, -9}));
}

TEST(ToTest, TheSameDeviceIsTheSameTensor) {
  const Tensor x = zeros({2});
  EXPECT_EQ(to(x, x.device()).raw_data(), x.raw_data());
}

TEST(AccumulateTest, GradientsOfTwoDevicesDoNotMix) {
  const std::string need = "; need one device; move them with to(x, device)";
  ExpectError(ErrorCode::kDevice, "accumulate: operands on cpu and cuda:0" + need, [] {
    Accumulate(zeros({2}, {.device = kCpu}), zeros({2}, {.device = cuda_device()}));
  });
  ExpectError(ErrorCode::kDevice, "stack: operands on cuda:0 and cpu" + need, [] {
    stack({zeros({2}, {.device = cuda_device()}), zeros({2}, {.device = kCpu})});
  });
}

}  // namespace
}  // namespace prova
