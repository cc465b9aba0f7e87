#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/dropout/dropout_simd.cc"
#include <algorithm>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "base/vectors-inl.h"
#include "ops/dropout/dropout_kernels.h"
#include "tensor/strided.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region philox
constexpr int kRounds = 10;

/// The key of each round, both words.
struct PhiloxKeys {
  uint64_t words[kRounds][2];

  explicit PhiloxKeys(PhiloxKey key) {
    for (auto& round : words) {
      round[0] = key[0], round[1] = key[1];
      key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
    }
  }
};

/// Vectors of blocks that are drawn at once: each round waits for the one before it, so that other
/// blocks fill the time.
constexpr int kChains = 4;

/// The words of blocks first..first+count-1 in order, `count` a multiple of the lanes of all
/// chains. A lane of 64 bits holds one word of one block, for products of 32-bit words fill it;
/// multiplications see the lower half alone, so what gathers in the upper one is cleared at the
/// end.
void PhiloxWords(const PhiloxBlocks& blocks, const PhiloxKeys& keys, uint64_t first, int64_t count,
                 uint64_t* words) {
  const hn::ScalableTag<uint64_t> d;
  using V = hn::Vec<decltype(d)>;
  const hn::Repartition<uint32_t, decltype(d)> halves;
  const int64_t lanes = hn::Lanes(d);
  const auto low_half = hn::Set(d, 0xFFFFFFFFu);
  const auto times = [&](auto v, uint32_t multiplier) {
    return hn::MulEven(hn::BitCast(halves, v), hn::Set(halves, multiplier));
  };
  for (int64_t b = 0; b < count; b += kChains * lanes) {
    V c0[kChains], c1[kChains], c2[kChains], c3[kChains];
    HWY_UNROLL(kChains)
    for (int k = 0; k < kChains; ++k) {
      c0[k] = hn::Iota(d, blocks.first + first + static_cast<uint64_t>(b + k * lanes));
      c1[k] = hn::ShiftRight<32>(c0[k]);
      c2[k] = hn::Set(d, blocks.stream), c3[k] = hn::Set(d, blocks.stream >> 32);
    }
    HWY_UNROLL(kRounds)
    for (const auto& key : keys.words) {
      HWY_UNROLL(kChains)
      for (int k = 0; k < kChains; ++k) {
        const auto even = times(c0[k], 0xD2511F53u), odd = times(c2[k], 0xCD9E8D57u);
        c0[k] = hn::Xor(hn::Xor(hn::ShiftRight<32>(odd), c1[k]), hn::Set(d, key[0]));
        c2[k] = hn::Xor(hn::Xor(hn::ShiftRight<32>(even), c3[k]), hn::Set(d, key[1]));
        c1[k] = odd;
        c3[k] = even;
      }
    }
    // Words 0, 1 and words 2, 3 side by side in memory.
    HWY_UNROLL(kChains)
    for (int k = 0; k < kChains; ++k) {
      const auto front = hn::Or(hn::And(c0[k], low_half), hn::ShiftLeft<32>(c1[k]));
      const auto back = hn::Or(hn::And(c2[k], low_half), hn::ShiftLeft<32>(c3[k]));
      hn::StoreInterleaved2(front, back, d, words + 2 * (b + k * lanes));
    }
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
  const PhiloxKeys keys(args.blocks.key);
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const Storing<T> storing(args.n);
    ParallelFor(args.n, kElementGrain, [&](int64_t begin, int64_t end) {
      const hn::ScalableTag<T> d;
      const auto scale = hn::Set(d, static_cast<T>(args.scale));
      HWY_ALIGN uint64_t pairs[kBatch / 2];
      HWY_ALIGN uint32_t words[kBatch];
      for (int64_t first = begin; first < end; first += kBatch) {
        PhiloxWords(args.blocks, keys, static_cast<uint64_t>(first) / 4, kBatch / 4, pairs);
        hwy::CopyBytes<sizeof(words)>(pairs, words);
        const T* x = static_cast<const T*>(args.x) + first;
        const auto drop = [&](auto v, int64_t i) {
          return hn::IfThenElseZero(Kept(d, words + i, args.threshold), hn::Mul(v, scale));
        };
        storing.Store(
            d, std::min(kBatch, end - first), static_cast<T*>(args.y) + first,
            [&](int64_t i) { return drop(hn::LoadU(d, x + i), i); },
            [&](int64_t i, int64_t count) { return drop(LoadPartial(d, x + i, count, T(0)), i); });
      }
      storing.Finish();
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
