#include "ops/common/pointwise_cuda.h"
#include "ops/dropout/dropout_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
/// A thread makes a block of four words at a time, as many as a pack of elements needs, and decides
/// over the elements that they belong to.
template <typename T>
inline constexpr int kEach = std::max(4, kTogether<T>);

template <typename T>
__global__ void DropEach(const T* x, T* y, int64_t n, PhiloxBlocks blocks, int32_t threshold,
                         Wide<T> scale, bool is_aligned) {
  constexpr int kPack = kTogether<T>;
  for (int64_t first = FirstInGrid() * kEach<T>; first < n; first += GridStep() * kEach<T>) {
    PhiloxCounter words[kEach<T> / 4];
    for (int b = 0; b < kEach<T> / 4; ++b) words[b] = blocks[first / 4 + b];
    auto apply = [&](T value, int k) {
      const bool is_kept = static_cast<int32_t>(words[k / 4][k % 4] >> 8) >= threshold;
      return is_kept ? Narrow<T>(Widen(value) * scale) : T(0);
    };
    const T* from = x + first;
    T* to = y + first;
    if (is_aligned && first + kEach<T> <= n) {
      for (int k = 0; k < kEach<T>; k += kPack) {
        Pack<T, kPack> pack = PackAt<kPack>(from + k);
        for (int j = 0; j < kPack; ++j) pack[j] = apply(pack[j], k + j);
        PackAt<kPack>(to + k) = pack;
      }
    } else {
      for (int k = 0; k < kEach<T> && first + k < n; ++k) to[k] = apply(from[k], k);
    }
  }
}
// #endregion cuda

}  // namespace

void Dropout(const DropoutArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.y);
    Launch(GridFor(args.n, kEach<T>), DropEach<T>, x, y, args.n, args.blocks, args.threshold,
           static_cast<Wide<T>>(args.scale), AreAligned(x, y));
  });
}

}  // namespace prova::cuda
