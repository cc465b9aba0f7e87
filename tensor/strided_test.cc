#include "tensor/strided.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/parallel_for.h"
#include "base/testing.h"
#include "tensor/create.h"
#include "tensor/view.h"

namespace prova {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Values of a type at its edges and around zero, small fractions and other types' ranges.
template <typename T>
std::vector<T> Samples() {
  if constexpr (std::is_same_v<T, bool>) {
    return {false, true};
  } else if constexpr (std::is_integral_v<T>) {
    std::vector<T> samples = {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
    for (int64_t value : {0L, 1L, -1L, 2L, 100L, 127L, 128L, -128L, -129L, 255L, 256L, 32767L,
                          32768L, 65519L, 65520L, (1L << 24) + 1, (1L << 31) - 1, 1L << 31}) {
      samples.push_back(static_cast<T>(value));
    }
    return samples;
  } else {
    std::vector<T> samples;
    for (double value :
         {0.0,          -0.0,   0.4,         -0.4,     0.5,           0.999,      -0.999,
          1.0,          -1.5,   127.0,       127.9,    128.0,         -128.9,     -129.0,
          255.9,        256.0,  32767.5,     -32769.0, 65504.0,       65519.99,   65520.0,
          0x1p31 - 0.5, 0x1p31, -0x1p31 - 1, 0x1p63,   0x1p63 - 1024, -0x1p63,    -0x1p64,
          1e30,         -1e300, 0x1p-24,     0x1p-140, kInfinity,     -kInfinity, kNan}) {
      samples.push_back(T(static_cast<float>(value)));
      if constexpr (std::is_same_v<T, double>) samples.push_back(value);
    }
    return samples;
  }
}

template <typename Half>
Half Neighbour(Half half, int by) {
  half.bits = static_cast<uint16_t>(half.bits + by);
  return half;
}

/// `half` is nearest to `value`: no neighbouring pattern is nearer, and none as near unless odd.
template <typename Half>
void ExpectNearest(Half half, double value) {
  // Infinity stands where the next power of two would.
  const double top = std::is_same_v<Half, float16> ? 0x1p16 : 0x1p128;
  auto number = [&](Half x) {
    const double finite = static_cast<double>(x);
    return std::isinf(finite) ? std::copysign(top, finite) : finite;
  };
  EXPECT_EQ(std::signbit(number(half)), std::signbit(value)) << value;
  const double magnitude = std::min(std::abs(value), top);
  const double distance = std::abs(std::abs(number(half)) - magnitude);
  for (int by : {-1, 1}) {
    const bool outside = by < 0 ? (half.bits & 0x7FFF) == 0 : std::abs(number(half)) == top;
    if (outside) continue;
    const double other = std::abs(std::abs(number(Neighbour(half, by))) - magnitude);
    if (half.bits % 2 == 0) {
      EXPECT_LE(distance, other) << std::hexfloat << value;
    } else {
      EXPECT_LT(distance, other) << std::hexfloat << value;
    }
  }
}

template <typename From, typename To>
void CheckConversion(From value) {
  const To result = ConvertElement<To>(value);
  constexpr bool from_integer = std::is_integral_v<From>;
  const double number = static_cast<double>(value);
  SCOPED_TRACE(testing::Message() << kDTypeOf<From> << " " << number << " to " << kDTypeOf<To>);
  if constexpr (std::is_same_v<To, bool>) {
    EXPECT_EQ(result, !(number == 0));
  } else if constexpr (std::is_integral_v<To> && from_integer) {
    // Wraps: equal in the lower bits, whatever the sign.
    constexpr uint64_t kMask = ~uint64_t{0} >> (64 - 8 * sizeof(To));
    EXPECT_EQ(static_cast<uint64_t>(result) & kMask, static_cast<uint64_t>(value) & kMask);
  } else if constexpr (std::is_integral_v<To>) {
    const long double low = std::numeric_limits<To>::min();
    const long double high = std::numeric_limits<To>::max();
    const long double expected =
        std::isnan(number) ? 0 : std::clamp<long double>(std::trunc(number), low, high);
    EXPECT_EQ(static_cast<long double>(result), expected);
  } else if (std::isnan(number)) {
    EXPECT_TRUE(std::isnan(static_cast<double>(result)));
  } else if constexpr (std::is_same_v<To, float>) {
    EXPECT_EQ(result, static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, double>) {
    EXPECT_EQ(result, number);
    EXPECT_EQ(std::signbit(result), std::signbit(number));
  } else {
    ExpectNearest(result, number);
  }
}

template <typename Visit>
void ForEachPair(Visit visit) {
  for (DType from : kAllDTypes) {
    for (DType to : kAllDTypes) {
      VisitDType(from, [&](auto from_tag) {
        VisitDType(to, [&](auto to_tag) { visit(from_tag, to_tag); });
      });
    }
  }
}

TEST(ConvertElementTest, AllHundredPairsKeepTheirPromise) {
  ForEachPair([](auto from_tag, auto to_tag) {
    using From = typename decltype(from_tag)::type;
    using To = typename decltype(to_tag)::type;
    for (From value : Samples<From>()) CheckConversion<From, To>(value);
  });
}

TEST(ConvertElementTest, SaturatesTruncatesAndWraps) {
  EXPECT_EQ(ConvertElement<int8_t>(-128.9), -128);
  EXPECT_EQ(ConvertElement<int8_t>(1000.0f), 127);
  EXPECT_EQ(ConvertElement<uint8_t>(-3.0), 0);
  EXPECT_EQ(ConvertElement<uint8_t>(float16(300.0f)), 255);
  EXPECT_EQ(ConvertElement<int64_t>(0x1p63), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ConvertElement<int64_t>(-kInfinity), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(ConvertElement<int32_t>(kNan), 0);
  EXPECT_EQ(ConvertElement<uint8_t>(int64_t{-1}), 255);
  EXPECT_EQ(ConvertElement<int8_t>(int16_t{200}), -56);
  EXPECT_EQ(ConvertElement<bool>(kNan), true);
  EXPECT_EQ(ConvertElement<bool>(0x1p-1074), true);
  EXPECT_EQ(ConvertElement<bool>(-0.0f), false);
}

TEST(ConvertElementTest, DoublesRoundToSixteenBitsOnce) {
  // Through float, each of these would become a tie first and then go the other way.
  EXPECT_EQ(ConvertElement<float16>(1 + 0x1p-11 + 0x1p-40), 1 + 0x1p-10);
  EXPECT_EQ(ConvertElement<float16>(-1 - 0x1p-11 - 0x1p-40), -1 - 0x1p-10);
  EXPECT_EQ(ConvertElement<float16>(65520 - 0x1p-30), 65504);
  EXPECT_EQ(ConvertElement<float16>(0x1p-25 + 0x1p-60), 0x1p-24);
  EXPECT_EQ(ConvertElement<bfloat16>(1 + 0x1p-8 + 0x1p-40), 1 + 0x1p-7);
  EXPECT_EQ(ConvertElement<bfloat16>(0x1p-134 + 0x1p-170), 0x1p-133);
  EXPECT_EQ(ConvertElement<bfloat16>(int64_t{(1 << 30) + (1 << 22) + 1}), 0x1p30 + 0x1p23);
  Rng rng(4);
  for (int i = 0; i < 100000; ++i) {
    const PhiloxCounter block = rng.Take(1)[0];
    // Near ties: a 16-bit number's midpoint and a little beside it.
    const int exponent = static_cast<int>(block[0] % 40) - 24;
    const double value =
        std::ldexp(1 + block[1] % 2048 * 0x1p-11 + (block[2] % 3 - 1.0) * 0x1p-45, exponent);
    ExpectNearest(ConvertElement<float16>(value), value);
    ExpectNearest(ConvertElement<bfloat16>(value), value);
  }
}

/// Offsets by division alone.
std::vector<int64_t> SlowOffsets(const Shape& shape, const Strides& strides) {
  std::vector<int64_t> offsets(NumElements(shape), 0);
  for (size_t i = 0; i < offsets.size(); ++i) {
    int64_t rest = static_cast<int64_t>(i);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      offsets[i] += rest % shape[axis] * strides[axis];
      rest /= shape[axis];
    }
  }
  return offsets;
}

struct Geometry {
  Shape shape;
  Strides strides[3];
};
const Geometry kGeometries[] = {
    {{}, {{}, {}, {}}},
    {{5}, {{1}, {-2}, {0}}},
    {{2, 3, 4}, {{12, 4, 1}, {12, 4, 1}, {12, 4, 1}}},
    {{2, 3, 4}, {{12, 4, 1}, {1, 2, 6}, {0, 0, 1}}},
    {{2, 3, 4}, {{12, 4, 1}, {-12, -4, -1}, {0, 0, 0}}},
    {{1, 3, 1, 4, 1}, {{7, 4, 9, 1, 5}, {0, 8, 0, 2, 0}, {1, 1, 1, 3, 1}}},
    {{3, 2, 2, 2}, {{8, 4, 2, 1}, {8, 2, 4, 1}, {8, 4, 2, 1}}},
    {{1, 1}, {{3, 3}, {0, 0}, {1, 1}}},
};

TEST(ForEachOffsetTest, WalksInRowMajorOrder) {
  for (const Geometry& geometry : kGeometries) {
    for (const Strides& strides : geometry.strides) {
      std::vector<int64_t> offsets;
      ForEachOffset(geometry.shape, strides, [&](int64_t offset) { offsets.push_back(offset); });
      EXPECT_EQ(offsets, SlowOffsets(geometry.shape, strides)) << geometry.shape << strides;
    }
  }
  ForEachOffset({3, 0}, {0, 1}, [](int64_t) { FAIL(); });
}

TEST(ForEachRunTest, AnyRangeVisitsItsElementsInOrder) {
  for (const Geometry& geometry : kGeometries) {
    const JointGeometry joint = Collapse(
        geometry.shape, {&geometry.strides[0], &geometry.strides[1], &geometry.strides[2]});
    std::vector<std::vector<int64_t>> expected;
    for (const Strides& strides : geometry.strides) {
      expected.push_back(SlowOffsets(geometry.shape, strides));
    }
    const int64_t n = NumElements(geometry.shape);
    for (int64_t begin = 0; begin <= n; ++begin) {
      for (int64_t end = begin; end <= n; ++end) {
        int64_t at = begin;
        ForEachRun(joint, begin, end, [&](const int64_t* offsets, int64_t count) {
          ASSERT_GT(count, 0);
          for (int64_t i = 0; i < count; ++i, ++at) {
            ASSERT_LT(at, end);
            for (int k = 0; k < 3; ++k) {
              ASSERT_EQ(offsets[k] + i * joint.strides[k].back(), expected[k][at])
                  << geometry.shape << " element " << at << " of operand " << k;
            }
          }
        });
        ASSERT_EQ(at, end);
      }
    }
  }
}

TEST(CollapseTest, JoinsNeighboursThatEveryOperandStepsThroughEvenly) {
  const Strides rows = {12, 4, 1}, columns = {1, 2, 6}, repeated = {0, 0, 1}, none = {0, 0, 0};
  EXPECT_EQ(Collapse({2, 3, 4}, {&rows, &rows}).shape, (Shape{24}));
  EXPECT_EQ(Collapse({2, 3, 4}, {&rows, &none}).shape, (Shape{24}));
  EXPECT_EQ(Collapse({2, 3, 4}, {&rows, &columns}).shape, (Shape{2, 3, 4}));
  const JointGeometry partly = Collapse({2, 3, 4}, {&rows, &repeated});
  EXPECT_EQ(partly.shape, (Shape{6, 4}));
  EXPECT_EQ(partly.strides[0], (Strides{4, 1}));
  EXPECT_EQ(partly.strides[1], (Strides{0, 1}));
  EXPECT_EQ(partly.operands, 2);
  const Strides unit = {5, 9};
  EXPECT_EQ(Collapse({1, 1}, {&unit}).shape, (Shape{1}));
}

TEST(CollapseTest, WithoutElementsThereIsNothingToWalk) {
  const int64_t large = int64_t{1} << 62;
  const Strides strides = {0, 0, 1};
  const JointGeometry joint = Collapse({large, large, 0}, {&strides});
  EXPECT_EQ(joint.shape, (Shape{0}));
  ForEachRun(joint, 0, 0, [](const int64_t*, int64_t) { FAIL(); });
}

/// Several views of one shape with strides that are reversed, swapped or far apart.
std::vector<Tensor> OddViews(int64_t rows, int64_t cols, DType dtype) {
  const TensorOptions options = {.dtype = dtype};
  return {zeros({rows, cols}, options), view::Permute(zeros({cols, rows}, options), {1, 0}),
          view::Slice(zeros({2 * rows, cols}, options), 0, {.start = 1, .step = 2}),
          view::Slice(zeros({rows, 3 * cols}, options), 1, {.step = 3}),
          view::Slice(view::Slice(zeros({rows, cols}, options), 0, {.step = -1}), 1, {.step = -1})};
}

/// Writes 0, 1, … into x in row-major order.
void Count(const Tensor& x) {
  if (x.device() != kCpu) return assign(x, view::Reshape(arange(x.numel()), x.shape()));
  int32_t* to = x.mutable_data<int32_t>();
  int32_t next = 0;
  ForEachOffset(x.shape(), x.strides(), [&](int64_t offset) { to[offset] = next++; });
}

TEST(CopyElementsTest, CopiesBetweenAnyStrides) {
  for (int64_t rows : {1, 3, 200}) {
    const int64_t cols = 311;  // 200 rows fill more than one thread's share
    for (const Tensor& source : OddViews(rows, cols, DType::kInt32)) {
      Count(source);
      for (DType dtype : {DType::kInt32, DType::kFloat64}) {
        for (const Tensor& target : OddViews(rows, cols, dtype)) {
          CopyElements(source, target);
          ASSERT_EQ(target.to_vector<int64_t>(), source.to_vector<int64_t>());
        }
      }
    }
  }
}

TEST(CopyElementsTest, WritesNothingBetweenTheElementsOfTheTarget) {
  const Tensor whole = full({6, 4}, 7);
  CopyElements(zeros({3, 2}), view::Slice(view::Slice(whole, 0, {.step = 2}), 1, {.step = 2}));
  EXPECT_EQ(whole.to_vector<int>(), (std::vector<int>{0, 7, 0, 7, 7, 7, 7, 7, 0, 7, 0, 7,
                                                      7, 7, 7, 7, 0, 7, 0, 7, 7, 7, 7, 7}));
}

TEST(CopyElementsTest, CountsOneWriteWhereThereAreElements) {
  const Tensor target = empty({3});
  const int64_t version = target.storage()->version();
  CopyElements(tensor({1, 2, 3}), target);
  EXPECT_EQ(target.storage()->version(), version + 1);
}

TEST(CastTest, ConvertsAllHundredPairs) {
  ForEachPair([](auto from_tag, auto to_tag) {
    using From = typename decltype(from_tag)::type;
    using To = typename decltype(to_tag)::type;
    const std::vector<From> samples = Samples<From>();
    const int64_t n = static_cast<int64_t>(samples.size());
    const Tensor here = empty({n}, {.dtype = kDTypeOf<From>, .device = kCpu});
    std::copy(samples.begin(), samples.end(), here.mutable_data<From>());
    const Tensor x = prova::To(here, default_device());
    const Tensor reversed = Cast(view::Slice(x, 0, {.step = -1}), kDTypeOf<To>);
    const Tensor y = prova::To(Contiguous(reversed), kCpu);
    ASSERT_EQ(y.dtype(), kDTypeOf<To>);
    for (int64_t i = 0; i < n; ++i) {
      const To expected = ConvertElement<To>(samples[n - 1 - i]);
      EXPECT_EQ(std::memcmp(&y.data<To>()[i], &expected, sizeof(To)), 0)
          << kDTypeOf<From> << " to " << kDTypeOf<To> << " at " << i;
    }
  });
}

TEST(CastTest, TheSameDTypeIsTheSameTensor) {
  const Tensor x = view::Permute(zeros({2, 3}), {1, 0});
  EXPECT_EQ(Cast(x, DType::kFloat32).raw_data(), x.raw_data());
  EXPECT_EQ(Cast(x, DType::kFloat32).strides(), x.strides());
}

TEST(ContiguousTest, CopiesOnlyWhereItMust) {
  const Tensor x = arange(6);
  EXPECT_EQ(Contiguous(x).raw_data(), x.raw_data());
  const Tensor tail = view::Slice(x, 0, {.start = 2});
  EXPECT_EQ(Contiguous(tail).raw_data(), tail.raw_data());
  const Tensor reversed = view::Slice(x, 0, {.step = -1});
  const Tensor copy = Contiguous(reversed);
  EXPECT_NE(copy.storage(), x.storage());
  EXPECT_TRUE(copy.is_contiguous());
  EXPECT_EQ(copy.to_vector<int>(), (std::vector<int>{5, 4, 3, 2, 1, 0}));
  EXPECT_NE(Copy(x).storage(), x.storage());
}

TEST(AccumulateElementsTest, AddsToPlacesOfTheirOwn) {
  const Tensor target = tensor({{1.0, 2.0}, {3.0, 4.0}});
  AccumulateElements(tensor({{10.0, 20.0}, {30.0, 40.0}}), view::Permute(target, {1, 0}));
  EXPECT_EQ(target.to_vector<int>(), (std::vector<int>{11, 32, 23, 44}));
}

TEST(AccumulateElementsTest, PlacesSharedByAnExpandedTargetReceiveTheSum) {
  const Shape shape = {3, 4, 5};
  Rng rng(8);
  const Tensor source =
      view::Permute(randint(-9, 10, {5, 3, 4}, rng, {.dtype = DType::kInt64}), {1, 2, 0});
  const Tensor addend = Cast(source, DType::kFloat64);
  const std::vector<double> values = addend.to_vector<double>();
  for (const Shape& kept : {Shape{3, 4, 5}, Shape{1, 4, 5}, Shape{3, 1, 5}, Shape{3, 4, 1},
                            Shape{1, 1, 5}, Shape{3, 1, 1}, Shape{1, 4, 1}, Shape{1, 1, 1}}) {
    const Tensor target = ones(kept, {.dtype = DType::kFloat64});
    const Tensor expanded = view::Expand(target, shape);
    AccumulateElements(addend, expanded);
    std::vector<double> expected(target.numel(), 1.0);
    const std::vector<int64_t> places = SlowOffsets(shape, expanded.strides());
    for (size_t i = 0; i < places.size(); ++i) expected[places[i]] += values[i];
    EXPECT_EQ(target.to_vector<double>(), expected) << kept;
  }
}

TEST(AccumulateElementsTest, RoundsAHalfPrecisionSumOnce) {
  for (DType dtype : {DType::kFloat16, DType::kBFloat16}) {
    const double epsilon = Epsilon(dtype);
    const Tensor place = ones({1}, {.dtype = dtype});
    AccumulateElements(full({64}, epsilon / 64, {.dtype = dtype}), view::Expand(place, {64}));
    EXPECT_EQ(place.item(), 1 + epsilon);
  }
}

TEST(AccumulateElementsTest, GivesTheSameBitsForAnyNumberOfThreads) {
  Rng rng(9);
  const Tensor source = randn({3, 50000}, rng);
  std::vector<float> first;
  for (int threads : {1, 2, 5}) {
    ScopedNumThreads scoped(threads);
    const Tensor target = ones({50000});
    AccumulateElements(source, view::Expand(target, {3, 50000}));
    if (first.empty()) first = target.to_vector<float>();
    EXPECT_EQ(target.to_vector<float>(), first);
  }
}

TEST(AccumulateElementsTest, OtherDTypesAreErrorsAndEmptyIsNothing) {
  ExpectError(ErrorCode::kDType, "accumulate: int32; need a floating dtype", [] {
    AccumulateElements(zeros({2}, {.dtype = DType::kInt32}), zeros({2}, {.dtype = DType::kInt32}));
  });
  ExpectError(ErrorCode::kDType,
              "data: a tensor of float64; need float32; convert with cast(x, DType) first",
              [] { AccumulateElements(zeros({2}, {.dtype = DType::kFloat64}), zeros({2})); });
  AccumulateElements(zeros({0, 2}), zeros({0, 2}));
}

}  // namespace
}  // namespace prova
