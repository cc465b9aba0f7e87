#include "ops/common/pointwise_cuda.h"
#include "ops/dropout/dropout_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
/// A thread makes a block of four words and decides over the four elements that they belong to.
template <typename T>
__global__ void DropFours(const T* x, T* y, int64_t n, PhiloxBlocks blocks, int32_t threshold,
                          T scale, bool is_aligned) {
  constexpr int kPack = kTogether<T>;
  for (int64_t i = FirstInGrid(); i < (n + 3) / 4; i += GridStep()) {
    const PhiloxCounter words = blocks[i];
    auto apply = [&](T value, int k) {
      return static_cast<int32_t>(words[k] >> 8) >= threshold ? value * scale : T(0);
    };
    const T* from = x + 4 * i;
    T* to = y + 4 * i;
    if (is_aligned && 4 * i + 4 <= n) {
      for (int k = 0; k < 4; k += kPack) {
        Pack<T, kPack> pack = PackAt<kPack>(from + k);
        for (int j = 0; j < kPack; ++j) pack[j] = apply(pack[j], k + j);
        PackAt<kPack>(to + k) = pack;
      }
    } else {
      for (int k = 0; k < 4 && 4 * i + k < n; ++k) to[k] = apply(from[k], k);
    }
  }
}
// #endregion cuda

}  // namespace

void Dropout(const DropoutArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.y);
    Launch(GridFor(args.n, 4), DropFours<T>, x, y, args.n, args.blocks, args.threshold,
           static_cast<T>(args.scale), AreAligned(x, y));
  });
}

}  // namespace prova::cuda
