#pragma once

#include "cuda/kernel.h"
#include "ops/common/pointwise.h"
#include "tensor/geometry_cuda.h"

namespace prova::cuda {

/// Elements of T that one thread moves at a time: 16 bytes, the widest access of a GPU.
template <typename T>
inline constexpr int kTogether = 16 / sizeof(T);

/// Whether all of these lie where packs of 16 bytes may be moved.
template <typename... Pointers>
bool AreAligned(const Pointers*... pointers) {
  return ((reinterpret_cast<uintptr_t>(pointers) | ...) % 16) == 0;
}

// #region map
/// y[i] = f(x[i]): the first packs * kTogether elements in packs, the rest one by one.
template <typename T, typename Formula>
__global__ void MapElements(const T* x, T* y, int64_t n, int64_t packs, Formula f) {
  using Elements = Pack<T, kTogether<T>>;
  for (int64_t i = FirstInGrid(); i < packs; i += GridStep()) {
    const Elements in = reinterpret_cast<const Elements*>(x)[i];
    Elements out;
    for (int k = 0; k < kTogether<T>; ++k) out[k] = f(in[k]);
    reinterpret_cast<Elements*>(y)[i] = out;
  }
  for (int64_t i = packs * kTogether<T> + FirstInGrid(); i < n; i += GridStep()) y[i] = f(x[i]);
}

/// The same for y[i] = f(a[i], b[i]).
template <typename T, typename Formula>
__global__ void MapPairs(const T* a, const T* b, T* y, int64_t n, int64_t packs, Formula f) {
  using Elements = Pack<T, kTogether<T>>;
  for (int64_t i = FirstInGrid(); i < packs; i += GridStep()) {
    const Elements left = reinterpret_cast<const Elements*>(a)[i];
    const Elements right = reinterpret_cast<const Elements*>(b)[i];
    Elements out;
    for (int k = 0; k < kTogether<T>; ++k) out[k] = f(left[k], right[k]);
    reinterpret_cast<Elements*>(y)[i] = out;
  }
  for (int64_t i = packs * kTogether<T> + FirstInGrid(); i < n; i += GridStep()) {
    y[i] = f(a[i], b[i]);
  }
}

/// The same for operands that are broadcast.
template <typename T, typename Formula>
__global__ void MapBroadcast(const T* a, const T* b, T* y, int64_t n, Walk<2> walk, Formula f) {
  for (int64_t i = FirstInGrid(); i < n; i += GridStep()) {
    int64_t at[2];
    walk.At(i, at);
    y[i] = f(a[at[0]], b[at[1]]);
  }
}
// #endregion map

template <typename T, typename Formula>
void Map(const UnaryArgs& args, Formula f) {
  const T* x = static_cast<const T*>(args.x);
  T* y = static_cast<T*>(args.y);
  const int64_t packs = AreAligned(x, y) ? args.n / kTogether<T> : 0;
  Launch(GridFor(args.n, kTogether<T>), MapElements<T, Formula>, x, y, args.n, packs, f);
}

template <typename T, typename Formula>
void Map(const BinaryArgs& args, Formula f) {
  const T *a = static_cast<const T*>(args.a), *b = static_cast<const T*>(args.b);
  T* y = static_cast<T*>(args.y);
  const JointGeometry& geometry = args.geometry;
  const bool is_run =
      geometry.shape.rank() == 1 && geometry.strides[0][0] == 1 && geometry.strides[1][0] == 1;
  if (is_run) {
    const int64_t packs = AreAligned(a, b, y) ? args.n / kTogether<T> : 0;
    Launch(GridFor(args.n, kTogether<T>), MapPairs<T, Formula>, a, b, y, args.n, packs, f);
  } else {
    Launch(GridFor(args.n), MapBroadcast<T, Formula>, a, b, y, args.n, Walk<2>(geometry), f);
  }
}

/// `Map` over float and double; over integers as well. f is a `__device__` lambda or function
/// object over T.
template <typename Args, typename Formula>
void MapFloats(const Args& args, Formula f) {
  VisitFloats(args.dtype, [&](auto type) { Map<typename decltype(type)::type>(args, f); });
}
template <typename Args, typename Formula>
void MapNumbers(const Args& args, Formula f) {
  VisitNumbers(args.dtype, [&](auto type) { Map<typename decltype(type)::type>(args, f); });
}

}  // namespace prova::cuda
