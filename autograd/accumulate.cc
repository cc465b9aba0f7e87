#include "autograd/accumulate.h"

#include "autograd/tape.h"
#include "base/parallel_for.h"
#include "base/text.h"
#include "tensor/create.h"
#include "tensor/one_device.h"
#include "tensor/strided.h"

namespace prova {

namespace {

/// a + b, of one shape, dtype and device.
Tensor AddElements(const Tensor& a, const Tensor& b) {
  if (a.device().kind == DeviceKind::kCuda) {
    const Tensor y = Copy(a);
    AccumulateElements(b, y);
    return y;
  }
  const Tensor left = Contiguous(a), right = Contiguous(b);
  Tensor y = empty_like(a);
  VisitDType(a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (IsFloating(kDTypeOf<T>)) {
      const T* p = left.data<T>();
      const T* q = right.data<T>();
      T* out = y.mutable_data<T>();
      ParallelFor(y.numel(), kElementGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) out[i] = static_cast<T>(p[i] + q[i]);
      });
    }
  });
  return y;
}

}  // namespace

Tensor Accumulate(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || !IsFloating(a.dtype()) || a.shape() != b.shape()) {
    Fail(a.dtype() == b.dtype() && IsFloating(a.dtype()) ? ErrorCode::kShape : ErrorCode::kDType,
         {.where = "accumulate",
          .given = Cat(a.dtype(), a.shape(), " and ", b.dtype(), b.shape()),
          .need = "one shape and one floating dtype"});
  }
  RequireOneDevice("accumulate", {a, b});
  const Tensor y = AddElements(a, b);
  return Record("accumulate", {a, b}, y, [](const Tensor& dy, const Saved&) -> Tensors {
    return {dy, dy};
  });
}

}  // namespace prova
