#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/dropout/dropout_simd.cc"
#include <algorithm>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "ops/dropout/dropout_kernels.h"
#include "tensor/strided.h"

#include "base/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region philox
/// The words of blocks first..first+count-1 in order, `count` a multiple of the lanes. A lane of
/// 64 bits holds one word of one block: products of 32-bit words fill it.
void PhiloxWords(const PhiloxBlocks& blocks, uint64_t first, int64_t count, uint64_t* words) {
  const hn::ScalableTag<uint64_t> d;
  const hn::Repartition<uint32_t, decltype(d)> halves;
  const auto low_half = hn::Set(d, 0xFFFFFFFFu);
  const auto times = [&](auto v, uint32_t multiplier) {
    return hn::MulEven(hn::BitCast(halves, v), hn::Set(halves, multiplier));
  };
  for (int64_t b = 0; b < count; b += static_cast<int64_t>(hn::Lanes(d))) {
    const auto place = hn::Iota(d, blocks.first + first + static_cast<uint64_t>(b));
    auto c0 = hn::And(place, low_half), c1 = hn::ShiftRight<32>(place);
    auto c2 = hn::Set(d, blocks.stream & 0xFFFFFFFFu), c3 = hn::Set(d, blocks.stream >> 32);
    PhiloxKey key = blocks.key;
    for (int round = 0; round < 10; ++round) {
      const auto even = times(c0, 0xD2511F53u), odd = times(c2, 0xCD9E8D57u);
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(odd), c1), hn::Set(d, uint64_t{key[0]}));
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(even), c3), hn::Set(d, uint64_t{key[1]}));
      c1 = hn::And(odd, low_half);
      c3 = hn::And(even, low_half);
      key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
    }
    // Words 0, 1 and words 2, 3 side by side in memory.
    const auto front = hn::Or(c0, hn::ShiftLeft<32>(c1)), back = hn::Or(c2, hn::ShiftLeft<32>(c3));
    hn::StoreInterleaved2(front, back, d, words + 2 * b);
  }
}
// #endregion philox

// #region simd
/// Lanes whose word reaches the threshold. Words of 24 bits compare alike with and without sign.
template <class D>
hn::Mask<D> Kept(D d, const uint32_t* words, int32_t threshold) {
  const hn::Rebind<int32_t, D> d32;
  const auto bits = hn::ShiftRight<8>(hn::LoadU(hn::Rebind<uint32_t, D>(), words));
  const auto values = hn::BitCast(d32, bits);
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return hn::RebindMask(d, hn::Gt(values, hn::Set(d32, threshold - 1)));
  } else {
    const hn::Rebind<int64_t, D> d64;
    return hn::RebindMask(d, hn::Gt(hn::PromoteTo(d64, values), hn::Set(d64, threshold - 1)));
  }
}

void Dropout(const DropoutArgs& args) {
  constexpr int64_t kBatch = 512;  // elements whose words lie in the cache at a time
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ParallelFor(args.n, kElementGrain, [&](int64_t begin, int64_t end) {
      const hn::ScalableTag<T> d;
      const auto scale = hn::Set(d, static_cast<T>(args.scale));
      HWY_ALIGN uint64_t pairs[kBatch / 2];
      HWY_ALIGN uint32_t words[kBatch];
      for (int64_t first = begin; first < end; first += kBatch) {
        PhiloxWords(args.blocks, static_cast<uint64_t>(first) / 4, kBatch / 4, pairs);
        hwy::CopyBytes<sizeof(words)>(pairs, words);
        const T* x = static_cast<const T*>(args.x) + first;
        T* y = static_cast<T*>(args.y) + first;
        ForEachVector(
            d, std::min(kBatch, end - first),
            [&](int64_t i) {
              const auto scaled = hn::Mul(hn::LoadU(d, x + i), scale);
              hn::StoreU(hn::IfThenElseZero(Kept(d, words + i, args.threshold), scaled), d, y + i);
            },
            [&](int64_t i, int64_t count) {
              const auto scaled = hn::Mul(LoadPartial(d, x + i, count, T(0)), scale);
              StorePartial(hn::IfThenElseZero(Kept(d, words + i, args.threshold), scaled), d, y + i,
                           count);
            });
      }
    });
  });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Dropout);
void Dropout(const DropoutArgs& args) { HWY_DYNAMIC_DISPATCH(Dropout)(args); }

}  // namespace prova::simd
#endif
