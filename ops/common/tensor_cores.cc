#include "ops/common/tensor_cores.h"

#include <algorithm>

#include "cuda/tensor_map.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {
namespace {

thread_local bool allows_tf32 = false;

/// Elements between multiples of 16 bytes.
int64_t Multiple(const Tensor& x) { return 16 / ItemSize(x.dtype()); }

/// Whether x has lines of neighbours on the axis -1 or -2 whose starts are aligned.
bool HasLinesOn(const Tensor& x, int line_axis) {
  const int length = x.rank() + line_axis;
  if (reinterpret_cast<uintptr_t>(x.raw_data()) % 16 != 0 || x.strides()[length] != 1) return false;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis == length || x.shape()[axis] == 1) continue;
    // A matrix that is one line again and again has no lines for a copy engine.
    const int64_t least = axis < x.rank() - 2 ? 0 : 1;
    const int64_t stride = x.strides()[axis];
    if (stride < least || stride % Multiple(x) != 0) return false;
  }
  return true;
}

/// A copy whose lines lie on the last axis.
Tensor WithLines(const Tensor& x) {
  Shape padded = x.shape();
  const int64_t length = padded.back(), multiple = Multiple(x);
  padded.back() = (length + multiple - 1) / multiple * multiple;
  const Tensor all = empty(padded, {.dtype = x.dtype(), .device = x.device()});
  const Tensor lines = view::Slice(all, -1, {.start = 0, .stop = length});
  CopyElements(x, lines);
  return lines;
}

Tensor Turned(const Tensor& x) {
  Dims order;
  for (int axis = 0; axis < x.rank() - 2; ++axis) order.push_back(axis);
  order.push_back(x.rank() - 1);
  order.push_back(x.rank() - 2);
  return view::Permute(x, order);
}

}  // namespace

bool AllowsTf32() { return allows_tf32; }

ScopedTf32::ScopedTf32(bool allowed) : before_(allows_tf32) { allows_tf32 = allowed; }
ScopedTf32::~ScopedTf32() { allows_tf32 = before_; }

bool AreForTensorCores(DType dtype, const Device& device, int64_t rows, int64_t terms,
                       int64_t cols) {
  const bool has_element = dtype == DType::kFloat16 || dtype == DType::kBFloat16 ||
                           (dtype == DType::kFloat32 && allows_tf32);
  // A bulk copy is asked for by 32-bit places, some of them behind the end.
  constexpr int64_t kMost = int64_t{INT32_MAX} - 512;
  const bool fits = rows > 1 && cols > 1 && terms > 0 && std::max({rows, cols, terms}) <= kMost;
  return has_element && fits && device.kind == DeviceKind::kCuda &&
         cuda::HasHopperCores(device.index);
}

Tensor ForTensorCores(const Tensor& x, int terms_axis) {
  const bool of_terms_only = x.dtype() == DType::kFloat32;
  const int places_axis = -3 - terms_axis;
  if (HasLinesOn(x, terms_axis) || (!of_terms_only && HasLinesOn(x, places_axis))) return x;
  return of_terms_only && terms_axis == -2 ? Turned(WithLines(Turned(x))) : WithLines(x);
}

}  // namespace prova
