// Short rows that go together; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_ROWS_TOGETHER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_ROWS_TOGETHER_INL_H_
#undef PROVA_OPS_COMMON_ROWS_TOGETHER_INL_H_
#else
#define PROVA_OPS_COMMON_ROWS_TOGETHER_INL_H_
#endif

#include <limits>
#include <type_traits>

#include "hwy/highway.h"

#include "base/vectors-inl.h"

#include "ops/common/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Calls `body(load, store)` for each vector of a row. `load(p, other)` reads p; behind the row,
/// and where p is null, it gives `other`.
template <class D, typename Body>
HWY_INLINE void ForEachOfRow(D d, int64_t cols, Body body) {
  using T = hn::TFromD<D>;
  const int64_t lanes = hn::Lanes(d), rest = cols % lanes;
  int64_t i = 0;
  for (; i + lanes <= cols; i += lanes) {
    body([&](const T* p, T other) { return p ? LoadAhead(d, p + i) : hn::Set(d, other); },
         [&](hn::Vec<D> v, T* p) { hn::StoreU(v, d, p + i); });
  }
  if (rest == 0) return;
  body([&](const T* p,
           T other) { return p ? LoadPartial(d, p + i, rest, other) : hn::Set(d, other); },
       [&](hn::Vec<D> v, T* p) { StorePartial(v, d, p + i, rest); });
}

// #region together
/// So many rows go together: what each of them comes to fills 16 bytes.
template <typename T>
constexpr int kTogether = 16 / sizeof(T);

/// Calls `body(rows, row)`, the first a constant, for groups of rows, the last of them one by one.
template <typename T, typename Body>
HWY_INLINE void ForEachTogether(int64_t begin, int64_t end, Body body) {
  constexpr std::integral_constant<int, 1> one;
  constexpr std::integral_constant<int, kTogether<T>> together;
  int64_t row = begin;
  for (; row + together <= end; row += together) body(together, row);
  for (; row < end; ++row) body(one, row);
}

template <class D, typename T = hn::TFromD<D>>
HWY_INLINE void Fill(D d, T value, hn::Vec<D> (&to)[kTogether<T>]) {
  HWY_UNROLL(4)
  for (int r = 0; r < kTogether<T>; ++r) to[r] = hn::Set(d, value);
}

/// Rows of up to this many are read in turns; others one by one, as processors read ahead.
constexpr int64_t kInTurns = 64;

/// totals[r] = the vectors of row r combined, `identity` behind it.
template <int rows, class D, typename Combine, typename T = hn::TFromD<D>>
HWY_INLINE void CombineVectors(D d, const T* x, int64_t cols, T identity, Combine combine,
                               hn::Vec<D> (&totals)[kTogether<T>]) {
  Fill(d, identity, totals);
  if (cols <= kInTurns) {
    ForEachOfRow(d, cols, [&](auto load, auto) {
      HWY_UNROLL(4)
      for (int r = 0; r < rows; ++r) totals[r] = combine(totals[r], load(x + r * cols, identity));
    });
    return;
  }
  HWY_UNROLL(4)
  for (int r = 0; r < rows; ++r) {
    const T* row = x + r * cols;
    hn::Vec<D> v[4];
    for (auto& chain : v) chain = hn::Set(d, identity);
    InFourChains(
        d, cols, [&](int k, int64_t i) { v[k] = combine(v[k], LoadAhead(d, row + i)); },
        [&](int64_t i, int64_t count) {
          v[1] = combine(v[1], LoadPartial(d, row + i, count, identity));
        });
    totals[r] = combine(combine(v[0], v[1]), combine(v[2], v[3]));
  }
}

/// Lane r of `values` in every lane of to[r].
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE void Spread(D d, hn::Vec<hn::Full128<T>> values, hn::Vec<D> (&to)[kTogether<T>]) {
  HWY_ALIGN T lanes[kTogether<T>];
  hn::Store(values, hn::Full128<T>(), lanes);
  HWY_UNROLL(4)
  for (int r = 0; r < kTogether<T>; ++r) to[r] = hn::Set(d, lanes[r]);
}

/// v in blocks of 16 bytes; the blocks combined in halves.
template <class D, typename Combine, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<hn::Full128<T>> JoinBlocks([[maybe_unused]] D d, hn::Vec<D> v, Combine combine) {
  if constexpr (hn::MaxLanes(D()) > kTogether<T>) {
    const hn::Half<D> half;
    return JoinBlocks(half, combine(hn::LowerHalf(half, v), hn::UpperHalf(half, v)), combine);
  } else {
    return v;
  }
}

/// In lane r the lanes of v[r] combined: rows are interleaved as they are combined, so that 4 of
/// floats take 3 steps and those of blocks.
template <class D, typename Combine, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<hn::Full128<T>> JoinLanes(D d, const hn::Vec<D> (&v)[kTogether<T>],
                                             Combine combine) {
  const auto pair = [&](hn::Vec<D> a, hn::Vec<D> b) {
    return combine(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  };
  if constexpr (kTogether<T> == 4) {
    return JoinBlocks(d, pair(pair(v[0], v[2]), pair(v[1], v[3])), combine);
  } else {
    return JoinBlocks(d, pair(v[0], v[1]), combine);
  }
}

/// In lane r the sum, and the largest, of the lanes of v[r].
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<hn::Full128<T>> SumsOfLanes(D d, const hn::Vec<D> (&v)[kTogether<T>]) {
  return JoinLanes(d, v, [](auto a, auto b) { return hn::Add(a, b); });
}
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<hn::Full128<T>> PeaksOfLanes(D d, const hn::Vec<D> (&v)[kTogether<T>]) {
  return JoinLanes(d, v, [](auto a, auto b) { return hn::Max(a, b); });
}
// #endregion together

// #region short
/// Rows of up to this many elements have their exponentials summed together.
constexpr int64_t kSumsTogether = 64;
/// How far below the peak lanes behind a row lie: e^-80 is lost in a sum of at least 1, and within
/// exp's fast range.
constexpr int kFarBelow = 80;

/// The largest element of each of some short rows, and the logarithm of its sum of e^(x - peak).
template <int rows, typename T>
HWY_INLINE void LogsOfSums(const T* x, int64_t cols, T (&peak)[kTogether<T>],
                           T (&log_of_sum)[kTogether<T>]) {
  const hn::ScalableTag<T> d;
  const hn::Full128<T> lane_a_row;
  constexpr T kLowest = -std::numeric_limits<T>::infinity();
  hn::Vec<decltype(d)> peaks[kTogether<T>], sums[kTogether<T>];
  Fill(d, kLowest, peaks);
  ForEachOfRow(d, cols, [&](auto load, auto) {
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) peaks[r] = hn::Max(peaks[r], load(x + r * cols, kLowest));
  });
  hn::StoreU(PeaksOfLanes(d, peaks), lane_a_row, peak);

  Fill(d, T(0), sums);
  ForEachOfRow(d, cols, [&](auto load, auto) {
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) {
      const auto v = load(x + r * cols, peak[r] - kFarBelow);
      sums[r] = hn::Add(sums[r], math::Exp(d, hn::Sub(v, hn::Set(d, peak[r]))));
    }
  });
  hn::StoreU(math::Log(lane_a_row, SumsOfLanes(d, sums)), lane_a_row, log_of_sum);
}
// #endregion short

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
