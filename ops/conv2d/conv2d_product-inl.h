// The inner product of the convolution's kernels; included once a Highway target.

#if defined(PROVA_OPS_CONV2D_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_CONV2D_PRODUCT_INL_H_
#undef PROVA_OPS_CONV2D_PRODUCT_INL_H_
#else
#define PROVA_OPS_CONV2D_PRODUCT_INL_H_
#endif

#include <algorithm>
#include <new>

#include "hwy/cache_control.h"
#include "hwy/highway.h"

#include "ops/common/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Filters of a panel at most: two vectors.
template <typename T>
inline constexpr int64_t kPanel = 2 * hn::MaxLanes(hn::ScalableTag<T>());

/// Columns of the panels of so many filters: half of them where the rest would be idle.
template <typename T>
int64_t PanelCols(int64_t filters) {
  return 2 * filters > kPanel<T> ? kPanel<T> : kPanel<T> / 2;
}

/// Positions that a block has at most, which lists of what they meet are made for. The gradient of
/// the weight sums over them: its error of n terms grows as that of n / 1024.
inline constexpr int64_t kMostPlaces = 1024;
/// Terms that a list holds at most.
inline constexpr int64_t kMostTerms = 512;
/// Terms of a window, about, that are summed before their sum is added to what came before: panels
/// of two short vectors then leave the first-level cache room for x.
inline constexpr int64_t kTermsTogether = kManyRegisters ? kMostTerms : 288;

/// Places in x, and the rows of a panel that belong to them.
struct Places {
  static constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<int64_t>());

  int64_t count = 0;
  int64_t row_step = 0;             // from each row to the next, where that is always the same
  int64_t x[kMostPlaces + kLanes];  // whole vectors may be written
  int64_t row[kMostPlaces + kLanes];

  void Add(int64_t at, int64_t its_row) {
    x[count] = at;
    row[count++] = its_row;
  }
  /// Lists all again, so far on in x and in the panel, until they are listed `times` times.
  void Repeat(int64_t times, int64_t x_step, int64_t row_step) {
    const int64_t period = count;
    count *= times;
    const hn::ScalableTag<int64_t> d;
    if (period < kLanes) {
      for (int64_t i = period; i < count; ++i) {
        x[i] = x[i - period] + x_step;
        row[i] = row[i - period] + row_step;
      }
      return;
    }
    const auto on = hn::Set(d, x_step), down = hn::Set(d, row_step);
    for (int64_t i = period; i < count; i += kLanes) {
      hn::StoreU(hn::Add(hn::LoadU(d, x + i - period), on), d, x + i);
      hn::StoreU(hn::Add(hn::LoadU(d, row + i - period), down), d, row + i);
    }
  }
};

/// Lines of memory: one at `first`, the others `step` elements further each.
template <typename T>
struct Lines {
  const T* first = nullptr;
  int64_t step = 0;
};

// #region product
/// finish(p, e, sum over terms t of x[p + t] * panel[row of t][e..]) for places first.. and one to
/// four vectors e. Places and terms lie anywhere: one load spreads an element of x over a register,
/// so nothing has to be copied into order. Rows that `follow` each other need not be looked up. If
/// it `fetches`, each term asks for a line of `soon`.
template <int places, int vectors, bool follow, bool fetches, typename T, typename Finish>
HWY_NOINLINE void SumProducts(const T* HWY_RESTRICT x, const Places& at, int64_t first,
                              const Places& terms, const T* HWY_RESTRICT panel, Lines<T> soon,
                              const Finish& finish) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  const T* from[places];
  V sum[places][vectors];
  HWY_UNROLL(14)
  for (int p = 0; p < places; ++p) {
    // Opaque, or compilers add x to each term: another instruction in the loop.
    from[p] = std::launder(x + at.x[first + p]);
    HWY_UNROLL(4)
    for (int v = 0; v < vectors; ++v) sum[p][v] = hn::Zero(d);
  }
  if constexpr (follow) panel += terms.row[0];
  const int64_t count = terms.count;
  HWY_UNROLL(4)
  for (int64_t t = 0; t < count; ++t) {
    const int64_t on = terms.x[t];
    const T* row = panel + (follow ? t * vectors * kLanes : terms.row[t]);
    V factor[vectors];
    HWY_UNROLL(4)
    for (int v = 0; v < vectors; ++v) factor[v] = hn::LoadU(d, row + v * kLanes);
    if constexpr (fetches) hwy::Prefetch(soon.first + t * soon.step);
    HWY_UNROLL(14)
    for (int p = 0; p < places; ++p) {
      const V element = hn::Set(d, from[p][on]);
      HWY_UNROLL(4)
      for (int v = 0; v < vectors; ++v) sum[p][v] = hn::MulAdd(element, factor[v], sum[p][v]);
    }
  }
  // A copy: what lies behind a reference might change with each store.
  const Finish put = finish;
  HWY_UNROLL(14)
  for (int p = 0; p < places; ++p) {
    HWY_UNROLL(4)
    for (int v = 0; v < vectors; ++v) put(first + p, v * kLanes, sum[p][v]);
  }
}
// #endregion product

/// Places of a tile of two vectors at most: as many as registers hold.
inline constexpr int64_t kMostTilePlaces = kManyRegisters ? 14 : 6;

/// So few places have sums of twice as many vectors: those of two would wait for each other.
inline constexpr int64_t kFewTilePlaces = 2;

/// The same for all places and a panel of which `width` columns are used, up to two panels for few
/// places: tiles of as many places as registers hold, then of fewer.
template <bool fetches = false, typename T, typename Finish>
void SumAllProducts(int64_t width, const T* x, const Places& at, const Places& terms,
                    const T* panel, const Finish& finish, Lines<T> soon = {}) {
  int64_t p = 0;
  auto tiles_of = [&](auto places, auto vectors) {
    constexpr int kPlaces = decltype(places)::value, kVectors = decltype(vectors)::value;
    constexpr int64_t kWidth = kVectors * hn::MaxLanes(hn::ScalableTag<T>());
    constexpr bool kWhole = kPlaces >= 6;  // Other tiles are rests, not worth another variant.
    for (; p + kPlaces <= at.count; p += kPlaces) {
      if (kWhole && terms.row_step == kWidth) {
        SumProducts<kPlaces, kVectors, kWhole, fetches>(x, at, p, terms, panel, soon, finish);
      } else {
        SumProducts<kPlaces, kVectors, false, fetches>(x, at, p, terms, panel, soon, finish);
      }
    }
  };
  auto cover = [&](auto vectors) {
    if constexpr (kManyRegisters && decltype(vectors)::value == 2) {
      tiles_of(std::integral_constant<int, 14>(), vectors);
    }
    if constexpr (kManyRegisters) {
      tiles_of(std::integral_constant<int, 8>(), vectors);
    } else {
      tiles_of(std::integral_constant<int, 6>(), vectors);
    }
    tiles_of(std::integral_constant<int, 4>(), vectors);
    tiles_of(std::integral_constant<int, 3>(), vectors);
    tiles_of(std::integral_constant<int, 2>(), vectors);
    tiles_of(std::integral_constant<int, 1>(), vectors);
  };
  if (width > kPanel<T>) {
    tiles_of(std::integral_constant<int, 2>(), std::integral_constant<int, 4>());
    tiles_of(std::integral_constant<int, 1>(), std::integral_constant<int, 4>());
  } else if (2 * width > kPanel<T>) {
    cover(std::integral_constant<int, 2>());
  } else {
    cover(std::integral_constant<int, 1>());
  }
}

/// sums[row of p][:] = start + the same, for a row `start`, or += the same without one.
template <typename T>
void AddAllProducts(int64_t width, const T* x, const Places& at, const Places& terms,
                    const T* panel, const T* start, T* sums) {
  const hn::ScalableTag<T> d;
  SumAllProducts(width, x, at, terms, panel, [&](int64_t p, int64_t e, auto sum) HWY_ATTR {
    T* to = sums + at.row[p] + e;
    hn::StoreU(hn::Add(hn::LoadU(d, start == nullptr ? to : start + e), sum), d, to);
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
