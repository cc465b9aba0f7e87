#include "cuda/runtime.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/testing.h"
#include "cuda/fake_runtime.h"

namespace prova::cuda {
namespace {

constexpr char kHint[] =
    "; the device can no longer be used by this process; find the operation by calling "
    "synchronize() after each";

TEST(Runtime, EnterChoosesTheDeviceAndNamesTheOperation) {
  Enter("softmax", 3);
  EXPECT_EQ(fake.used, 3);
  EXPECT_STREQ(CurrentOperation(), "softmax");
  // Of this thread only.
  std::thread([] { EXPECT_STREQ(CurrentOperation(), "device"); }).join();
  synchronize();
}

TEST(Runtime, ARefusedLaunchNamesItsOperation) {
  Enter("softmax", 0);
  CheckLaunch();
  fake.launch_error = "invalid configuration argument";
  ExpectError(ErrorCode::kDevice,
              "softmax: the GPU refuses the launch: invalid configuration argument",
              [] { CheckLaunch(); });
  CheckLaunch();
  synchronize();
}

TEST(Runtime, WorkThatFailedLaterNamesWhatWasLaunchedSinceTheLastWait) {
  Enter("add", 0);
  synchronize();
  for (const char* op : {"exp", "matmul", "matmul", "softmax"}) Enter(op, 0);
  fake.work_error = "an illegal memory access was encountered";
  ExpectError(ErrorCode::kDevice,
              std::string("exp, matmul, softmax: the GPU reports: an illegal memory access was "
                          "encountered") +
                  kHint,
              [] { synchronize(1); });
  EXPECT_EQ(fake.used, 1);
  // Said once.
  fake.work_error = "unspecified launch failure";
  ExpectError(ErrorCode::kDevice,
              std::string("device: the GPU reports: unspecified launch failure") + kHint,
              [] { synchronize(); });
}

TEST(Runtime, OnlyTheLastEightOperationsAreNamed) {
  synchronize();
  for (const char* op : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) Enter(op, 0);
  fake.work_error = "x";
  ExpectError(ErrorCode::kDevice, std::string("c, d, e, f, g, h, i, j: the GPU reports: x") + kHint,
              [] { synchronize(); });
}

TEST(Runtime, ACopyReportsFailedWorkAndIsAWait) {
  Enter("exp", 0);
  CopyBytes(2, nullptr, nullptr, 0);
  EXPECT_EQ(fake.used, 2);
  Enter("log", 0);
  fake.launch_error = "x";
  ExpectError(ErrorCode::kDevice, std::string("log: the GPU reports: x") + kHint,
              [] { CopyBytes(0, nullptr, nullptr, 0); });
}

TEST(Runtime, ADeviceThatIsNotThereIsAnError) {
  for (const int device : {-1, DeviceCount()}) {
    const std::string text =
        "device cuda:" + std::to_string(device) + "; need one of the 20 CUDA devices at hand";
    ExpectError(ErrorCode::kDevice, "synchronize: " + text, [=] { synchronize(device); });
    ExpectError(ErrorCode::kDevice, "copy: " + text,
                [=] { CopyBytes(device, nullptr, nullptr, 0); });
    ExpectError(ErrorCode::kDevice, "event: " + text, [=] { Event event(device); });
  }
}

TEST(Runtime, EventsMeasureTheTimeBetweenThem) {
  Event start(4), end(4);
  EXPECT_EQ(fake.used, 4);
  fake.clock = 2;
  start.Record();
  fake.clock = 2.5;
  end.Record();
  EXPECT_EQ(start.SecondsTo(end), 0.5);
}

}  // namespace
}  // namespace prova::cuda
