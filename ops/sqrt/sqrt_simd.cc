#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/sqrt/sqrt_simd.cc"
#include <limits>

#include "hwy/foreach_target.h"

#include "ops/sqrt/sqrt_kernels.h"

#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region estimate
/// Whether an estimate of 1/sqrt(x) has 14 bits, or 12: what other targets have is not relied on.
inline constexpr bool kHas14Bits = HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3;
inline constexpr bool kHas12Bits = HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2;

/// The root of numbers between 2^-96 and infinity by an estimate r of 1/sqrt(x) with 14 bits, or
/// more after a step of Newton's. Correctly rounded: the page tells how that is known.
template <class D>
HWY_INLINE hn::Vec<D> RootByEstimate(D d, hn::Vec<D> x) {
  const auto half = hn::Set(d, 0.5f);
  auto r = hn::ApproximateReciprocalSqrt(x);
  if (!kHas14Bits) r = hn::MulAdd(r, hn::NegMulAdd(hn::Mul(x, r), hn::Mul(r, half), half), r);
  auto s = hn::Mul(x, r), h = hn::Mul(r, half);
  // s is near sqrt(x) and h near 1/(2s); what their product lacks mends both.
  const auto lack = hn::NegMulAdd(h, s, half);
  s = hn::MulAdd(s, lack, s);
  h = hn::MulAdd(h, lack, h);
  return hn::MulAdd(hn::NegMulAdd(s, s, x), h, s);
}

/// All between 2^-96 and infinity.
template <class D>
HWY_INLINE bool ArePlain(D d, hn::Vec<D> x) {
  const hn::RebindToUnsigned<D> du;
  const auto low = hn::BitCast(du, hn::Set(d, 0x1p-96f));
  const auto end = hn::BitCast(du, hn::Set(d, std::numeric_limits<float>::infinity()));
  return hn::AllTrue(du, hn::Lt(hn::Sub(hn::BitCast(du, x), low), hn::Sub(end, low)));
}
// #endregion estimate

// #region simd
/// The unit for square roots works alone for ten cycles, while those for multiplication wait. So
/// every second vector goes to it, and the others are estimated.
void AlternateRoots(const UnaryArgs& args) {
  const Storing<float, 2> storing(args.n);
  ParallelFor(args.n, kElementGrain, [&](int64_t begin, int64_t end) {
    const hn::ScalableTag<float> d;
    const int64_t lanes = hn::Lanes(d);
    const float* x = static_cast<const float*>(args.x) + begin;
    storing.Store(
        d, end - begin, static_cast<float*>(args.y) + begin,
        [&](int64_t i) {
          const auto v = hn::LoadU(d, x + i);
          if (i / lanes % 2 == 0 || HWY_UNLIKELY(!ArePlain(d, v))) return hn::Sqrt(v);
          return RootByEstimate(d, v);
        },
        [&](int64_t i, int64_t rest) { return hn::Sqrt(LoadPartial(d, x + i, rest, 1.0f)); });
    storing.Finish();
  });
}

void Sqrt(const UnaryArgs& args) {
  // Where memory bounds it, fewer instructions look further ahead.
  const bool is_cached = args.n * static_cast<int64_t>(sizeof(float)) < kStreamBytes;
  const bool estimates = kHas14Bits || (kHas12Bits && is_cached);
  if (estimates && args.dtype == DType::kFloat32) return AlternateRoots(args);
  MapFloats(args, [](auto, auto x) { return hn::Sqrt(x); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Sqrt);
void Sqrt(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH(Sqrt)(args); }

}  // namespace prova::simd
#endif
