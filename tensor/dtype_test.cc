#include "tensor/dtype.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/philox.h"
#include "base/testing.h"

namespace prova {
namespace {

/// A 16-bit float format: bits of exponent and mantissa, beside the sign.
struct Format {
  int exponent_bits;
  int mantissa_bits;
};
constexpr Format kBinary16 = {5, 10};
constexpr Format kBFloat = {8, 7};

/// The value of a finite positive pattern, straight from the definition; the pattern of infinity
/// gives the power of two that would come next.
double Decode(uint32_t pattern, Format format) {
  const int bias = (1 << (format.exponent_bits - 1)) - 1;
  const int exponent = static_cast<int>(pattern >> format.mantissa_bits);
  const double mantissa = pattern & ((1u << format.mantissa_bits) - 1);
  const double unit = std::ldexp(1.0, -format.mantissa_bits);
  if (exponent == 0) return std::ldexp(mantissa * unit, 1 - bias);
  return std::ldexp(1.0 + mantissa * unit, exponent - bias);
}

uint32_t Infinity(Format format) {
  return ((1u << format.exponent_bits) - 1) << format.mantissa_bits;
}

/// The pattern nearest to a value that is no NaN, ties to even, by bisection over all patterns.
uint32_t NearestPattern(double value, Format format) {
  const uint32_t sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::abs(value);
  if (magnitude >= Decode(Infinity(format), format)) return sign | Infinity(format);
  uint32_t low = 0, high = Infinity(format);
  while (high - low > 1) {
    const uint32_t middle = (low + high) / 2;
    (Decode(middle, format) <= magnitude ? low : high) = middle;
  }
  const double below = magnitude - Decode(low, format);
  const double above = Decode(high, format) - magnitude;
  if (below == above) return sign | (low % 2 == 0 ? low : high);
  return sign | (below < above ? low : high);
}

template <typename Half>
Half FromBits(uint32_t bits) {
  Half half;
  half.bits = static_cast<uint16_t>(bits);
  return half;
}

template <typename Half>
void CheckAllPatterns(Format format) {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const float value = FromBits<Half>(bits);
    const uint32_t magnitude = bits & 0x7FFF;
    EXPECT_EQ(std::signbit(value), bits >= 0x8000) << bits;
    if (magnitude > Infinity(format)) {
      EXPECT_TRUE(std::isnan(value)) << bits;
      const uint32_t back = Half(value).bits;
      EXPECT_GT(back & 0x7FFF, Infinity(format)) << bits;
      EXPECT_EQ(back & 0x8000, bits & 0x8000) << bits;
    } else {
      const double expected = magnitude == Infinity(format)
                                  ? std::numeric_limits<double>::infinity()
                                  : Decode(magnitude, format);
      EXPECT_EQ(std::abs(static_cast<double>(value)), expected) << bits;
      EXPECT_EQ(Half(value).bits, bits);
    }
  }
}

TEST(Float16Test, EveryPatternSurvivesTheWayThroughFloat) { CheckAllPatterns<float16>(kBinary16); }
TEST(BFloat16Test, EveryPatternSurvivesTheWayThroughFloat) { CheckAllPatterns<bfloat16>(kBFloat); }

/// Ties between all neighbours and the floats beside them, then random bit patterns.
template <typename Half>
void CheckRounding(Format format) {
  std::vector<float> values;
  for (uint32_t pattern = 0; pattern < Infinity(format); ++pattern) {
    const double tie = (Decode(pattern, format) + Decode(pattern + 1, format)) / 2;
    const float middle = static_cast<float>(tie);
    ASSERT_EQ(static_cast<double>(middle), tie);
    const float infinity = std::numeric_limits<float>::infinity();
    for (float value : {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, infinity)}) {
      values.push_back(value);
      values.push_back(-value);
    }
  }
  Rng rng(16);
  for (int i = 0; i < 200000; ++i) {
    for (uint32_t word : rng.Take(1)[0]) values.push_back(std::bit_cast<float>(word));
  }
  for (float value : values) {
    if (std::isnan(value)) continue;
    ASSERT_EQ(Half(value).bits, NearestPattern(value, format)) << std::hexfloat << value;
  }
}

TEST(Float16Test, RoundsToNearestAndTiesToEven) { CheckRounding<float16>(kBinary16); }
TEST(BFloat16Test, RoundsToNearestAndTiesToEven) { CheckRounding<bfloat16>(kBFloat); }

TEST(Float16Test, HasTheLandmarksOfIeee754) {
  EXPECT_EQ(float16(1.0f).bits, 0x3C00);
  EXPECT_EQ(float16(-2.0f).bits, 0xC000);
  EXPECT_EQ(float16(65504.0f).bits, 0x7BFF);
  EXPECT_EQ(float16(std::nextafter(65520.0f, 0.0f)).bits, 0x7BFF);
  EXPECT_EQ(float16(65520.0f).bits, 0x7C00);
  EXPECT_EQ(float16(-1e30f).bits, 0xFC00);
  EXPECT_EQ(float16(0x1p-24f).bits, 0x0001);
  EXPECT_EQ(float16(0x1p-25f).bits, 0x0000);
  EXPECT_EQ(float16(std::nextafter(0x1p-25f, 1.0f)).bits, 0x0001);
  EXPECT_EQ(float16(-0.0f).bits, 0x8000);
  EXPECT_EQ(float16().bits, 0);
}

TEST(BFloat16Test, HasItsLandmarks) {
  EXPECT_EQ(bfloat16(1.0f).bits, 0x3F80);
  EXPECT_EQ(bfloat16(1.0f + 0x1p-8f).bits, 0x3F80);
  EXPECT_EQ(bfloat16(1.0f + 0x3p-8f).bits, 0x3F82);
  EXPECT_EQ(bfloat16(std::numeric_limits<float>::max()).bits, 0x7F80);
  EXPECT_EQ(bfloat16(-0.0f).bits, 0x8000);
  // A NaN whose payload lies in the lower half must not become infinity.
  EXPECT_GT(bfloat16(std::bit_cast<float>(0x7F800001u)).bits, 0x7F80);
}

TEST(DTypeTest, NamesAndSizesAreNumPys) {
  const std::vector<std::pair<std::string, int64_t>> expected = {
      {"bool", 1},  {"uint8", 1},   {"int8", 1},     {"int16", 2},   {"int32", 4},
      {"int64", 8}, {"float16", 2}, {"bfloat16", 2}, {"float32", 4}, {"float64", 8}};
  ASSERT_EQ(std::size(kAllDTypes), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(ToString(kAllDTypes[i]), expected[i].first);
    EXPECT_EQ(ItemSize(kAllDTypes[i]), expected[i].second);
    EXPECT_EQ(ParseDType(expected[i].first), kAllDTypes[i]);
  }
}

TEST(DTypeTest, UnknownNamesAreErrors) {
  ExpectError(ErrorCode::kDType,
              "dtype: 'float' is no dtype; need one of bool, uint8, int8, int16, int32, int64, "
              "float16, bfloat16, float32, float64",
              [] { ParseDType("float"); });
}

TEST(DTypeTest, EpsilonIsTheGapAboveOne) {
  EXPECT_EQ(Epsilon(DType::kFloat16), static_cast<double>(FromBits<float16>(0x3C01)) - 1);
  EXPECT_EQ(Epsilon(DType::kBFloat16), static_cast<double>(FromBits<bfloat16>(0x3F81)) - 1);
  EXPECT_EQ(Epsilon(DType::kFloat32), std::numeric_limits<float>::epsilon());
  EXPECT_EQ(Epsilon(DType::kFloat64), std::numeric_limits<double>::epsilon());
  ExpectError(ErrorCode::kDType, "Epsilon: int32 has no rounding error; need a floating dtype",
              [] { Epsilon(DType::kInt32); });
}

TEST(DTypeTest, VisitGivesTheTypeOfTheDType) {
  for (DType dtype : kAllDTypes) {
    EXPECT_EQ(VisitDType(dtype, [](auto tag) { return kDTypeOf<typename decltype(tag)::type>; }),
              dtype);
  }
}

TEST(DTypeTest, KindsAndComputeTypes) {
  for (DType dtype : kAllDTypes) {
    const std::string name = ToString(dtype);
    EXPECT_EQ(IsFloating(dtype), name.find("float") != std::string::npos) << name;
    EXPECT_EQ(IsInteger(dtype), name.find("int") != std::string::npos) << name;
    const bool small = name == "float16" || name == "bfloat16";
    EXPECT_EQ(ComputeType(dtype), small ? DType::kFloat32 : dtype) << name;
  }
}

// Python Array API standard 2024.12, "Type Promotion Rules", as far as Prova has the types.
const std::map<std::pair<std::string, std::string>, std::string> kStandardPromotion = {
    {{"int8", "int8"}, "int8"},          {{"int8", "int16"}, "int16"},
    {{"int8", "int32"}, "int32"},        {{"int8", "int64"}, "int64"},
    {{"int16", "int16"}, "int16"},       {{"int16", "int32"}, "int32"},
    {{"int16", "int64"}, "int64"},       {{"int32", "int32"}, "int32"},
    {{"int32", "int64"}, "int64"},       {{"int64", "int64"}, "int64"},
    {{"uint8", "uint8"}, "uint8"},       {{"int8", "uint8"}, "int16"},
    {{"int16", "uint8"}, "int16"},       {{"int32", "uint8"}, "int32"},
    {{"int64", "uint8"}, "int64"},       {{"float32", "float32"}, "float32"},
    {{"float32", "float64"}, "float64"}, {{"float64", "float64"}, "float64"},
    {{"bool", "bool"}, "bool"},
};

// Pairs that the standard leaves open: a larger kind wins, and 16-bit floats widen.
std::string ExtendedPromotion(const std::string& a, const std::string& b) {
  auto kind = [](const std::string& name) {
    return name == "bool" ? 0 : name.find("float") == std::string::npos ? 1 : 2;
  };
  if (kind(a) != kind(b)) return kind(a) > kind(b) ? a : b;
  if (a == b) return a;
  if (a == "float64" || b == "float64") return "float64";
  return "float32";
}

TEST(DTypeTest, PromotionFollowsTheArrayApiAndTheDocumentedExtension) {
  int fixed_by_standard = 0;
  for (DType a : kAllDTypes) {
    for (DType b : kAllDTypes) {
      const std::string first = ToString(a), second = ToString(b);
      auto found = kStandardPromotion.find({first, second});
      if (found == kStandardPromotion.end()) found = kStandardPromotion.find({second, first});
      const bool fixed = found != kStandardPromotion.end();
      fixed_by_standard += fixed;
      EXPECT_EQ(ToString(promote_types(a, b)),
                fixed ? found->second : ExtendedPromotion(first, second))
          << first << " with " << second;
    }
  }
  EXPECT_EQ(fixed_by_standard, 25 + 4 + 1);
}

}  // namespace
}  // namespace prova
