#include "base/testing.h"

#include <optional>

namespace prova {
namespace {

class TestDataFolderTest : public testing::Test {
 protected:
  TestDataFolderTest() {
    if (const char* folder = std::getenv("PROVA_TEST_DATA")) before_ = folder;
  }
  ~TestDataFolderTest() override {
    if (before_) {
      setenv("PROVA_TEST_DATA", before_->c_str(), /*overwrite=*/1);
    } else {
      unsetenv("PROVA_TEST_DATA");
    }
  }

 private:
  std::optional<std::string> before_;
};

TEST_F(TestDataFolderTest, IsWhatTheVariableNames) {
  setenv("PROVA_TEST_DATA", "/data", /*overwrite=*/1);
  EXPECT_EQ(TestDataFolder(), "/data");
}

TEST_F(TestDataFolderTest, IsNoneWhereTheVariableIsEmptyOrNotSet) {
  setenv("PROVA_TEST_DATA", "", /*overwrite=*/1);
  EXPECT_EQ(TestDataFolder(), "");
  unsetenv("PROVA_TEST_DATA");
  EXPECT_EQ(TestDataFolder(), "");
}

}  // namespace
}  // namespace prova
