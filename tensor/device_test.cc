#include "tensor/device.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "cuda/runtime.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

// This program is linked with no kernel for GPUs.

constexpr char kNotPartOf[] =
    " is not part of this build; need cpu; build with --config=cuda for GPUs";

TEST(DeviceTest, NamesAreReadAndWritten) {
  EXPECT_EQ(ParseDevice("cpu"), kCpu);
  EXPECT_EQ(ParseDevice("cuda"), cuda_device(0));
  EXPECT_EQ(ParseDevice("cuda:12"), cuda_device(12));
  EXPECT_EQ(ToString(kCpu), "cpu");
  EXPECT_EQ(ToString(cuda_device(1)), "cuda:1");
  for (const std::string name : {"", "gpu", "cpu:0", "cuda:", "cuda:x", "cuda:1 ", "cuda:-1"}) {
    ExpectError(ErrorCode::kValue, "device: '" + name + "'; need cpu, cuda or cuda:INDEX",
                [&] { ParseDevice(name); });
  }
}

TEST(DeviceTest, TheProcessorIsOneAndAlwaysThere) {
  CheckDevice(kCpu, "test");
  ExpectError(ErrorCode::kDevice, "test: device cpu with index 1; need cpu", [] {
    CheckDevice({DeviceKind::kCpu, 1}, "test");
  });
}

TEST(DeviceTest, AProgramWithoutKernelsForGpusSaysSo) {
  const std::string cuda = ": device cuda:0";
  ExpectError(ErrorCode::kDevice, "test" + cuda + kNotPartOf,
              [] { CheckDevice(cuda_device(), "test"); });
  ExpectError(ErrorCode::kDevice, "storage" + cuda + kNotPartOf,
              [] { zeros({2}, {.device = cuda_device()}); });
  ExpectError(ErrorCode::kDevice, "storage" + cuda + kNotPartOf,
              [] { To(zeros({2}), cuda_device()); });
  ExpectError(ErrorCode::kDevice, "device" + cuda + kNotPartOf,
              [] { ScopedDevice device(cuda_device()); });
  EXPECT_EQ(default_device(), kCpu);
  EXPECT_EQ(cuda::DeviceCount(), 0);
  ExpectError(ErrorCode::kDevice,
              "synchronize: device cuda:0; need one of the 0 CUDA devices at hand",
              [] { cuda::synchronize(); });
}

}  // namespace
}  // namespace prova
