#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/layer_norm/layer_norm_simd.cc"
#include <algorithm>
#include <type_traits>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "ops/layer_norm/layer_norm_kernels.h"

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
    body([&](const T* p, T other) { return p ? hn::LoadU(d, p + i) : hn::Set(d, other); },
         [&](hn::Vec<D> v, T* p) { hn::StoreU(v, d, p + i); });
  }
  if (rest == 0) return;
  body([&](const T* p,
           T other) { return p ? LoadPartial(d, p + i, rest, other) : hn::Set(d, other); },
       [&](hn::Vec<D> v, T* p) { StorePartial(v, d, p + i, rest); });
}

// #region together
/// So many rows go together: their sums fill 16 bytes.
template <typename T>
constexpr int kTogether = 16 / sizeof(T);

template <class D, typename T = hn::TFromD<D>>
HWY_INLINE void Clear(D d, hn::Vec<D> (&sums)[kTogether<T>]) {
  HWY_UNROLL(4)
  for (int r = 0; r < kTogether<T>; ++r) sums[r] = hn::Zero(d);
}

/// v in blocks of 16 bytes; the blocks added in halves.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<hn::Full128<T>> AddBlocks([[maybe_unused]] D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) > kTogether<T>) {
    const hn::Half<D> half;
    return AddBlocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    return v;
  }
}

/// In lane r the sum of v[r]: rows are interleaved as they are added, so that 4 sums of floats take
/// 3 additions and those of blocks.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<hn::Full128<T>> SumsOfLanes(D d, const hn::Vec<D> (&v)[kTogether<T>]) {
  const auto pair = [&](hn::Vec<D> a, hn::Vec<D> b) {
    return hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  };
  if constexpr (kTogether<T> == 4) {
    return AddBlocks(d, pair(pair(v[0], v[2]), pair(v[1], v[3])));
  } else {
    return AddBlocks(d, pair(v[0], v[1]));
  }
}
// #endregion together

// #region simd
/// z = ((x - mean) - shift) * scale for each of the rows that go together: the mean as it was
/// rounded, and what rounding left of it.
template <class D, typename T = hn::TFromD<D>>
struct Moments {
  hn::Vec<D> mean[kTogether<T>], shift[kTogether<T>], scale[kTogether<T>];

  HWY_INLINE hn::Vec<D> Normalize(hn::Vec<D> x, int r) const {
    return hn::Mul(hn::Sub(hn::Sub(x, mean[r]), shift[r]), scale[r]);
  }
};

/// Lane r of `values` in every lane of to[r].
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE void Spread(D d, hn::Vec<hn::Full128<T>> values, hn::Vec<D> (&to)[kTogether<T>]) {
  HWY_ALIGN T lanes[kTogether<T>];
  hn::Store(values, hn::Full128<T>(), lanes);
  HWY_UNROLL(4)
  for (int r = 0; r < kTogether<T>; ++r) to[r] = hn::Set(d, lanes[r]);
}

/// Rows of up to this many elements go together; a longer one goes alone, as four chains of sums.
constexpr int64_t kShortRow = 256;
/// Rows of up to this many are read in turns; others one by one, as processors read ahead.
constexpr int64_t kInTurns = 64;

/// Calls `add(k, v)` with the vectors of some rows, k the row or, of a single one, the chain;
/// `behind[r]` fills what is behind row r.
template <int rows, int chains, class D, typename T, typename Add>
HWY_INLINE void ForEachTerm(D d, const T* x, int64_t cols, const T* behind, Add add) {
  if constexpr (chains == 1) {
    if (cols <= kInTurns) {
      ForEachOfRow(d, cols, [&](auto load, auto) {
        HWY_UNROLL(4)
        for (int r = 0; r < rows; ++r) add(r, load(x + r * cols, behind[r]));
      });
      return;
    }
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) {
      ForEachOfRow(d, cols, [&](auto load, auto) { add(r, load(x + r * cols, behind[r])); });
    }
  } else {
    InFourChains(
        d, cols, [&](int k, int64_t i) { add(k % chains, hn::LoadU(d, x + i)); },
        [&](int64_t i, int64_t count) { add(1, LoadPartial(d, x + i, count, behind[0])); });
  }
}

/// In lane r the total of row r.
template <int chains, class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<hn::Full128<T>> Totals(D d, const hn::Vec<D> (&v)[kTogether<T>]) {
  const auto sums = SumsOfLanes(d, v);
  return chains == 1 ? sums : hn::SumOfLanes(hn::Full128<T>(), sums);
}

template <int rows, int chains, class D, typename T = hn::TFromD<D>>
HWY_INLINE Moments<D> MomentsOf(D d, const T* x, int64_t cols, double epsilon) {
  const hn::Full128<T> lane_a_row;
  const auto share = hn::Set(lane_a_row, T(1) / T(cols));
  Moments<D> of;

  // Find the means first.
  hn::Vec<D> sums[kTogether<T>], squares[kTogether<T>];
  Clear(d, sums);
  Clear(d, squares);
  HWY_ALIGN T means[kTogether<T>] = {};
  ForEachTerm<rows, chains>(d, x, cols, means,
                            [&](int k, hn::Vec<D> v) { sums[k] = hn::Add(sums[k], v); });
  hn::Store(hn::Mul(Totals<chains>(d, sums), share), lane_a_row, means);
  HWY_UNROLL(4)
  for (int r = 0; r < kTogether<T>; ++r) of.mean[r] = hn::Set(d, means[r]);

  // Then sum deviations from them and their squares; lanes behind the row deviate by nothing.
  Clear(d, sums);
  ForEachTerm<rows, chains>(d, x, cols, means, [&](int k, hn::Vec<D> v) {
    const auto deviation = hn::Sub(v, of.mean[chains == 1 ? k : 0]);
    sums[k] = hn::Add(sums[k], deviation);
    squares[k] = hn::MulAdd(deviation, deviation, squares[k]);
  });
  const auto shift = hn::Mul(Totals<chains>(d, sums), share);
  const auto variance = hn::NegMulAdd(shift, shift, hn::Mul(Totals<chains>(d, squares), share));
  const auto zero = hn::Zero(lane_a_row);
  const auto inside = hn::Add(hn::IfThenElse(hn::Lt(variance, zero), zero, variance),
                              hn::Set(lane_a_row, static_cast<T>(epsilon)));
  Spread(d, shift, of.shift);
  Spread(d, hn::Div(hn::Set(lane_a_row, T(1)), hn::Sqrt(inside)), of.scale);
  return of;
}

template <int rows, int chains, typename T>
void NormalizeRows(const T* x, const T* weight, const T* bias, T* y, int64_t cols, double epsilon) {
  const hn::ScalableTag<T> d;
  const auto of = MomentsOf<rows, chains>(d, x, cols, epsilon);
  // One row is written after the other: in turns, writing to memory would be slower.
  HWY_UNROLL(4)
  for (int r = 0; r < rows; ++r) {
    ForEachOfRow(d, cols, [&](auto load, auto store) {
      const auto z = of.Normalize(load(x + r * cols, T(0)), r);
      store(hn::MulAdd(z, load(weight, T(1)), load(bias, T(0))), y + r * cols);
    });
  }
}
// #endregion simd

/// Asks for n elements of memory: where rows are read in turns, the processor does not read ahead.
template <typename T>
HWY_INLINE void Fetch(const T* p, int64_t n) {
  constexpr int64_t kLine = 64 / sizeof(T);
  for (int64_t i = 0; i < n; i += kLine) hwy::Prefetch(p + i);
}

// #region simd_backward
/// dx of some rows, and what they add to the sums over rows, in their order.
template <int rows, int chains, typename T>
void GradientOfRows(const T* dy, const T* x, const T* weight, T* dx, T* weight_sums, T* bias_sums,
                    int64_t cols, double epsilon) {
  const hn::ScalableTag<T> d;
  if constexpr (rows > 1) Fetch(dy, rows * cols);
  const auto of = MomentsOf<rows, chains>(d, x, cols, epsilon);
  using V = hn::Vec<decltype(d)>;
  V g_sums[kTogether<T>], gz_sums[kTogether<T>];
  Clear(d, g_sums);
  Clear(d, gz_sums);
  ForEachOfRow(d, cols, [&](auto load, auto store) {
    const auto w = load(weight, T(1));
    auto weight_sum = load(weight_sums, T(0)), bias_sum = load(bias_sums, T(0));
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) {
      const auto v = load(dy + r * cols, T(0)), z = of.Normalize(load(x + r * cols, T(0)), r);
      const auto g = hn::Mul(v, w);
      g_sums[r] = hn::Add(g_sums[r], g);
      gz_sums[r] = hn::MulAdd(g, z, gz_sums[r]);
      weight_sum = hn::MulAdd(v, z, weight_sum);
      bias_sum = hn::Add(bias_sum, v);
    }
    store(weight_sum, weight_sums);
    store(bias_sum, bias_sums);
  });
  if (dx == nullptr) return;

  V mean_g[kTogether<T>], mean_gz[kTogether<T>];
  const auto count = hn::Set(hn::Full128<T>(), T(cols));
  Spread(d, hn::Div(SumsOfLanes(d, g_sums), count), mean_g);
  Spread(d, hn::Div(SumsOfLanes(d, gz_sums), count), mean_gz);
  HWY_UNROLL(4)
  for (int r = 0; r < rows; ++r) {
    ForEachOfRow(d, cols, [&](auto load, auto store) {
      const auto z = of.Normalize(load(x + r * cols, T(0)), r);
      const auto g = hn::Mul(load(dy + r * cols, T(0)), load(weight, T(1)));
      const auto rest = hn::NegMulAdd(z, mean_gz[r], hn::Sub(g, mean_g[r]));
      store(hn::Mul(rest, of.scale[r]), dx + r * cols);
    });
  }
}
// #endregion simd_backward

/// Calls `body(rows, chains, row)`, the first two constants, for groups of rows. What is done with
/// a row depends on its length alone.
template <typename T, typename Body>
void ForEachGroup(int64_t begin, int64_t end, int64_t cols, Body body) {
  constexpr std::integral_constant<int, 1> one;
  constexpr std::integral_constant<int, kTogether<T>> together;
  int64_t row = begin;
  if (cols > kShortRow) {
    for (; row < end; ++row) body(one, together, row);
  }
  for (; row + together <= end; row += together) body(together, one, row);
  for (; row < end; ++row) body(one, one, row);
}

void LayerNorm(const LayerNormArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const auto normalize = [&](auto rows, auto chains, int64_t row) {
      const int64_t at = row * args.cols;
      NormalizeRows<rows(), chains()>(
          static_cast<const T*>(args.x) + at, static_cast<const T*>(args.weight),
          static_cast<const T*>(args.bias), static_cast<T*>(args.y) + at, args.cols, args.epsilon);
    };
    ParallelFor(args.rows, ElementGrain(args.cols), [&](int64_t begin, int64_t end) {
      ForEachGroup<T>(begin, end, args.cols, normalize);
    });
  });
}

void LayerNormBackward(const LayerNormBackwardArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const int64_t cols = args.cols, blocks = LayerNormBlocks(args.rows);
    T* dx = static_cast<T*>(args.dx);
    // Each block sums its rows in a place of its own.
    T* sums = static_cast<T*>(args.sums);
    ParallelFor(blocks, ElementGrain(cols * kLayerNormBlock), [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; ++block) {
        T* weight_sums = sums + 2 * block * cols;
        std::fill(weight_sums, weight_sums + 2 * cols, T(0));
        const int64_t last = std::min(args.rows, (block + 1) * kLayerNormBlock);
        ForEachGroup<T>(
            block * kLayerNormBlock, last, cols, [&](auto rows, auto chains, int64_t row) {
              const int64_t at = row * cols;
              GradientOfRows<rows(), chains()>(
                  static_cast<const T*>(args.dy) + at, static_cast<const T*>(args.x) + at,
                  static_cast<const T*>(args.weight), dx ? dx + at : nullptr, weight_sums,
                  weight_sums + cols, cols, args.epsilon);
            });
      }
    });
    // Add the blocks, in their order.
    auto add_blocks = [&](const T* first, T* result) {
      for (int64_t i = 0; result && i < cols; ++i) {
        double sum = 0;
        for (int64_t block = 0; block < blocks; ++block) sum += first[2 * block * cols + i];
        result[i] = static_cast<T>(sum);
      }
    };
    add_blocks(sums, static_cast<T*>(args.dweight));
    add_blocks(sums + cols, static_cast<T*>(args.dbias));
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(LayerNorm);
HWY_EXPORT(LayerNormBackward);
void LayerNorm(const LayerNormArgs& args) { HWY_DYNAMIC_DISPATCH(LayerNorm)(args); }
void LayerNormBackward(const LayerNormBackwardArgs& args) {
  HWY_DYNAMIC_DISPATCH(LayerNormBackward)(args);
}

}  // namespace prova::simd
#endif
