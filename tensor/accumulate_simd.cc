#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/accumulate_simd.cc"
#include <algorithm>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "base/vectors-inl.h"
#include "tensor/accumulate_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

using Doubles = hn::ScalableTag<double>;

HWY_INLINE hn::Vec<Doubles> LoadDoubles(const double* from) { return hn::LoadU(Doubles(), from); }
HWY_INLINE hn::Vec<Doubles> LoadDoubles(const float* from) {
  const Doubles d;
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, Doubles>(), from));
}

/// The sum of n neighbours, in four chains.
template <typename T>
double SumOfRun(const T* x, int64_t n) {
  const Doubles d;
  const int64_t lanes = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = hn::Add(s0, LoadDoubles(x + i));
    s1 = hn::Add(s1, LoadDoubles(x + i + lanes));
    s2 = hn::Add(s2, LoadDoubles(x + i + 2 * lanes));
    s3 = hn::Add(s3, LoadDoubles(x + i + 3 * lanes));
  }
  for (; i + lanes <= n; i += lanes) s0 = hn::Add(s0, LoadDoubles(x + i));
  double total = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < n; ++i) total += static_cast<double>(x[i]);
  return total;
}

/// sums[i] += x[i].
template <typename T>
void AddRun(const T* x, int64_t n, double* sums) {
  const Doubles d;
  const int64_t lanes = hn::Lanes(d);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::Add(hn::LoadU(d, sums + i), LoadDoubles(x + i)), d, sums + i);
  }
  for (; i < n; ++i) sums[i] += static_cast<double>(x[i]);
}

template <typename T>
void AccumulateRun(const T* x, int64_t x_step, int64_t n, double* sums, int64_t sums_step) {
  if (x_step == 1 && sums_step == 0) {
    *sums += SumOfRun(x, n);
  } else if (x_step == 1 && sums_step == 1) {
    AddRun(x, n, sums);
  } else {
    for (int64_t i = 0; i < n; ++i) sums[i * sums_step] += static_cast<double>(x[i * x_step]);
  }
}

// #region accumulate
constexpr int64_t kLeastColumns = 512;  // what a task reads of a row, so that reading is streaming

/// Along the first axis in pieces, each in the order of memory; or, where that axis is summed in
/// one piece, along the last axis, every part of which has sums of its own.
template <typename T>
void AccumulateTyped(const AccumulateArgs& args) {
  const JointGeometry& all = args.geometry;
  const T* from = static_cast<const T*>(args.from);
  const int last = all.shape.rank() - 1;
  const int64_t count = NumElements(all.shape);
  const int64_t x_step = all.strides[0][last], sums_step = all.strides[1][last];
  const bool by_columns = args.pieces == 1 && all.strides[1][0] == 0;
  if (by_columns) {
    JointGeometry rows = all;
    rows.shape[last] = 1;
    const int64_t columns = sums_step == 0 ? 1 : all.shape[last];
    const int64_t grain = std::max(kLeastColumns, ElementGrain(count / all.shape[last]));
    ParallelFor(columns, grain, [&](int64_t begin, int64_t end) {
      const int64_t width = sums_step == 0 ? all.shape[last] : end - begin;
      ForEachRun(rows, 0, count / all.shape[last], [&](const int64_t* offsets, int64_t) {
        AccumulateRun(from + offsets[0] + begin * x_step, x_step, width,
                      args.sums + offsets[1] + begin * sums_step, sums_step);
      });
    });
    return;
  }
  const int64_t length = all.shape[0], row = count / length;
  const bool shared = all.strides[1][0] == 0;
  const int64_t piece = (length + args.pieces - 1) / args.pieces;
  ParallelFor(length, piece, [&](int64_t begin, int64_t end) {
    double* sums = args.sums + (shared ? begin / piece * args.size : 0);
    ForEachRun(all, begin * row, end * row, [&](const int64_t* offsets, int64_t n) {
      AccumulateRun(from + offsets[0], x_step, n, sums + offsets[1], sums_step);
    });
  });
}
// #endregion accumulate

void Accumulate(const AccumulateArgs& args) {
  if (args.dtype == DType::kFloat32) return AccumulateTyped<float>(args);
  AccumulateTyped<double>(args);
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Accumulate);
void Accumulate(const AccumulateArgs& args) { HWY_DYNAMIC_DISPATCH(Accumulate)(args); }

}  // namespace prova::simd
#endif
