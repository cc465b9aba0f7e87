#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/embedding/embedding_simd.cc"
#include <algorithm>
#include <cstring>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "base/vectors-inl.h"
#include "ops/common/rows.h"
#include "ops/embedding/embedding_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
/// y[i] = weight[index[i]] for some rows, whole vectors by `store(v, to)`. By value, so that it
/// stays in registers: a store of bytes could change whatever lies in memory.
template <typename Store>
HWY_INLINE void CopyRows(const int64_t* index, const uint8_t* weight, uint8_t* y, int64_t count,
                         int64_t row_bytes, Store store) {
  const hn::ScalableTag<uint8_t> d;
  const int64_t lanes = hn::Lanes(d);
  for (int64_t i = 0; i < count; ++i) {
    const uint8_t* from = weight + index[i] * row_bytes;
    uint8_t* to = y + i * row_bytes;
    int64_t k = 0;
    for (; k + 4 * lanes <= row_bytes; k += 4 * lanes) {
      HWY_UNROLL(4)
      for (int v = 0; v < 4; ++v) store(hn::LoadU(d, from + k + v * lanes), to + k + v * lanes);
    }
    for (; k + lanes <= row_bytes; k += lanes) store(hn::LoadU(d, from + k), to + k);
    if (k < row_bytes) std::memcpy(to + k, from + k, row_bytes - k);
  }
}

void Embedding(const EmbeddingArgs& args) {
  const hn::ScalableTag<uint8_t> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t bytes = args.row_bytes, lanes = hn::Lanes(d);
  const bool aligned = bytes % lanes == 0 && reinterpret_cast<uintptr_t>(args.y) % lanes == 0;
  const bool streams = aligned && args.count * bytes >= kStreamBytes;
  ParallelFor(args.count, ElementGrain(bytes / 4), [&](int64_t begin, int64_t end) {
    const auto copy = [&](auto store) {
      CopyRows(args.index + begin, args.weight, args.y + begin * bytes, end - begin, bytes, store);
    };
    if (streams) {
      copy([=](V v, uint8_t* to) { hn::Stream(v, d, to); });
      hwy::FlushStream();
    } else {
      copy([=](V v, uint8_t* to) { hn::StoreU(v, d, to); });
    }
  });
}
// #endregion simd

// #region simd_backward
constexpr int kLevels = 40;
constexpr int64_t kLeaf = 16;

/// The sum of vectors load(order[0..count-1]) as a tree: leaves of 16 in a row, then subtrees of
/// equal size pairwise, the open ones on a stack.
template <class D, typename Load>
hn::Vec<D> SumOfRows(D d, const int64_t* order, int64_t count, Load load) {
  HWY_ALIGN hn::TFromD<D> stack[kLevels * hn::MaxLanes(D())];
  const int64_t lanes = hn::Lanes(d);
  int depth = 0;
  for (int64_t first = 0, leaves = 0; first < count; first += kLeaf, ++leaves) {
    auto total = load(order[first]);
    for (int64_t k = first + 1; k < std::min(first + kLeaf, count); ++k) {
      total = hn::Add(total, load(order[k]));
    }
    for (int64_t bits = leaves; bits & 1; bits >>= 1) {
      total = hn::Add(hn::Load(d, stack + --depth * lanes), total);
    }
    hn::Store(total, d, stack + depth++ * lanes);
  }
  auto total = hn::Zero(d);
  while (depth > 0) total = hn::Add(hn::Load(d, stack + --depth * lanes), total);
  return total;
}

template <typename T>
void EmbeddingBackwardRow(const T* dy, const int64_t* order, int64_t count, T* dweight,
                          int64_t dim) {
  const hn::ScalableTag<T> d;
  ForEachVector(
      d, dim,
      [&](int64_t c) {
        const auto load = [&](int64_t i) { return hn::LoadU(d, dy + i * dim + c); };
        hn::StoreU(SumOfRows(d, order, count, load), d, dweight + c);
      },
      [&](int64_t c, int64_t rest) {
        const auto load = [&](int64_t i) { return LoadPartial(d, dy + i * dim + c, rest, T(0)); };
        StorePartial(SumOfRows(d, order, count, load), d, dweight + c, rest);
      });
}

void EmbeddingBackward(const EmbeddingBackwardArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* dy = static_cast<const T*>(args.dy);
    ForEachRow(args.rows, args.dim, [&](int64_t row) {
      const int64_t first = args.starts[row], count = args.starts[row + 1] - first;
      EmbeddingBackwardRow(dy, args.order + first, count,
                           static_cast<T*>(args.dweight) + row * args.dim, args.dim);
    });
  });
}
// #endregion simd_backward

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Embedding);
HWY_EXPORT(EmbeddingBackward);
void Embedding(const EmbeddingArgs& args) { HWY_DYNAMIC_DISPATCH(Embedding)(args); }
void EmbeddingBackward(const EmbeddingBackwardArgs& args) {
  HWY_DYNAMIC_DISPATCH(EmbeddingBackward)(args);
}

}  // namespace prova::simd
#endif
