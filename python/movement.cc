#include "python/movement.h"

#include <numeric>

#include "autograd/functional.h"
#include "autograd/movement.h"
#include "python/define.h"
#include "tensor/strided.h"

namespace prova::python {
namespace {

using nb::literals::operator""_a;

Tensor Reshape(const Tensor& x, const Shape& shape, std::optional<bool> copy) {
  if (copy == true) return reshape(Duplicate(x), shape);
  const Tensor y = reshape(x, shape);
  if (copy == false && y.storage() != x.storage()) {
    Fail(ErrorCode::kValue, {.where = "reshape",
                             .given = Cat("strides ", x.strides(), " with copy=False"),
                             .need = "elements that lie in the order of the new shape"});
  }
  return y;
}

Tensor BroadcastTo(const Tensor& x, const Shape& shape) {
  for (int64_t size : shape) {
    if (size >= 0) continue;
    Fail(ErrorCode::kValue,
         {.where = "broadcast_to", .given = Cat("shape ", shape), .need = "sizes of at least 0"});
  }
  return expand(x, shape);
}

/// Tensors of one shape along a new axis, in the dtype that all promote to.
Tensor Stack(const Tensors& arrays, int64_t axis) {
  Tensors rows = arrays;
  DType dtype = rows.empty() ? DType::kFloat32 : rows[0].dtype();
  for (const Tensor& row : rows) dtype = promote_types(dtype, row.dtype());
  for (Tensor& row : rows) row = cast(row, dtype);
  const Tensor y = stack(rows);
  const int to = NormalizeAxis(axis, y.shape(), "stack");
  Dims order;
  for (int i = 1; i < y.rank(); ++i) order.push_back(i);
  order.insert(to, 0);
  return to == 0 ? y : permute(y, order);
}

Tensor AsType(const Tensor& x, DType dtype, bool copy) {
  return x.dtype() == dtype && copy ? Duplicate(x) : cast(x, dtype);
}

}  // namespace

Tensor Duplicate(const Tensor& x) {
  return custom_function(
      "copy", {x}, [](const Tensors& xs) { return Copy(xs[0]); },
      [](const Tensor& dy, const Saved&) { return Tensors{dy}; });
}

void DefineMovement(nb::module_& module, nb::class_<Tensor>& tensor) {
  Define(module, "reshape",
         "The same elements in another shape; one size of -1 is inferred. A view where strides can "
         "say so, unless copy=True.",
         Reshape, "x"_a, "shape"_a, "copy"_a = nb::none());
  Define(
      module, "permute_dims", "Axis i of the result is axis axes[i] of x: a view.",
      [](const Tensor& x, const Dims& axes) { return permute(x, axes); }, "x"_a, "axes"_a);
  Define(
      module, "matrix_transpose", "The last two axes exchanged: a view.",
      [](const Tensor& x) { return transpose(x, -2, -1); }, "x"_a);
  Define(
      module, "squeeze", "Without the given axes, which have size 1.",
      [](const Tensor& x, const Dims& axis) { return axis.empty() ? x : squeeze(x, axis); }, "x"_a,
      "axis"_a);
  Define(
      module, "expand_dims", "With a new axis of size 1.",
      [](const Tensor& x, int64_t axis) { return unsqueeze(x, axis); }, "x"_a, "axis"_a = 0);
  Define(module, "broadcast_to", "Axes of size 1 repeated, new ones added in front: a view.",
         BroadcastTo, "x"_a, "shape"_a);
  Define(module, "stack", "Tensors of one shape along a new axis.", Stack, "arrays"_a,
         "axis"_a = 0);
  Define(module, "astype",
         "x as another dtype: floating to integer truncates and saturates, integers wrap.", AsType,
         "x"_a, "dtype"_a, "copy"_a = true);
  Define(
      module, "_broadcast_shapes", "The shape that two shapes broadcast to.",
      [](const Shape& a, const Shape& b) { return ToTuple(BroadcastShapes(a, b)); }, "a"_a, "b"_a);
  Define(
      tensor, "astype", "The tensor as another dtype.",
      [](const Tensor& self, DType dtype) { return cast(self, dtype); }, "dtype"_a);
  Define(
      tensor, "to", "The tensor on another device; itself where it is there.",
      [](const Tensor& self, const Device& device) { return to(self, device); }, "device"_a);
  Define(
      tensor, "to_device", "As `to`, under the name of the Array API.",
      [](const Tensor& self, const Device& device) { return to(self, device); }, "device"_a);
  Define(tensor, "contiguous", "Itself where its elements lie in row-major order, else a copy.",
         [](const Tensor& self) { return contiguous(self); });
}

}  // namespace prova::python
