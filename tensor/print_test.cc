#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tensor/create.h"
#include "tensor/tensor.h"
#include "tensor/view.h"

namespace prova {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(PrintTest, ScalarsHaveNoBrackets) {
  EXPECT_EQ(ToString(tensor(7)), "7");
  EXPECT_EQ(ToString(tensor(3.14159)), "3.1416");
  EXPECT_EQ(ToString(tensor(-2.0)), "-2.");
  EXPECT_EQ(ToString(tensor(true)), "true");
  EXPECT_EQ(ToString(tensor(1.5, DType::kFloat16)), "1.5  (float16)");
  EXPECT_EQ(ToString(Tensor()), "undefined tensor");
}

TEST(PrintTest, ColumnsAlign) {
  EXPECT_EQ(ToString(tensor({1, -20, 300})), "[  1, -20, 300]");
  EXPECT_EQ(ToString(tensor({true, false})), "[ true, false]");
  EXPECT_EQ(ToString(tensor({0.5, -1.25, 3})), "[ 0.50, -1.25,  3.00]");
  EXPECT_EQ(ToString(tensor({{1.5, 2}, {-3, 4}})),
            "[[ 1.5,  2.0],\n"
            " [-3.0,  4.0]]");
}

TEST(PrintTest, FloatsShowAsManyDecimalsAsTheyNeedUpToFour) {
  EXPECT_EQ(ToString(tensor({1.0, 2.0})), "[1., 2.]");
  EXPECT_EQ(ToString(tensor({0.5, 2.0})), "[0.5, 2.0]");
  EXPECT_EQ(ToString(tensor({0.125, 2.0})), "[0.125, 2.000]");
  EXPECT_EQ(ToString(tensor({1.0 / 3, 2.0})), "[0.3333, 2.0000]");
  EXPECT_EQ(ToString(tensor({0.0, -0.0})), "[ 0., -0.]");
  EXPECT_EQ(ToString(tensor({99999.99999}, DType::kFloat64)), "[100000.0]  (float64)");
}

TEST(PrintTest, VeryLargeOrSmallNumbersAreScientific) {
  EXPECT_EQ(ToString(tensor({1e10, 1.0})), "[1.0e+10, 1.0e+00]");
  EXPECT_EQ(ToString(tensor({-1.234567e-5, 2.5})), "[-1.2346e-05,  2.5000e+00]");
  EXPECT_EQ(ToString(tensor({1e8})), "[1.0e+08]");
  EXPECT_EQ(ToString(tensor({99999999.0}, DType::kFloat64)), "[99999999.]  (float64)");
  EXPECT_EQ(ToString(tensor({1e-4}, DType::kFloat64)), "[0.0001]  (float64)");
  EXPECT_EQ(ToString(tensor({5e-324}, DType::kFloat64)), "[4.9e-324]  (float64)");
}

TEST(PrintTest, NonFiniteNumbersDoNotDisturbTheOthers) {
  EXPECT_EQ(ToString(tensor({kNan, kInfinity, -kInfinity})), "[ nan,  inf, -inf]");
  EXPECT_EQ(ToString(tensor({1.0, kNan})), "[ 1., nan]");
  EXPECT_EQ(ToString(tensor({0.25, kInfinity, -kNan})), "[0.25,  inf,  nan]");
  EXPECT_EQ(ToString(tensor(kNan)), "nan");
}

TEST(PrintTest, IntegersAreExact) {
  EXPECT_EQ(ToString(tensor({9007199254740993, -1})), "[9007199254740993,               -1]");
  EXPECT_EQ(ToString(tensor(std::numeric_limits<int64_t>::min())), "-9223372036854775808");
  EXPECT_EQ(ToString(tensor({200, 7}, DType::kUInt8)), "[200,   7]  (uint8)");
  EXPECT_EQ(ToString(tensor({-128, 7}, DType::kInt8)), "[-128,    7]  (int8)");
}

TEST(PrintTest, MoreThanTwoAxesAreParagraphs) {
  EXPECT_EQ(ToString(tensor({{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}})),
            "[[[1, 2],\n"
            "  [3, 4]],\n"
            "\n"
            " [[5, 6],\n"
            "  [7, 8]]]");
  EXPECT_EQ(ToString(view::Reshape(arange(4), {2, 1, 2, 1})),
            "[[[[0],\n"
            "   [1]]],\n"
            "\n"
            "\n"
            " [[[2],\n"
            "   [3]]]]");
}

TEST(PrintTest, ViewsPrintTheirOwnOrder) {
  const Tensor x = view::Reshape(arange(6), {2, 3});
  EXPECT_EQ(ToString(view::Slice(view::Permute(x, {1, 0}), 0, {.step = -2})),
            "[[2, 5],\n"
            " [0, 3]]");
  EXPECT_EQ(ToString(view::Expand(tensor({4}), {2, 2})),
            "[[4, 4],\n"
            " [4, 4]]");
}

TEST(PrintTest, AboveAThousandElementsTheEndsOfLongAxesAreShown) {
  EXPECT_EQ(ToString(arange(1001)), "[   0,    1,    2, ...,  998,  999, 1000]  (shape [1001])");
  EXPECT_EQ(ToString(view::Reshape(arange(10000), {100, 100})),
            "[[   0,    1,    2, ...,   97,   98,   99],\n"
            " [ 100,  101,  102, ...,  197,  198,  199],\n"
            " [ 200,  201,  202, ...,  297,  298,  299],\n"
            " ...,\n"
            " [9700, 9701, 9702, ..., 9797, 9798, 9799],\n"
            " [9800, 9801, 9802, ..., 9897, 9898, 9899],\n"
            " [9900, 9901, 9902, ..., 9997, 9998, 9999]]  (shape [100, 100])");
  EXPECT_EQ(ToString(view::Reshape(arange(1200), {2, 300, 2})),
            "[[[   0,    1],\n"
            "  [   2,    3],\n"
            "  [   4,    5],\n"
            "  ...,\n"
            "  [ 594,  595],\n"
            "  [ 596,  597],\n"
            "  [ 598,  599]],\n"
            "\n"
            " [[ 600,  601],\n"
            "  [ 602,  603],\n"
            "  [ 604,  605],\n"
            "  ...,\n"
            "  [1194, 1195],\n"
            "  [1196, 1197],\n"
            "  [1198, 1199]]]  (shape [2, 300, 2])");
  EXPECT_EQ(ToString(view::Reshape(full({1400}, 1), {7, 200})).find("..."),
            std::string("[[1., 1., 1., ").size());
}

TEST(PrintTest, HiddenElementsDoNotChooseTheFormat) {
  const Tensor x = zeros({1001});
  x.mutable_data<float>()[500] = 1e20f;
  EXPECT_EQ(ToString(x), "[0., 0., 0., ..., 0., 0., 0.]  (shape [1001])");
}

TEST(PrintTest, UpToAThousandElementsAreAllShown) {
  const std::string text = ToString(arange(1000));
  EXPECT_EQ(text.find("..."), std::string::npos);
  EXPECT_NE(text.find("500"), std::string::npos);
}

TEST(PrintTest, LongRowsWrapUnderTheirFirstElement) {
  EXPECT_EQ(
      ToString(view::Reshape(arange(60), {2, 30})),
      "[[ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,\n"
      "  21, 22, 23, 24, 25, 26, 27, 28, 29],\n"
      " [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50,\n"
      "  51, 52, 53, 54, 55, 56, 57, 58, 59]]");
  EXPECT_EQ(ToString(full({1001}, 1e18, {.dtype = DType::kInt64})),
            "[1000000000000000000, 1000000000000000000, 1000000000000000000, ...,\n"
            " 1000000000000000000, 1000000000000000000, 1000000000000000000]  (shape [1001])");
}

TEST(PrintTest, LinesStayWithinTheWidthAndEndWithoutSpaces) {
  for (int64_t n : {20, 21, 22, 23, 500}) {
    for (int64_t scale : {1, 37, 1000003}) {
      Tensor x = arange(n);
      for (int64_t i = 0; i < n; ++i) x.mutable_data<int64_t>()[i] *= scale;
      std::istringstream lines(ToString(x));
      for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 88u) << line;
        EXPECT_NE(line.back(), ' ') << line;
      }
    }
  }
}

TEST(PrintTest, EmptyTensorsShowTheirShape) {
  EXPECT_EQ(ToString(empty({0})), "[]  (float32, shape [0])");
  EXPECT_EQ(ToString(empty({int64_t{1} << 40, 0}, {.dtype = DType::kInt64})),
            "[]  (int64, shape [1099511627776, 0])");
}

TEST(PrintTest, UncommonDTypesAreNamed) {
  EXPECT_EQ(ToString(tensor({1.5, -2}, DType::kFloat16)), "[ 1.5, -2.0]  (float16)");
  EXPECT_EQ(ToString(tensor({1.5, -2}, DType::kBFloat16)), "[ 1.5, -2.0]  (bfloat16)");
  EXPECT_EQ(ToString(tensor({65504.0, 0.1}, DType::kFloat16)), "[65504.0,     0.1]  (float16)");
  EXPECT_EQ(ToString(zeros({1001}, {.dtype = DType::kInt16})),
            "[0, 0, 0, ..., 0, 0, 0]  (int16, shape [1001])");
}

TEST(PrintTest, StreamsAndStringsAgree) {
  std::ostringstream out;
  out << tensor({1, 2});
  EXPECT_EQ(out.str(), ToString(tensor({1, 2})));
}

}  // namespace
}  // namespace prova
