#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/adamw_simd.cc"
#include <algorithm>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "base/vectors-inl.h"
#include "nn/adamw_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void AdamW(const simd::AdamWArgs& args) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = hn::Lanes(d);
  auto scaled = [d](float factor, auto v) HWY_ATTR { return hn::Mul(hn::Set(d, factor), v); };
  ParallelFor(args.n, kElementGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += lanes) {
      const int64_t count = std::min(lanes, end - i);
      const auto p = LoadUpTo(d, args.p + i, count), g = LoadUpTo(d, args.g + i, count);
      const auto m = hn::Add(scaled(args.beta1, LoadUpTo(d, args.m + i, count)),
                             scaled(args.one_minus_beta1, g));
      const auto v = hn::Add(scaled(args.beta2, LoadUpTo(d, args.v + i, count)),
                             hn::Mul(scaled(args.one_minus_beta2, g), g));
      const auto root = hn::Div(hn::Sqrt(v), hn::Set(d, args.root_correction));
      const auto move = hn::Div(scaled(args.step_size, m), hn::Add(root, hn::Set(d, args.epsilon)));
      StoreUpTo(m, d, args.m + i, count);
      StoreUpTo(v, d, args.v + i, count);
      StoreUpTo(hn::Sub(scaled(args.keep, p), move), d, args.p + i, count);
    }
  });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(AdamW);
void AdamW(const AdamWArgs& args) { HWY_DYNAMIC_DISPATCH(AdamW)(args); }

}  // namespace prova::simd
#endif
