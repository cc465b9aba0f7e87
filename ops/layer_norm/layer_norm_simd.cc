#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/layer_norm/layer_norm_simd.cc"
#include <algorithm>
#include <type_traits>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "ops/layer_norm/layer_norm_kernels.h"

#include "ops/common/rows-inl.h"
#include "ops/common/rows_together-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Asks for n elements of memory: rows that go together are so short that processors read ahead
/// late.
template <typename T>
HWY_INLINE void Fetch(const T* p, int64_t n) {
  constexpr int64_t kLine = 64 / sizeof(T);
  for (int64_t i = 0; i < n; i += kLine) hwy::Prefetch(p + i);
}

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

/// Rows of up to this many elements go together; a longer one goes alone, as four chains of sums.
constexpr int64_t kShortRow = 256;

/// Calls `add(k, v)` with the vectors of some rows, k the row or, of a single one, the chain;
/// `behind[r]` fills what is behind row r.
template <int rows, int chains, class D, typename T, typename Add>
HWY_INLINE void ForEachTerm(D d, const T* x, int64_t cols, const T (&behind)[kTogether<T>],
                            Add add) {
  if constexpr (chains == 1) {
    ForEachOfRow(d, cols, [&](auto load, auto) {
      HWY_UNROLL(4)
      for (int r = 0; r < rows; ++r) add(r, load(x + r * cols, behind[r]));
    });
  } else {
    InFourChains(
        d, cols,
        [&](int k, int64_t i) {
          if (k == 0) Fetch(x + cols + i, 4 * hn::Lanes(d));
          add(k % chains, LoadAhead(d, x + i));
        },
        [&](int64_t i, int64_t count) { add(1, LoadPartial(d, x + i, count, behind[0])); });
  }
}

/// Calls `body(k, load, store, write)` for each vector of a long row, k 0 and 1 in turns: as does
/// `ForEachOfRow`, but `write` stores around the caches if `around`. Asks for as much of `next`.
template <bool around, class D, typename T, typename Body>
HWY_INLINE void InPairs(D d, int64_t cols, const T* next, Body body) {
  using V = hn::Vec<D>;
  const int64_t lanes = hn::Lanes(d);
  const auto whole = [&](int k, int64_t i) HWY_ATTR __attribute__((always_inline)) {
    const auto load = [&](const T* p, T /*behind*/) { return LoadAhead(d, p + i); };
    const auto store = [&](V v, T* p) { hn::StoreU(v, d, p + i); };
    body(k, load, store, [&](V v, T* p) { around ? hn::Stream(v, d, p + i) : store(v, p); });
  };
  int64_t i = 0;
  for (; i + 2 * lanes <= cols; i += 2 * lanes) {
    Fetch(next + i, 2 * lanes);
    whole(0, i);
    whole(1, i + lanes);
  }
  if (i + lanes <= cols) {
    whole(0, i);
    i += lanes;
  }
  if (const int64_t rest = cols - i; rest > 0) {
    const auto load = [&](const T* p, T behind) { return LoadPartial(d, p + i, rest, behind); };
    const auto store = [&](V v, T* p) { StorePartial(v, d, p + i, rest); };
    body(1, load, store, store);
  }
}

/// In lane r the total of row r.
template <int chains, class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<hn::Full128<T>> Totals(D d, const hn::Vec<D> (&v)[kTogether<T>]) {
  const auto sums = SumsOfLanes(d, v);
  return chains == 1 ? sums : hn::SumOfLanes(hn::Full128<T>(), sums);
}

/// Lane r of `means` is the mean of row r, as it is rounded; also spread over vectors.
template <int rows, class D, typename T = hn::TFromD<D>>
HWY_INLINE void FindMeans(D d, const T* x, int64_t cols, T (&means)[kTogether<T>],
                          hn::Vec<D> (&mean)[kTogether<T>]) {
  const hn::Full128<T> lane_a_row;
  hn::Vec<D> sums[kTogether<T>];
  CombineVectors<rows>(
      d, x, cols, T(0), [](auto a, auto b) { return hn::Add(a, b); }, sums);
  hn::Store(hn::Mul(SumsOfLanes(d, sums), hn::Set(lane_a_row, T(1) / T(cols))), lane_a_row, means);
  HWY_UNROLL(4)
  for (int r = 0; r < kTogether<T>; ++r) mean[r] = hn::Set(d, means[r]);
}

/// 1 / sqrt(variance + epsilon), where deviations from the rounded mean have this mean and this
/// mean square.
template <class D128, typename T = hn::TFromD<D128>>
HWY_INLINE hn::Vec<D128> ScaleOf(D128 lane_a_row, hn::Vec<D128> shift, hn::Vec<D128> square,
                                 double epsilon) {
  const auto zero = hn::Zero(lane_a_row);
  const auto variance = hn::NegMulAdd(shift, shift, square);
  const auto inside = hn::Add(hn::IfThenElse(hn::Lt(variance, zero), zero, variance),
                              hn::Set(lane_a_row, static_cast<T>(epsilon)));
  return hn::Div(hn::Set(lane_a_row, T(1)), hn::Sqrt(inside));
}

template <int rows, int chains, class D, typename T = hn::TFromD<D>>
HWY_INLINE Moments<D> MomentsOf(D d, const T* x, int64_t cols, double epsilon) {
  const hn::Full128<T> lane_a_row;
  const auto share = hn::Set(lane_a_row, T(1) / T(cols));
  Moments<D> of;
  HWY_ALIGN T means[kTogether<T>] = {};
  FindMeans<rows>(d, x, cols, means, of.mean);

  // Sum deviations from the means and their squares; lanes behind the row deviate by nothing.
  hn::Vec<D> sums[kTogether<T>], squares[kTogether<T>];
  Fill(d, T(0), sums);
  Fill(d, T(0), squares);
  ForEachTerm<rows, chains>(d, x, cols, means, [&](int k, hn::Vec<D> v) {
    const auto deviation = hn::Sub(v, of.mean[chains == 1 ? k : 0]);
    sums[k] = hn::Add(sums[k], deviation);
    squares[k] = hn::MulAdd(deviation, deviation, squares[k]);
  });
  const auto shift = hn::Mul(Totals<chains>(d, sums), share);
  Spread(d, shift, of.shift);
  Spread(d, ScaleOf(lane_a_row, shift, hn::Mul(Totals<chains>(d, squares), share), epsilon),
         of.scale);
  return of;
}

/// y of some rows, in turns.
template <int rows, class D, typename T = hn::TFromD<D>>
HWY_INLINE void WriteInTurns(D d, const Moments<D>& of, const T* x, const T* weight, const T* bias,
                             T* y, int64_t cols) {
  ForEachOfRow(d, cols, [&](auto load, auto store) {
    const auto w = load(weight, T(1)), b = load(bias, T(0));
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) {
      store(hn::MulAdd(of.Normalize(load(x + r * cols, T(0)), r), w, b), y + r * cols);
    }
  });
}

template <int rows, int chains, typename T>
void NormalizeRows(const T* x, const T* weight, const T* bias, T* y, int64_t cols, double epsilon,
                   const Storing<T>& storing) {
  const hn::ScalableTag<T> d;
  if constexpr (rows > 1) Fetch(x + rows * cols, rows * cols);  // the next ones
  const auto of = MomentsOf<rows, chains>(d, x, cols, epsilon);
  const auto load = [&](const T* p, int64_t i, T other) {
    return p ? hn::LoadU(d, p + i) : hn::Set(d, other);
  };
  const auto load_rest = [&](const T* p, int64_t i, int64_t count, T other) {
    return p ? LoadPartial(d, p + i, count, other) : hn::Set(d, other);
  };
  if (cols <= kInTurns) return WriteInTurns<rows>(d, of, x, weight, bias, y, cols);
  // Longer rows are written one after the other: in turns, writing to memory would be slower.
  HWY_UNROLL(4)
  for (int r = 0; r < rows; ++r) {
    const T* row = x + r * cols;
    storing.Store(
        d, cols, y + r * cols,
        [&](int64_t i) {
          const auto z = of.Normalize(hn::LoadU(d, row + i), r);
          return hn::MulAdd(z, load(weight, i, T(1)), load(bias, i, T(0)));
        },
        [&](int64_t i, int64_t count) {
          const auto z = of.Normalize(LoadPartial(d, row + i, count, T(0)), r);
          return hn::MulAdd(z, load_rest(weight, i, count, T(1)), load_rest(bias, i, count, T(0)));
        });
  }
}
// #endregion simd

// #region simd_backward
/// dx of some rows, and what they add to the sums over rows, in their order.
template <int rows, int chains, bool around, typename T>
void GradientOfRows(const T* dy, const T* x, const T* weight, T* dx, T* weight_sums, T* bias_sums,
                    int64_t cols, double epsilon) {
  const hn::ScalableTag<T> d;
  const hn::Full128<T> lane_a_row;
  using V = hn::Vec<decltype(d)>;
  if constexpr (rows > 1) Fetch(dy, rows * cols);
  Moments<decltype(d)> of;
  HWY_ALIGN T means[kTogether<T>] = {};
  FindMeans<rows>(d, x, cols, means, of.mean);

  // Sum deviations, their squares, g = dy * weight and its products with them, in one walk.
  V sums[kTogether<T>], squares[kTogether<T>], g_sums[kTogether<T>], products[kTogether<T>];
  Fill(d, T(0), sums);
  Fill(d, T(0), squares);
  Fill(d, T(0), g_sums);
  Fill(d, T(0), products);
  const auto weights = [&](auto load) HWY_ATTR __attribute__((always_inline)) {
    return weight ? load(weight, T(1)) : hn::Set(d, T(1));
  };
  const auto add = [&](int k, int r, V w, auto load) HWY_ATTR __attribute__((always_inline)) {
    const auto deviation = hn::Sub(load(x + r * cols, means[r]), of.mean[r]);
    const auto g = hn::Mul(load(dy + r * cols, T(0)), w);
    sums[k] = hn::Add(sums[k], deviation);
    squares[k] = hn::MulAdd(deviation, deviation, squares[k]);
    g_sums[k] = hn::Add(g_sums[k], g);
    products[k] = hn::MulAdd(g, deviation, products[k]);
  };
  if constexpr (chains == 1) {
    constexpr int kAtATime = std::min(rows, 2);  // whose sums fill half of 16 registers
    HWY_UNROLL(2)
    for (int first = 0; first < rows; first += kAtATime) {
      ForEachOfRow(d, cols, [&](auto load, auto) {
        const auto w = weights(load);
        HWY_UNROLL(2)
        for (int r = first; r < first + kAtATime; ++r) add(r, r, w, load);
      });
    }
  } else {
    const auto add_to = [&](int k, auto load, auto, auto) HWY_ATTR __attribute__((always_inline)) {
      add(k, 0, weights(load), load);
    };
    InPairs<around>(d, cols, x + cols, add_to);
  }
  const auto count = hn::Set(lane_a_row, T(cols));
  const auto mean_of = [&](const V(&v)[kTogether<T>]) {
    return hn::Div(Totals<chains>(d, v), count);
  };
  const auto shift = mean_of(sums), g_mean = mean_of(g_sums);
  const auto scale = ScaleOf(lane_a_row, shift, mean_of(squares), epsilon);
  V mean_g[kTogether<T>], mean_gz[kTogether<T>];
  Spread(d, shift, of.shift);
  Spread(d, scale, of.scale);
  Spread(d, g_mean, mean_g);
  Spread(d, hn::Mul(hn::NegMulAdd(shift, g_mean, mean_of(products)), scale), mean_gz);

  // Write dx, and add to the sums over rows.
  const auto finish = [&](int /*k*/, auto load, auto store, auto write) HWY_ATTR
      __attribute__((always_inline)) {
    const auto w = weights(load);
    auto weight_sum = load(weight_sums, T(0)), bias_sum = load(bias_sums, T(0));
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) {
      const auto v = load(dy + r * cols, T(0)), z = of.Normalize(load(x + r * cols, T(0)), r);
      weight_sum = hn::MulAdd(v, z, weight_sum);
      bias_sum = hn::Add(bias_sum, v);
      if (dx == nullptr) continue;
      const auto rest = hn::NegMulAdd(z, mean_gz[r], hn::MulSub(v, w, mean_g[r]));
      write(hn::Mul(rest, of.scale[r]), dx + r * cols);
    }
    store(weight_sum, weight_sums);
    store(bias_sum, bias_sums);
  };
  if constexpr (chains == 1) {
    ForEachOfRow(d, cols, [&](auto load, auto store) { finish(0, load, store, store); });
  } else {
    InPairs<around>(d, cols, dy + cols, finish);
  }
}
// #endregion simd_backward

/// Calls `body(rows, chains, row)`, the first two constants, for groups of rows. What is done with
/// a row depends on its length alone.
template <typename T, typename Body>
void ForEachGroup(int64_t begin, int64_t end, int64_t cols, Body body) {
  constexpr std::integral_constant<int, 1> one;
  constexpr std::integral_constant<int, kTogether<T>> together;
  if (cols > kShortRow) {
    for (int64_t row = begin; row < end; ++row) body(one, together, row);
  } else {
    ForEachTogether<T>(begin, end, [&](auto rows, int64_t row) { body(rows, one, row); });
  }
}

void LayerNorm(const LayerNormArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    // Rows that are written in turns are never written around the caches.
    const Storing<T> storing(args.cols <= kInTurns ? 0 : args.rows * args.cols);
    const auto normalize = [&](auto rows, auto chains, int64_t row) {
      const int64_t at = row * args.cols;
      NormalizeRows<rows(), chains()>(
          static_cast<const T*>(args.x) + at, static_cast<const T*>(args.weight),
          static_cast<const T*>(args.bias), static_cast<T*>(args.y) + at, args.cols, args.epsilon,
          storing);
    };
    ParallelFor(args.rows, ElementGrain(args.cols), [&](int64_t begin, int64_t end) {
      ForEachGroup<T>(begin, end, args.cols, normalize);
      storing.Finish();
    });
  });
}

/// The doubles that floats or doubles at `from` are.
template <class D, typename T>
HWY_INLINE hn::Vec<D> LoadDoubles(D d, const T* from) {
  if constexpr (sizeof(T) == sizeof(double)) {
    return hn::LoadU(d, from);
  } else {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<T, D>(), from));
  }
}

/// result[i] = the sum of sums[block][i] over the blocks, in their order and in double.
template <typename T>
void AddBlocks(const T* sums, int64_t blocks, int64_t stride, int64_t cols, T* result) {
  const hn::ScalableTag<double> d;
  const int64_t lanes = hn::Lanes(d);
  constexpr int64_t kTile = 512;  // columns whose totals stay in the first-level cache
  HWY_ALIGN double totals[kTile];
  for (int64_t first = 0; first < cols; first += kTile) {
    const int64_t columns = std::min(kTile, cols - first);
    std::fill_n(totals, columns, 0.0);
    for (int64_t block = 0; block < blocks; ++block) {
      const T* from = sums + block * stride + first;
      int64_t c = 0;
      for (; c + lanes <= columns; c += lanes) {
        hn::Store(hn::Add(hn::Load(d, totals + c), LoadDoubles(d, from + c)), d, totals + c);
      }
      for (; c < columns; ++c) totals[c] += from[c];
    }
    std::transform(totals, totals + columns, result + first,
                   [](double v) { return static_cast<T>(v); });
  }
}

void LayerNormBackward(const LayerNormBackwardArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const hn::ScalableTag<T> d;
    const int64_t cols = args.cols, blocks = LayerNormBlocks(args.rows);
    T* dx = static_cast<T*>(args.dx);
    // Each block sums its rows in a place of its own.
    T* sums = static_cast<T*>(args.sums);
    const auto in_blocks = [&](auto around) {
      ParallelFor(blocks, ElementGrain(cols * kLayerNormBlock), [&](int64_t begin, int64_t end) {
        for (int64_t block = begin; block < end; ++block) {
          T* weight_sums = sums + 2 * block * cols;
          std::fill(weight_sums, weight_sums + 2 * cols, T(0));
          const int64_t last = std::min(args.rows, (block + 1) * kLayerNormBlock);
          ForEachGroup<T>(
              block * kLayerNormBlock, last, cols, [&](auto rows, auto chains, int64_t row) {
                const int64_t at = row * cols;
                GradientOfRows<rows(), chains(), around()>(
                    static_cast<const T*>(args.dy) + at, static_cast<const T*>(args.x) + at,
                    static_cast<const T*>(args.weight), dx ? dx + at : nullptr, weight_sums,
                    weight_sums + cols, cols, args.epsilon);
              });
        }
        if constexpr (around()) hwy::FlushStream();
      });
    };
    const bool leaves_caches = args.rows * cols * static_cast<int64_t>(sizeof(T)) >= kStreamBytes;
    const int64_t lanes = hn::Lanes(d);
    const bool aligned =
        cols % lanes == 0 && reinterpret_cast<uintptr_t>(dx) % (lanes * sizeof(T)) == 0;
    if (leaves_caches && aligned && cols > kShortRow) {
      in_blocks(std::true_type());
    } else {
      in_blocks(std::false_type());
    }
    if (args.dweight) AddBlocks(sums, blocks, 2 * cols, cols, static_cast<T*>(args.dweight));
    if (args.dbias) AddBlocks(sums + cols, blocks, 2 * cols, cols, static_cast<T*>(args.dbias));
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
