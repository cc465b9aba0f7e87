#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/mul/mul_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/mul/mul_kernels.h"

#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
template <class D, typename T = hn::TFromD<D>>
hn::Vec<D> MulWrapping(D d, hn::Vec<D> a, hn::Vec<D> b) {
  if constexpr (sizeof(T) == 1) {
    // No target multiplies bytes: as 16-bit lanes, the even bytes below and the odd ones above.
    const hn::Repartition<uint16_t, D> wide;
    const auto x = hn::BitCast(wide, a), y = hn::BitCast(wide, b);
    const auto even = hn::And(hn::Mul(x, y), hn::Set(wide, 0xFF));
    const auto odd = hn::Mul(hn::ShiftRight<8>(x), hn::ShiftRight<8>(y));
    return hn::BitCast(d, hn::Or(even, hn::ShiftLeft<8>(odd)));
  } else {
    return hn::Mul(a, b);
  }
}

void Mul(const BinaryArgs& args) {
  MapNumbers(args, [](auto d, auto a, auto b) { return MulWrapping(d, a, b); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Mul);
void Mul(const BinaryArgs& args) { HWY_DYNAMIC_DISPATCH(Mul)(args); }

}  // namespace prova::simd
#endif
