#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/where/where_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/where/where_kernels.h"

#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
/// The mask of elements whose byte is not zero. Bytes widen in two steps: there is no instruction
/// from 8 to 64 bits.
template <class D>
hn::Mask<D> MaskOfBytes(D d, hn::Vec<hn::Rebind<uint8_t, D>> bytes) {
  if constexpr (sizeof(hn::TFromD<D>) == 1) {
    return hn::Ne(bytes, hn::Zero(d));
  } else if constexpr (sizeof(hn::TFromD<D>) == 8) {
    const hn::Rebind<uint32_t, D> words;
    return hn::Ne(hn::PromoteTo(d, hn::PromoteTo(words, bytes)), hn::Zero(d));
  } else {
    return hn::Ne(hn::PromoteTo(d, bytes), hn::Zero(d));
  }
}

template <typename T>
void Select(const WhereArgs& args) {
  const int64_t condition_step = args.geometry.strides[0].back();
  const int64_t a_step = args.geometry.strides[1].back();
  const int64_t b_step = args.geometry.strides[2].back();
  const Storing<T, kTurn> storing(args.n);
  ParallelFor(args.n, kElementGrain, [&](int64_t begin, int64_t end) {
    const hn::ScalableTag<T> d;
    const hn::Rebind<uint8_t, decltype(d)> bytes;
    T* y = static_cast<T*>(args.y) + begin;
    const auto store = [&](int64_t count, auto condition, auto a, auto b) {
      storing.Store(
          d, count, y,
          [=](int64_t i) {
            const auto mask = MaskOfBytes(d, condition.Load(bytes, i));
            return hn::IfThenElse(mask, a.Load(d, i), b.Load(d, i));
          },
          [=](int64_t i, int64_t rest) {
            const auto mask = MaskOfBytes(d, condition.LoadRest(bytes, i, rest));
            return hn::IfThenElse(mask, a.LoadRest(d, i, rest), b.LoadRest(d, i, rest));
          });
      y += count;
    };
    ForEachRun(args.geometry, begin, end, [&](const int64_t* offsets, int64_t count) {
      const uint8_t* condition = args.condition + offsets[0];
      const T* a = static_cast<const T*>(args.a) + offsets[1];
      const T* b = static_cast<const T*>(args.b) + offsets[2];
      if (condition_step == 1 && a_step == 1 && b_step == 1) {
        return store(count, Elements<uint8_t>{condition}, Elements<T>{a}, Elements<T>{b});
      }
      constexpr size_t kLanes = hn::MaxLanes(d);
      HWY_ALIGN uint8_t spread[kLanes];
      HWY_ALIGN T a_spread[kLanes], b_spread[kLanes];
      store(count, RunOperand(bytes, condition, condition_step, spread),
            RunOperand(d, a, a_step, a_spread), RunOperand(d, b, b_step, b_spread));
    });
    storing.Finish();
  });
}

void Where(const WhereArgs& args) {
  VisitBits(args.item_size, [&](auto type) { Select<typename decltype(type)::type>(args); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Where);
void Where(const WhereArgs& args) { HWY_DYNAMIC_DISPATCH(Where)(args); }

}  // namespace prova::simd
#endif
