#include "ops/common/pointwise_cuda.h"
#include "ops/where/where_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
/// y[i] = condition[i] ? a[i] : b[i]; both sides are read, and what is not selected is dropped.
template <typename T>
__global__ void SelectPacks(const uint8_t* condition, const T* a, const T* b, T* y, int64_t n,
                            PackWalk<3> in) {
  constexpr int kPack = kTogether<T>;
  for (int64_t i = FirstInGrid(); i < in.packs; i += GridStep()) {
    int64_t at[3];
    in.walk.At(i, at);
    const Pack<uint8_t, kPack> choice = in.Load<kPack>(condition + at[0], in.is_run[0]);
    const Pack<T, kPack> left = in.Load<kPack>(a + at[1], in.is_run[1]);
    const Pack<T, kPack> right = in.Load<kPack>(b + at[2], in.is_run[2]);
    Pack<T, kPack> out;
    for (int k = 0; k < kPack; ++k) out[k] = choice[k] ? left[k] : right[k];
    PackAt<kPack>(y + i * kPack) = out;
  }
  for (int64_t i = in.packs * kPack + FirstInGrid(); i < n; i += GridStep()) {
    y[i] = condition[in.is_run[0] ? i : 0] ? a[in.is_run[1] ? i : 0] : b[in.is_run[2] ? i : 0];
  }
}

/// The same where elements cannot be moved together.
template <typename T>
__global__ void SelectEach(const uint8_t* condition, const T* a, const T* b, T* y, int64_t n,
                           Walk<3> walk) {
  for (int64_t i = FirstInGrid(); i < n; i += GridStep()) {
    int64_t at[3];
    walk.At(i, at);
    y[i] = condition[at[0]] ? a[at[1]] : b[at[2]];
  }
}
// #endregion cuda

}  // namespace

void Where(const WhereArgs& args) {
  VisitBits(args.item_size, [&](auto type) {
    using T = typename decltype(type)::type;
    const T *a = static_cast<const T*>(args.a), *b = static_cast<const T*>(args.b);
    T* y = static_cast<T*>(args.y);
    const PackWalk<3> in = InPacks(args.geometry, args.n, kTogether<T>, args.condition, a, b);
    if (in.packs > 0 && AreAligned(y)) {
      Launch(GridFor(args.n, kTogether<T>), SelectPacks<T>, args.condition, a, b, y, args.n, in);
    } else {
      Launch(GridFor(args.n), SelectEach<T>, args.condition, a, b, y, args.n,
             Walk<3>(args.geometry));
    }
  });
}

}  // namespace prova::cuda
