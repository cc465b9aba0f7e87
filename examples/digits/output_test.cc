#include "examples/digits/output.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/testing.h"

namespace prova::digits {
namespace {

namespace fs = std::filesystem;

class OutputTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(OutputTest, MakesFoldersAndLeavesNothingInThem) {
  const fs::path deep = folder_ / "a" / "b";
  const OutputFiles files = PrepareOutput(deep, 1 << 16);
  EXPECT_EQ(files.checkpoint, deep / "checkpoint.safetensors");
  EXPECT_EQ(files.model, deep / "model.safetensors");
  EXPECT_EQ(files.metrics, deep / "metrics.json");
  EXPECT_EQ(files.report, deep / "report.html");
  EXPECT_TRUE(fs::is_directory(deep));
  EXPECT_TRUE(fs::is_empty(deep));
  PrepareOutput(deep / "", 1 << 16);
}

TEST_F(OutputTest, AFileInTheWay) {
  std::ofstream(folder_ / "file") << "kept";
  const fs::path below = folder_ / "file" / "out";
  ExpectError(ErrorCode::kIo,
              "--out " + below.string() +
                  ": cannot be made: Not a directory; need a folder that can be written",
              [&] { PrepareOutput(below, 1); });
  EXPECT_EQ(fs::file_size(folder_ / "file"), 4u);
  fs::create_directory(folder_ / "report.html");
  ExpectError(ErrorCode::kIo,
              (folder_ / "report.html").string() +
                  ": is in the way; need a regular file or none at this place",
              [&] { PrepareOutput(folder_, 1); });
}

TEST_F(OutputTest, WithoutRoomTheFoldersMadeAreGoneAgain) {
  rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const fs::path out = folder_ / "a" / "b";
  ExpectError(ErrorCode::kIo,
              "--out " + out.string() +
                  ": takes no file of 8192 bytes: File too large; need a "
                  "folder that can be written, with room",
              [&] { PrepareOutput(out, 8192); });
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(fs::is_empty(folder_));
  PrepareOutput(out, 8192);
}

TEST_F(OutputTest, AFolderThatCannotBeWritten) {
  // Not even root makes folders in /proc.
  try {
    PrepareOutput("/proc/digits/out", 1);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_EQ(error.parts().where, "--out /proc/digits/out");
  }
}

}  // namespace
}  // namespace prova::digits
