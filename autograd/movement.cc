#include "autograd/movement.h"

#include <numeric>

#include "base/text.h"
#include "tensor/create.h"
#include "tensor/one_device.h"
#include "tensor/strided.h"

namespace prova {
namespace {

using View = std::function<Tensor(const Tensor&)>;

/// Records y = view(x). A view is linear; its adjoint adds dy into zeros seen through the view.
Tensor RecordView(const char* op, const Tensor& x, const View& view);

/// zeros(shape) with dy added through `view`. Its own adjoint is the view again.
Tensor AddThroughView(const char* op, const Tensor& dy, const Shape& shape, const View& view) {
  Tensor dx = zeros(shape, {.dtype = dy.dtype(), .device = dy.device()});
  AccumulateElements(dy, view(dx));
  return Record(op, {dy}, dx, [op, view](const Tensor& ddx, const Saved&) -> Tensors {
    return {RecordView(op, ddx, view)};
  });
}

Tensor RecordView(const char* op, const Tensor& x, const View& view) {
  return Record(op, {x}, view(x), [op, view](const Tensor& dy, const Saved& saved) -> Tensors {
    return {AddThroughView(op, dy, saved.input().shape(), view)};
  });
}

/// The rows along the first axis: the adjoint of `stack`, which is its own in turn.
Tensors Unstack(const Tensor& x) {
  Tensors rows;
  for (int64_t i = 0; i < x.size(0); ++i) {
    rows.push_back(view::Squeeze(view::Slice(x, 0, {.start = i, .stop = i + 1}), {0}));
  }
  return Record("unstack", {x}, std::move(rows), [](const Tensors& dy, const Saved& saved) {
    Tensors rows = dy;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!rows[i].defined()) rows[i] = zeros_like(saved.output(i));
    }
    return Tensors{stack(rows)};
  });
}

}  // namespace

Tensor slice(const Tensor& x, int64_t axis, const SliceSpec& spec) {
  return RecordView("slice", x, [=](const Tensor& t) { return view::Slice(t, axis, spec); });
}

Tensor permute(const Tensor& x, const Dims& order) {
  const Tensor y = view::Permute(x, order);
  Dims inverse = order;
  for (int i = 0; i < order.rank(); ++i) {
    inverse[NormalizeAxis(order[i], x.shape(), "permute")] = i;
  }
  return Record("permute", {x}, y, [inverse](const Tensor& dy, const Saved&) -> Tensors {
    return {permute(dy, inverse)};
  });
}

Tensor expand(const Tensor& x, const Shape& shape) {
  const Tensor y = view::Expand(x, shape);
  if (y.shape() == x.shape()) return x;
  return Record("expand", {x}, y, [](const Tensor& dy, const Saved& saved) -> Tensors {
    return {sum_to(dy, saved.input().shape())};
  });
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (!IsFloating(x.dtype())) {
    Fail(ErrorCode::kDType,
         {.where = "sum_to", .given = Cat("a tensor of ", x.dtype()), .need = "a floating dtype"});
  }
  if (x.shape() == shape) return x;
  const Shape from = x.shape();
  Tensor y = zeros(shape, {.dtype = x.dtype(), .device = x.device()});
  AccumulateElements(x, view::Expand(y, from, "sum_to"));
  return Record("sum_to", {x}, y,
                [from](const Tensor& dy, const Saved&) -> Tensors { return {expand(dy, from)}; });
}

Tensor reshape(const Tensor& x, const Shape& shape) {
  const Tensor y = view::Reshape(x, shape);
  return Record("reshape", {x}, y, [](const Tensor& dy, const Saved& saved) -> Tensors {
    return {reshape(dy, saved.input().shape())};
  });
}

Tensor squeeze(const Tensor& x, const Dims& axes) {
  return reshape(x, view::Squeeze(x, axes).shape());
}

Tensor unsqueeze(const Tensor& x, int64_t axis) {
  return reshape(x, view::Unsqueeze(x, axis).shape());
}

Tensor transpose(const Tensor& x, int64_t axis0, int64_t axis1) {
  Dims order = Dims::Filled(x.rank(), 0);
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[NormalizeAxis(axis0, x.shape(), "transpose")],
            order[NormalizeAxis(axis1, x.shape(), "transpose")]);
  return permute(x, order);
}

Tensor contiguous(const Tensor& x) {
  if (x.is_contiguous()) return x;
  return Record("contiguous", {x}, Contiguous(x),
                [](const Tensor& dy, const Saved&) -> Tensors { return {dy}; });
}

Tensor cast(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  const Tensor y = Cast(x, dtype);
  return Record("cast", {x}, y, [](const Tensor& dy, const Saved& saved) -> Tensors {
    return {cast(dy, saved.input().dtype())};
  });
}

Tensor to(const Tensor& x, const Device& device) {
  if (x.device() == device) return x;
  return Record("to", {x}, To(x, device), [](const Tensor& dy, const Saved& saved) -> Tensors {
    return {to(dy, saved.input().device())};
  });
}

Tensor stack(const Tensors& rows) {
  if (rows.empty()) {
    Fail(ErrorCode::kValue, {.where = "stack", .given = "no tensors", .need = "at least one"});
  }
  const Tensor& first = rows.front();
  Shape shape = first.shape();
  shape.insert(0, static_cast<int64_t>(rows.size()));
  Tensor y = empty(shape, {.dtype = first.dtype(), .device = first.device()});
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].shape() != first.shape() || rows[i].dtype() != first.dtype()) {
      Fail(rows[i].dtype() == first.dtype() ? ErrorCode::kShape : ErrorCode::kDType,
           {.where = "stack",
            .given = Cat(rows[i].dtype(), rows[i].shape(), " at position ", i),
            .need = Cat(first.dtype(), first.shape(), " as at position 0")});
    }
    RequireOneDevice("stack", {first, rows[i]});
    const int64_t at = static_cast<int64_t>(i);
    CopyElements(rows[i], view::Squeeze(view::Slice(y, 0, {.start = at, .stop = at + 1}), {0}));
  }
  return Record("stack", rows, y,
                [](const Tensor& dy, const Saved&) -> Tensors { return Unstack(dy); });
}

}  // namespace prova
