#include <cstdlib>
#include <memory>

#include <gtest/gtest.h>

#include "tensor/device.h"

namespace prova {
namespace {

/// All tests of the program make their tensors on the device that PROVA_TEST_DEVICE names.
class OnTestDevice : public testing::Environment {
 public:
  void SetUp() override {
    const char* name = std::getenv("PROVA_TEST_DEVICE");
    ASSERT_NE(name, nullptr) << "PROVA_TEST_DEVICE must name the device that this test is for";
    device_ = std::make_unique<ScopedDevice>(ParseDevice(name));
  }
  void TearDown() override { device_.reset(); }

 private:
  std::unique_ptr<ScopedDevice> device_;
};

// GoogleTest owns it.
[[maybe_unused]] testing::Environment* const kOnTestDevice =
    testing::AddGlobalTestEnvironment(new OnTestDevice);

}  // namespace
}  // namespace prova
