#include <gtest/gtest.h>

#include "base/testing.h"
#include "cuda/fake_runtime.h"
#include "tensor/create.h"

namespace prova {
namespace {

TEST(NoGpuTest, AMachineWithoutAGpuSaysSo) {
  cuda::fake.device_count = 0;
  ExpectError(ErrorCode::kDevice,
              "storage: device cuda:0 on a machine with 0 CUDA devices; need cpu; install a GPU's "
              "driver",
              [] { zeros({2}, {.device = cuda_device()}); });
}

}  // namespace
}  // namespace prova
