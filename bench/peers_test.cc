#include "bench/peers.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "bench/coprocess.h"
#include "tensor/create.h"

namespace prova {
namespace {

TEST(Disagreement, IsRelativeToTheLargestElement) {
  EXPECT_EQ(Disagreement(tensor({1.0, -4.0}), tensor({1.0, -4.0})), 0);
  EXPECT_DOUBLE_EQ(Disagreement(tensor({1.0, -4.0}), tensor({2.0, -4.0})), 0.25);
}

TEST(Disagreement, FailsEveryComparisonWhereNumbersAreMissing) {
  const double nan = NAN, inf = INFINITY;
  EXPECT_FALSE(Disagreement(tensor({1.0, 2.0}), tensor({1.0, nan})) <= inf);
  EXPECT_FALSE(Disagreement(tensor({1.0, nan}), tensor({1.0, 2.0})) <= inf);
  EXPECT_FALSE(Disagreement(tensor({1.0, 2.0}), tensor({1.0, inf})) <= 1e9);
  EXPECT_FALSE(Disagreement(tensor({1.0, 2.0}), tensor({{1.0, 2.0}})) <= 1e9);
  EXPECT_EQ(Disagreement(tensor({1.0, inf}), tensor({1.0, inf})), 0);
  EXPECT_EQ(Disagreement(zeros({2}), zeros({2})), 0);
  EXPECT_FALSE(Disagreement(zeros({2}), ones({2})) <= 1e9);
}

TEST(Coprocess, AnswersLineByLine) {
  Coprocess echo({"/usr/bin/python3", "-c", R"(
import json, sys
for line in sys.stdin:
    print(json.dumps({"twice": json.loads(line)["n"] * 2}), flush=True)
)"});
  EXPECT_EQ(echo.Ask({{"n", 21}})["twice"], 42);
  EXPECT_EQ(echo.Ask({{"n", 4}})["twice"], 8);
}

/// The text of the error of one question to a program.
std::string Refusal(const std::vector<std::string>& command) {
  Coprocess process(command);
  try {
    process.Ask({{"do", "anything"}});
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Coprocess, SaysWhatWentWrong) {
  EXPECT_EQ(Refusal({"/usr/bin/python3", "-c", "input(); print('{\"error\": \"no torch\"}')"}),
            "/usr/bin/python3: no torch");
  EXPECT_EQ(Refusal({"/usr/bin/python3", "-c", "input(); print('hello')"}),
            "/usr/bin/python3: answers 'hello'; need JSON");
  EXPECT_EQ(Refusal({"/bin/true"}), "/bin/true: it has ended");
  EXPECT_EQ(Refusal({"/no/such/program"}), "/no/such/program: it has ended");
}

}  // namespace
}  // namespace prova
