#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "gradcheck/conformance.h"

// The tests of every GPU kernel as one program: `gpu_tests --groups` prints the folders that they
// are from, `gpu_tests ops/softmax nn` runs those of some folders.
namespace prova {
namespace {

std::string GroupOf(const testing::TestInfo& test) {
  const std::string file = test.file();
  return file.substr(0, file.find_last_of('/'));
}

template <typename Visit>
void ForEachTest(const Visit& visit) {
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) visit(*suite.GetTestInfo(j));
  }
}

std::set<std::string> Groups() {
  std::set<std::string> groups;
  ForEachTest([&](const testing::TestInfo& test) { groups.insert(GroupOf(test)); });
  return groups;
}

/// GoogleTest's pattern of all tests of these groups.
std::string FilterOf(const std::vector<std::string>& groups) {
  std::string filter;
  ForEachTest([&](const testing::TestInfo& test) {
    if (std::find(groups.begin(), groups.end(), GroupOf(test)) == groups.end()) return;
    filter += std::string(test.test_suite_name()) + "." + test.name() + ":";
  });
  return filter;
}

int RunGroups(const std::vector<std::string>& words) {
  const std::set<std::string> groups = Groups();
  if (words == std::vector<std::string>{"--groups"}) {
    for (const std::string& group : groups) std::cout << group << '\n';
    return 0;
  }
  for (const std::string& word : words) {
    if (groups.contains(word)) continue;
    std::cerr << "gpu_tests: '" << word << "' is no group; --groups lists them" << std::endl;
    return 2;
  }
  if (!words.empty()) testing::GTEST_FLAG(filter) = FilterOf(words);
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace prova

int main(int argc, char** argv) {
  using namespace prova;
  testing::InitGoogleTest(&argc, argv);
  try {
    for (const NamedSpec& spec : AllSpecs()) RegisterConformance(spec.make);
  } catch (const Error& problem) {  // of the device that PROVA_TEST_DEVICE names
    std::cerr << "gpu_tests: " << problem.what() << std::endl;
    return 1;
  }
  return RunGroups({argv + 1, argv + argc});
}
