// Verifies a softmax kernel of our own as Prova verifies its operations, and then five wrong ones.
#include "examples/own_kernel/own_softmax.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "gradcheck/conformance.h"
#include "gradcheck/testing.h"
#include "ops/softmax/softmax.h"

using namespace prova;

namespace {

// #region spec
OpSpec OwnSoftmaxSpec() {
  const Run run = [](const Tensors& in) { return OwnSoftmax(in[0]); };
  const Run definition = [](const Tensors& in) { return softmax(in[0]); };
  std::vector<OpCase> cases;
  for (int64_t length : LengthsAroundVectors()) {
    if (length == 0) continue;
    cases.push_back({.name = Cat("x[3, ", length, "]"),
                     .inputs = {{.shape = {3, length}, .low = -4, .high = 4}},
                     .run = run,
                     .definition = definition,
                     // A step of the sum rounds two exponentials, a product and an addition.
                     .tolerance = {.epsilons = 8 + 4 * std::sqrt(static_cast<double>(length))},
                     .check_gradient = length > 1});
  }
  const double n = 64 * 1000;
  return {.name = "own_softmax",
          .definition = "softmax(x)",
          .vjp = "softmax_backward",
          .dtypes = FloatingDTypes(),
          .columns = {{Where::kSimd, kComputeFloats}, {Where::kReference, kComputeFloats}},
          .cases = std::move(cases),
          .bad = {{"dtype",
                   [] {
                     OwnSoftmax(tensor({1, 2}));
                   },
                   ErrorCode::kDType,
                   "own_softmax: a tensor of int64; need a floating dtype; cast it to float32"}},
          .bench = {{"rows_64x1000", {{.shape = {64, 1000}}}, run, 8 * n, 5 * n}}};
}
// #endregion spec

// #region properties
TEST(Properties, ShiftInvariance) {
  ForAll("softmax(x + c) = softmax(x)", [](Draw& draw) {
    const Tensor x = draw.tensor();
    std::vector<double> shifted = x.to_vector<double>();
    const double c = draw.real(-500, 500);
    for (double& value : shifted) value += c;
    return Near(OwnSoftmax(from_vector(shifted, x.shape())), OwnSoftmax(x), 1e-12);
  });
}

TEST(Edges, MaskedElements) {
  const Tensor x = tensor({-INFINITY, 1.0, 1.0, -INFINITY});
  EXPECT_TRUE(Near(OwnSoftmax(x), tensor({0.0, 0.5, 0.5, 0.0}), 1e-7));
}

TEST(Edges, NotANumber) {
  const Tensor nan = full({3}, NAN);
  EXPECT_TRUE(Near(OwnSoftmax(tensor({0.0, NAN, 1.0})), nan, 0));
  EXPECT_TRUE(Near(OwnSoftmax(tensor({0.0, INFINITY, 1.0})), nan, 0));
  EXPECT_TRUE(Near(OwnSoftmax(full({3}, -INFINITY)), nan, 0));
}
// #endregion properties

/// Prints how many tests of each block failed, in place of GoogleTest's own account.
class Summary : public testing::EmptyTestEventListener {
 public:
  void OnTestEnd(const testing::TestInfo& test) override {
    const std::string name = test.name();
    const bool ours = test.test_suite_name() == std::string("own_softmax");
    const std::string block =
        ours ? name.substr(0, name.find('/')) : Cat(test.test_suite_name(), ".", name);
    ++run_;
    if (!test.result()->Failed()) return;
    ++failed_[block];
    if (first_.empty()) first_ = FirstLine(name, *test.result());
  }
  void OnTestProgramEnd(const testing::UnitTest&) override {
    if (failed_.empty()) std::cout << "  all " << run_ << " tests pass\n";
    for (const auto& [block, count] : failed_) {
      std::cout << "  " << block << ": " << count << (count == 1 ? " fails\n" : " fail\n");
    }
    std::cout << first_ << std::flush;
  }

 private:
  /// What the first failure found, without how far from it.
  static std::string FirstLine(const std::string& name, const testing::TestResult& result) {
    const std::string text = result.GetTestPartResult(0).message();
    const size_t found = text.find("(element");
    if (found == std::string::npos) return "";
    const size_t end = std::min(text.find("; error", found), text.find(" within", found));
    return Cat("  ", name, ": ", text.substr(found + 1, end - found - 1), "\n");
  }

  int run_ = 0;
  std::map<std::string, int> failed_;
  std::string first_;
};

/// The whole proof of one variant, in a process of its own; whether it holds.
bool Holds(Variant chosen, char** argv) {
  const pid_t child = fork();
  if (child == 0) {
    variant = chosen;
    testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new Summary);
    // #region run
    _exit(RunConformance(OwnSoftmaxSpec, 1, argv));
    // #endregion run
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int main(int, char** argv) {
  const std::pair<const char*, Variant> variants[] = {
      {"right", Variant::kRight},
      {"without rescaling", Variant::kNoRescaling},
      {"of a short row", Variant::kShortRow},
      {"from minus infinity", Variant::kMaskedStart},
      {"in parts of threads", Variant::kThreads},
      {"right, its gradient wrong", Variant::kGradient},
  };
  bool as_expected = true;
  for (const auto& [name, chosen] : variants) {
    std::cout << name << "\n" << std::flush;
    as_expected &= Holds(chosen, argv) == (chosen == Variant::kRight);
  }
  return as_expected ? 0 : 1;
}
