// The tile of a matrix product that registers hold; included once a Highway target, after
// foreach_target.h.

#if defined(PROVA_OPS_COMMON_GEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_GEMM_TILE_INL_H_
#undef PROVA_OPS_COMMON_GEMM_TILE_INL_H_
#else
#define PROVA_OPS_COMMON_GEMM_TILE_INL_H_
#endif

#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Whether there are 32 vector registers, or 16.
inline constexpr bool kManyRegisters = !HWY_ARCH_X86 || HWY_TARGET <= HWY_AVX3;

/// A tile of the result that registers hold: 8 rows of 3 vectors, or 6 of 2, which are a line of
/// memory each.
inline constexpr int64_t kTileRows = kManyRegisters ? 8 : 6;
inline constexpr int64_t kTileVectors = kManyRegisters ? 3 : 2;
template <typename T>
inline constexpr int64_t kTileCols = kTileVectors* hn::MaxLanes(hn::ScalableTag<T>());

/// Most terms that are summed in registers before their sum is added to what came before: the error
/// of n terms grows as that of n / 512.
template <typename T>
inline constexpr int64_t kDepthBlock = 2048 / sizeof(T);

/// A matrix in memory: element (i, j) lies at data + i * row + j * col.
template <typename T>
struct Strided {
  T* data;
  int64_t row;
  int64_t col;

  T* at(int64_t i, int64_t j) const { return data + i * row + j * col; }
  Strided From(int64_t i, int64_t j) const { return {at(i, j), row, col}; }
  Strided Transposed() const { return {data, col, row}; }
  operator Strided<const T>() const { return {data, row, col}; }
};

struct Identity {
  template <class D>
  hn::Vec<D> operator()(D, hn::Vec<D> v) const {
    return v;
  }
};

/// Whether a pointwise formula needs so few registers that it is applied to sums in theirs.
template <typename Formula>
inline constexpr bool kIsShort = std::is_same_v<Formula, Identity>;

/// How sums become some rows of y, in whole vectors: alone (those stored around the caches at
/// aligned places), or finish(start + sums), where start has a vector beside each or spreads a
/// number over each row.
enum class Into { kNew, kStreamed, kAdded, kFinished, kSpread };
template <typename T, typename Formula>
struct Ending {
  Into into;
  T* y;
  int64_t y_row;  // from a row to the next
  const T* start = nullptr;
  int64_t start_row = 0;
  Formula finish = {};
};

// #region tile
/// sum_k a(r, k) b(k, j) for `rows` rows and `vectors` vectors of columns from `left` on: the sums
/// stay in registers up to their `end`. a(r, k) lies at a[r] + k * a_step, row k of b at b_row(k).
/// Steps that are constants become displacements: a core that another thread shares runs out of
/// instructions before it runs out of multiply-adds.
template <int rows, int vectors, typename T, typename AStep, typename RowOfB, typename Formula>
HWY_INLINE void MultiplyRows(int64_t depth, const T* const* a, AStep a_step, const RowOfB& b_row,
                             const Ending<T, Formula>& end, int64_t left) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  const T* a_k = a[0];
  int64_t apart[rows];
  V sums[rows][vectors];
  HWY_UNROLL(8)
  for (int r = 0; r < rows; ++r) {
    apart[r] = a[r] - a[0];
    HWY_UNROLL(3)
    for (int v = 0; v < vectors; ++v) sums[r][v] = hn::Zero(d);
  }
  HWY_UNROLL(4)
  for (int64_t k = 0; k < depth; ++k, a_k += a_step) {
    const T* from = b_row(k);
    V b[vectors];
    HWY_UNROLL(3)
    for (int v = 0; v < vectors; ++v) b[v] = hn::LoadU(d, from + v * kLanes);
    HWY_UNROLL(8)
    for (int r = 0; r < rows; ++r) {
      const V a_r = hn::Set(d, a_k[apart[r]]);
      HWY_UNROLL(3)
      for (int v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(a_r, b[v], sums[r][v]);
    }
  }
  auto write = [&, y = end.y + left, y_row = end.y_row](auto put) HWY_ATTR {
    HWY_UNROLL(8)
    for (int r = 0; r < rows; ++r) {
      HWY_UNROLL(3)
      for (int v = 0; v < vectors; ++v) put(sums[r][v], y + r * y_row + v * kLanes, r, v);
    }
  };
  auto added = [=, start = end.start + left, row = end.start_row](V sum, int r, int v)
                   HWY_ATTR { return hn::Add(hn::LoadU(d, start + r * row + v * kLanes), sum); };
  if (end.into == Into::kNew) {
    write([=](V sum, T* to, int, int) HWY_ATTR { hn::StoreU(sum, d, to); });
  } else if (end.into == Into::kAdded) {
    write([=](V sum, T* to, int r, int v) HWY_ATTR { hn::StoreU(added(sum, r, v), d, to); });
  } else if (end.into == Into::kFinished) {
    write([=](V sum, T* to, int r, int v)
              HWY_ATTR { hn::StoreU(end.finish(d, added(sum, r, v)), d, to); });
  } else if (end.into == Into::kSpread) {
    write([=](V sum, T* to, int r, int) HWY_ATTR {
      const V start = hn::Set(d, end.start[r * end.start_row]);
      hn::StoreU(end.finish(d, hn::Add(start, sum)), d, to);
    });
  } else {
    write([=](V sum, T* to, int, int) HWY_ATTR { hn::Stream(sum, d, to); });
  }
}
// #endregion tile

/// The same for a tile of any height and width: the least variant that covers it. It writes whole
/// vectors, and reads a row of `a` beyond the last, so both are rounded up.
template <typename T, typename AStep, typename RowOfB, typename Formula>
void MultiplyTile(int64_t height, int64_t width, int64_t depth, const T* const* a, AStep a_step,
                  const RowOfB& b_row, const Ending<T, Formula>& end, int64_t left) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  if (height > 4 && width > (kTileVectors - 1) * kLanes) {
    return MultiplyRows<kTileRows, kTileVectors>(depth, a, a_step, b_row, end, left);
  }
  auto with = [&](auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    auto multiply = [&](auto rows) HWY_ATTR {
      MultiplyRows<decltype(rows)::value, kVectors>(depth, a, a_step, b_row, end, left);
    };
    if (height == 1) return multiply(std::integral_constant<int, 1>());
    if (height == 2) return multiply(std::integral_constant<int, 2>());
    if (height <= 4) return multiply(std::integral_constant<int, 4>());
    multiply(std::integral_constant<int, kTileRows>());
  };
  if (width <= kLanes) return with(std::integral_constant<int, 1>());
  if (width <= 2 * kLanes) return with(std::integral_constant<int, 2>());
  with(std::integral_constant<int, kTileVectors>());
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
