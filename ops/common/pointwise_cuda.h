#pragma once

#include "cuda/kernel.h"
#include "ops/common/pointwise.h"
#include "tensor/geometry_cuda.h"
#include "tensor/half_cuda.h"

namespace prova::cuda {

/// Elements of T that one thread moves at a time: 16 bytes, the widest access of a GPU.
template <typename T>
inline constexpr int kTogether = 16 / sizeof(T);

/// Whether all of these lie where packs of 16 bytes may be moved.
template <typename... Pointers>
bool AreAligned(const Pointers*... pointers) {
  return ((reinterpret_cast<uintptr_t>(pointers) | ...) % 16) == 0;
}

// #region packs
/// A geometry walked a pack at a time: within one, an operand is a run of neighbours or one element
/// again and again.
template <int operands>
struct PackWalk {
  Walk<operands> walk;
  bool is_run[operands];
  int64_t packs;  ///< 0 where elements cannot be moved together

  /// The pack of an operand that begins at `place`.
  template <int together, typename T>
  __device__ __forceinline__ static Pack<T, together> Load(const T* place, bool is_run) {
    if (is_run) return PackAt<together>(place);
    Pack<T, together> pack;
    for (int k = 0; k < together; ++k) pack[k] = *place;
    return pack;
  }
};

/// n elements of operands x in packs of `together`, where every pack is aligned and none spans two
/// rows. A single row may end with elements that fill no pack.
template <typename... X>
PackWalk<sizeof...(X)> InPacks(const JointGeometry& geometry, int64_t n, int64_t together,
                               const X*... x) {
  constexpr int kOperands = sizeof...(X);
  const bool aligned[] = {reinterpret_cast<uintptr_t>(x) % (together * sizeof(X)) == 0 ...};
  PackWalk<kOperands> in{Walk<kOperands>(geometry), {}, 0};
  const int last = geometry.shape.rank() - 1;
  bool fits = last == 0 || geometry.shape[last] % together == 0;
  in.walk.shape[last] /= together;
  for (int k = 0; k < kOperands; ++k) {
    in.is_run[k] = geometry.strides[k][last] == 1;
    if (!in.is_run[k]) continue;
    in.walk.strides[k][last] = together;
    fits = fits && aligned[k];
    for (int axis = 0; axis < last; ++axis) {
      fits = fits && geometry.strides[k][axis] % together == 0;
    }
  }
  if (fits) in.packs = n / together;
  return in;
}
// #endregion packs

// #region map
/// y[i] = f(x[i]): the first packs * kTogether elements in packs, the rest one by one. f computes
/// in Wide<T>.
template <typename T, typename Formula>
__global__ void MapElements(const T* x, T* y, int64_t n, int64_t packs, Formula f) {
  constexpr int kPack = kTogether<T>;
  for (int64_t i = FirstInGrid(); i < packs; i += GridStep()) {
    const Pack<T, kPack> in = PackAt<kPack>(x + i * kPack);
    Pack<T, kPack> out;
    for (int k = 0; k < kPack; ++k) out[k] = Narrow<T>(f(Widen(in[k])));
    PackAt<kPack>(y + i * kPack) = out;
  }
  for (int64_t i = packs * kPack + FirstInGrid(); i < n; i += GridStep()) {
    y[i] = Narrow<T>(f(Widen(x[i])));
  }
}

/// The same for y[i] = f(a[i], b[i]), the operands broadcast.
template <typename T, typename Formula>
__global__ void MapPacks(const T* a, const T* b, T* y, int64_t n, PackWalk<2> in, Formula f) {
  constexpr int kPack = kTogether<T>;
  for (int64_t i = FirstInGrid(); i < in.packs; i += GridStep()) {
    int64_t at[2];
    in.walk.At(i, at);
    const Pack<T, kPack> left = in.Load<kPack>(a + at[0], in.is_run[0]);
    const Pack<T, kPack> right = in.Load<kPack>(b + at[1], in.is_run[1]);
    Pack<T, kPack> out;
    for (int k = 0; k < kPack; ++k) out[k] = Narrow<T>(f(Widen(left[k]), Widen(right[k])));
    PackAt<kPack>(y + i * kPack) = out;
  }
  for (int64_t i = in.packs * kPack + FirstInGrid(); i < n; i += GridStep()) {
    const T left = a[in.is_run[0] ? i : 0], right = b[in.is_run[1] ? i : 0];
    y[i] = Narrow<T>(f(Widen(left), Widen(right)));
  }
}

/// The same where elements cannot be moved together.
template <typename T, typename Formula>
__global__ void MapBroadcast(const T* a, const T* b, T* y, int64_t n, Walk<2> walk, Formula f) {
  for (int64_t i = FirstInGrid(); i < n; i += GridStep()) {
    int64_t at[2];
    walk.At(i, at);
    y[i] = Narrow<T>(f(Widen(a[at[0]]), Widen(b[at[1]])));
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
  const PackWalk<2> in = InPacks(args.geometry, args.n, kTogether<T>, a, b);
  if (in.packs > 0 && AreAligned(y)) {
    Launch(GridFor(args.n, kTogether<T>), MapPacks<T, Formula>, a, b, y, args.n, in, f);
  } else {
    Launch(GridFor(args.n), MapBroadcast<T, Formula>, a, b, y, args.n, Walk<2>(args.geometry), f);
  }
}

/// `Map` over the floating types; over integers as well. f is a `__device__` lambda or function
/// object over Wide<T>.
template <typename Args, typename Formula>
void MapFloats(const Args& args, Formula f) {
  VisitAllFloats(args.dtype, [&](auto type) { Map<typename decltype(type)::type>(args, f); });
}
template <typename Args, typename Formula>
void MapNumbers(const Args& args, Formula f) {
  VisitAllNumbers(args.dtype, [&](auto type) { Map<typename decltype(type)::type>(args, f); });
}

}  // namespace prova::cuda
