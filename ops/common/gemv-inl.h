// Rows of a matrix that meet a vector; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_GEMV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_GEMV_INL_H_
#undef PROVA_OPS_COMMON_GEMV_INL_H_
#else
#define PROVA_OPS_COMMON_GEMV_INL_H_
#endif

#include <algorithm>

#include "base/vectors-inl.h"

#include "ops/common/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// y[r * apart] = <a, b[r * apart]> for `rows` rows of b, contiguous each: two vectors of partial
/// sums a row, gathered after every block of terms.
template <int rows, typename T>
void DotProducts(const T* a, Strided<const T> b, int64_t apart, int64_t n, T* y) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::Lanes(d);
  constexpr int64_t kBlock = 16 * kDepthBlock<T>;
  V total[rows], even[rows], odd[rows];
  const T* b_rows[rows];
  HWY_UNROLL(4)
  for (int r = 0; r < rows; ++r) {
    total[r] = hn::Zero(d);
    b_rows[r] = b.at(r * apart, 0);
  }
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, n);
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) even[r] = odd[r] = hn::Zero(d);
    int64_t i = begin;
    for (; i + 2 * lanes <= end; i += 2 * lanes) {
      const V a0 = hn::LoadU(d, a + i), a1 = hn::LoadU(d, a + i + lanes);
      HWY_UNROLL(4)
      for (int r = 0; r < rows; ++r) {
        even[r] = hn::MulAdd(a0, hn::LoadU(d, b_rows[r] + i), even[r]);
        odd[r] = hn::MulAdd(a1, hn::LoadU(d, b_rows[r] + i + lanes), odd[r]);
      }
    }
    for (; i < end; i += lanes) {
      const int64_t count = std::min(lanes, end - i);
      const V a0 = LoadUpTo(d, a + i, count);
      HWY_UNROLL(4)
      for (int r = 0; r < rows; ++r) {
        even[r] = hn::MulAdd(a0, LoadUpTo(d, b_rows[r] + i, count), even[r]);
      }
    }
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) total[r] = hn::Add(total[r], hn::Add(even[r], odd[r]));
  }
  HWY_UNROLL(4)
  for (int r = 0; r < rows; ++r) y[r * apart] = hn::GetLane(hn::SumOfLanes(d, total[r]));
}

/// Rows of a matrix that meets a vector which are read at once: more are not faster.
inline constexpr int kStreams = 4;

/// y[j] = <a, b[j]> for `count` rows of b, four at a time, whose sums do not wait for each other.
/// They stand a quarter apart: each goes on where the one before it ended, a long stream.
template <typename T>
void DotRows(const T* a, Strided<const T> b, int64_t n, int64_t count, T* y) {
  const int64_t apart = count / kStreams, grouped = kStreams * apart;
  for (int64_t j = 0; j < apart; ++j) DotProducts<kStreams>(a, b.From(j, 0), apart, n, y + j);
  for (int64_t j = grouped; j < count; ++j) DotProducts<1>(a, b.From(j, 0), 1, n, y + j);
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
