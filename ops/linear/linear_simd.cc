#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/linear/linear_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/linear/linear_kernels.h"

#include "ops/common/gemm-inl.h"
#include "ops/common/gemv-inl.h"
#include "ops/gelu/gelu-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
struct ReluFormula {
  template <class D>
  hn::Vec<D> operator()(D d, hn::Vec<D> v) const {
    return hn::IfThenZeroElse(hn::Le(v, hn::Zero(d)), v);
  }
};
template <>
inline constexpr bool kIsShort<ReluFormula> = true;

struct GeluFormula {
  template <class D>
  hn::Vec<D> operator()(D d, hn::Vec<D> v) const {
    return ExactGelu(d, v);
  }
};

/// y = activate(y + bias) for one row; a null bias is none.
template <typename T, typename Formula>
void Finish(const T* bias, int64_t n, T* y, const Formula& activate) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  for (int64_t o = 0; o < n; o += lanes) {
    const int64_t count = std::min(lanes, n - o);
    const auto start = bias == nullptr ? hn::Zero(d) : LoadUpTo(d, bias + o, count);
    StoreUpTo(activate(d, hn::Add(start, LoadUpTo(d, y + o, count))), d, y + o, count);
  }
}

template <typename T, typename Formula>
void LinearOf(const LinearArgs& args, const Formula& activate) {
  const T* x = static_cast<const T*>(args.x);
  const T* weight = static_cast<const T*>(args.weight);
  const T* bias = static_cast<const T*>(args.bias);
  T* y = static_cast<T*>(args.y);
  if (args.rows == 1) {
    // One row reads each weight once: packing them would cost more than the products.
    const Strided<const T> rows = {weight, args.in, 1};
    ParallelFor(args.out, StreamGrain(args.out, args.in), [&](int64_t begin, int64_t end) {
      DotRows(x, rows.From(begin, 0), args.in, end - begin, y + begin);
      Finish(bias == nullptr ? bias : bias + begin, end - begin, y + begin, activate);
    });
    return;
  }
  // The weight is read along its columns: no transpose is made.
  Product<T, Formula> product = {{x, args.in, 1}, {weight, 1, args.in}, {y, args.out, 1}};
  if (bias != nullptr) product.start = {bias, 0, 1};
  MultiplyMatrices<T>(1, args.rows, args.out, args.in, [&](int64_t) { return product; });
}
// #endregion simd

void Linear(const LinearArgs& args) {
  if (args.rows * args.out == 0) return;
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    switch (args.activation) {
      case Activation::kNone: return LinearOf<T>(args, Identity());
      case Activation::kRelu: return LinearOf<T>(args, ReluFormula());
      case Activation::kGelu: return LinearOf<T>(args, GeluFormula());
    }
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Linear);
void Linear(const LinearArgs& args) { HWY_DYNAMIC_DISPATCH(Linear)(args); }

}  // namespace prova::simd
#endif
