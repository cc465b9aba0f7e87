#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/ceilings_simd.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "bench/ceilings_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Twelve sums hide the latency of a multiply-add on two units and fit, with the two factors, the
/// sixteen registers of AVX2.
template <typename T>
int64_t Fma(int64_t rounds, T* seed) {
  const hn::ScalableTag<T> d;
  const auto a = hn::Set(d, seed[0]), b = hn::Set(d, seed[1]);
  // Equal sums would be computed once.
  auto s0 = hn::Iota(d, T{0}), s1 = hn::Iota(d, T{1}), s2 = hn::Iota(d, T{2}),
       s3 = hn::Iota(d, T{3}), s4 = hn::Iota(d, T{4}), s5 = hn::Iota(d, T{5}),
       s6 = hn::Iota(d, T{6}), s7 = hn::Iota(d, T{7}), s8 = hn::Iota(d, T{8}),
       s9 = hn::Iota(d, T{9}), s10 = hn::Iota(d, T{10}), s11 = hn::Iota(d, T{11});
  for (int64_t round = 0; round < rounds; ++round) {
    s0 = hn::MulAdd(s0, a, b);
    s1 = hn::MulAdd(s1, a, b);
    s2 = hn::MulAdd(s2, a, b);
    s3 = hn::MulAdd(s3, a, b);
    s4 = hn::MulAdd(s4, a, b);
    s5 = hn::MulAdd(s5, a, b);
    s6 = hn::MulAdd(s6, a, b);
    s7 = hn::MulAdd(s7, a, b);
    s8 = hn::MulAdd(s8, a, b);
    s9 = hn::MulAdd(s9, a, b);
    s10 = hn::MulAdd(s10, a, b);
    s11 = hn::MulAdd(s11, a, b);
  }
  const auto low = hn::Add(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), hn::Add(s4, s5));
  const auto high = hn::Add(hn::Add(hn::Add(s6, s7), hn::Add(s8, s9)), hn::Add(s10, s11));
  seed[1] = hn::GetLane(hn::SumOfLanes(d, hn::Add(low, high)));
  return rounds * 12 * 2 * static_cast<int64_t>(hn::Lanes(d));
}

int64_t FmaFloat(int64_t rounds, float* seed) { return Fma(rounds, seed); }
int64_t FmaDouble(int64_t rounds, double* seed) { return Fma(rounds, seed); }

float Read(const float* HWY_RESTRICT x, int64_t n, int64_t passes) {
  const hn::ScalableTag<float> d;
  const auto N = static_cast<int64_t>(hn::Lanes(d));
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (int64_t pass = 0; pass < passes; ++pass) {
    for (int64_t i = 0; i < n; i += 8 * N) {
      s0 = hn::Add(s0, hn::Load(d, x + i));
      s1 = hn::Add(s1, hn::Load(d, x + i + N));
      s2 = hn::Add(s2, hn::Load(d, x + i + 2 * N));
      s3 = hn::Add(s3, hn::Load(d, x + i + 3 * N));
      s4 = hn::Add(s4, hn::Load(d, x + i + 4 * N));
      s5 = hn::Add(s5, hn::Load(d, x + i + 5 * N));
      s6 = hn::Add(s6, hn::Load(d, x + i + 6 * N));
      s7 = hn::Add(s7, hn::Load(d, x + i + 7 * N));
    }
  }
  const auto low = hn::Add(hn::Add(s0, s1), hn::Add(s2, s3));
  const auto high = hn::Add(hn::Add(s4, s5), hn::Add(s6, s7));
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(low, high)));
}

void Copy(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, int64_t n) {
  const hn::ScalableTag<float> d;
  const auto N = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < n; i += 4 * N) {
    const auto v0 = hn::Load(d, x + i), v1 = hn::Load(d, x + i + N);
    const auto v2 = hn::Load(d, x + i + 2 * N), v3 = hn::Load(d, x + i + 3 * N);
    hn::Store(v0, d, y + i);
    hn::Store(v1, d, y + i + N);
    hn::Store(v2, d, y + i + 2 * N);
    hn::Store(v3, d, y + i + 3 * N);
  }
}

const char* TargetName() { return hwy::TargetName(HWY_TARGET); }

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(FmaFloat);
HWY_EXPORT(FmaDouble);
HWY_EXPORT(Read);
HWY_EXPORT(Copy);
HWY_EXPORT(TargetName);
int64_t FmaFloat(int64_t rounds, float* seed) {
  return HWY_DYNAMIC_DISPATCH(FmaFloat)(rounds, seed);
}
int64_t FmaDouble(int64_t rounds, double* seed) {
  return HWY_DYNAMIC_DISPATCH(FmaDouble)(rounds, seed);
}
float Read(const float* x, int64_t n, int64_t passes) {
  return HWY_DYNAMIC_DISPATCH(Read)(x, n, passes);
}
void Copy(const float* x, float* y, int64_t n) { HWY_DYNAMIC_DISPATCH(Copy)(x, y, n); }
const char* TargetName() { return HWY_DYNAMIC_DISPATCH(TargetName)(); }

}  // namespace prova::simd
#endif
