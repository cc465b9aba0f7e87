#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/layer_norm/layer_norm_simd.cc"
#include <algorithm>
#include <cmath>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "ops/common/rows.h"
#include "ops/layer_norm/layer_norm_kernels.h"

#include "ops/common/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Calls `body(load, store)` for each vector of a row. `load(p, instead)` reads p, with zeros
/// behind the row, or repeats `instead` where p is null.
template <class D, typename Body>
void ForEachOfRow(D d, int64_t cols, Body body) {
  using T = hn::TFromD<D>;
  ForEachVector(
      d, cols,
      [&](int64_t i) {
        body([&](const T* p, T instead) { return p ? hn::LoadU(d, p + i) : hn::Set(d, instead); },
             [&](hn::Vec<D> v, T* p) { hn::StoreU(v, d, p + i); });
      },
      [&](int64_t i, int64_t count) {
        body(
            [&](const T* p, T instead) {
              return p ? LoadPartial(d, p + i, count, T(0)) : hn::Set(d, instead);
            },
            [&](hn::Vec<D> v, T* p) { StorePartial(v, d, p + i, count); });
      });
}

// #region simd
/// z = ((x - mean) - shift) * scale: the mean as it was rounded, and what rounding left of it.
template <typename T>
struct Moments {
  T mean, shift, scale;

  template <class D>
  hn::Vec<D> Normalize(D d, hn::Vec<D> x) const {
    const auto deviation = hn::Sub(hn::Sub(x, hn::Set(d, mean)), hn::Set(d, shift));
    return hn::Mul(deviation, hn::Set(d, scale));
  }
};

template <typename T>
Moments<T> MomentsOf(const T* x, int64_t cols, double epsilon) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const T share = T(1) / T(cols);
  auto total = [&](const V(&v)[4]) {
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(v[0], v[1]), hn::Add(v[2], v[3]))));
  };

  // Find the mean first.
  V sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  InFourChains(
      d, cols, [&](int k, int64_t i) { sums[k] = hn::Add(sums[k], hn::LoadU(d, x + i)); },
      [&](int64_t i, int64_t count) {
        sums[1] = hn::Add(sums[1], LoadPartial(d, x + i, count, T(0)));
      });
  const T mean = total(sums) * share;

  // Then sum deviations from it and their squares; lanes behind the row deviate by nothing.
  V deviations[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  V squares[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  const auto add = [&](int k, V v) {
    const auto deviation = hn::Sub(v, hn::Set(d, mean));
    deviations[k] = hn::Add(deviations[k], deviation);
    squares[k] = hn::MulAdd(deviation, deviation, squares[k]);
  };
  InFourChains(
      d, cols, [&](int k, int64_t i) { add(k, hn::LoadU(d, x + i)); },
      [&](int64_t i, int64_t count) { add(1, LoadPartial(d, x + i, count, mean)); });
  const T shift = total(deviations) * share;
  // std::max keeps its first argument where that is NaN.
  const T variance = std::max(total(squares) * share - shift * shift, T(0));
  return {mean, shift, T(1) / std::sqrt(variance + static_cast<T>(epsilon))};
}

template <typename T>
void LayerNormRow(const T* x, const T* weight, const T* bias, T* y, int64_t cols, double epsilon) {
  const hn::ScalableTag<T> d;
  const Moments<T> of_row = MomentsOf(x, cols, epsilon);
  ForEachOfRow(d, cols, [&](auto load, auto store) {
    const auto z = of_row.Normalize(d, load(x, T(0)));
    store(hn::MulAdd(z, load(weight, T(1)), load(bias, T(0))), y);
  });
}
// #endregion simd

/// dx of a row, and what it adds to the sums over rows.
template <typename T>
void GradientOfRow(const T* dy, const T* x, const T* weight, T* dx, T* weight_sums, T* bias_sums,
                   int64_t cols, double epsilon) {
  const hn::ScalableTag<T> d;
  const Moments<T> of_row = MomentsOf(x, cols, epsilon);
  auto g_sums = hn::Zero(d), gz_sums = hn::Zero(d);
  ForEachOfRow(d, cols, [&](auto load, auto store) {
    const auto v = load(dy, T(0)), z = of_row.Normalize(d, load(x, T(0)));
    const auto g = hn::Mul(v, load(weight, T(1)));
    g_sums = hn::Add(g_sums, g);
    gz_sums = hn::MulAdd(g, z, gz_sums);
    store(hn::MulAdd(v, z, load(weight_sums, T(0))), weight_sums);
    store(hn::Add(load(bias_sums, T(0)), v), bias_sums);
  });
  if (dx == nullptr) return;

  const auto mean_g = hn::Set(d, hn::GetLane(hn::SumOfLanes(d, g_sums)) / T(cols));
  const auto mean_gz = hn::Set(d, hn::GetLane(hn::SumOfLanes(d, gz_sums)) / T(cols));
  const auto scale = hn::Set(d, of_row.scale);
  ForEachOfRow(d, cols, [&](auto load, auto store) {
    const auto z = of_row.Normalize(d, load(x, T(0)));
    const auto g = hn::Mul(load(dy, T(0)), load(weight, T(1)));
    store(hn::Mul(hn::NegMulAdd(z, mean_gz, hn::Sub(g, mean_g)), scale), dx);
  });
}

void LayerNorm(const LayerNormArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ForEachRow(args.rows, args.cols, [&](int64_t row) {
      LayerNormRow(static_cast<const T*>(args.x) + row * args.cols,
                   static_cast<const T*>(args.weight), static_cast<const T*>(args.bias),
                   static_cast<T*>(args.y) + row * args.cols, args.cols, args.epsilon);
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
        for (int64_t row = block * kLayerNormBlock; row < last; ++row) {
          const int64_t at = row * cols;
          GradientOfRow(static_cast<const T*>(args.dy) + at, static_cast<const T*>(args.x) + at,
                        static_cast<const T*>(args.weight), dx ? dx + at : nullptr, weight_sums,
                        weight_sums + cols, cols, args.epsilon);
        }
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
