#include "ops/max_pool2d/max_pool2d.h"

#include "autograd/tape.h"
#include "base/text.h"
#include "ops/max_pool2d/max_pool2d_kernels.h"
#include "tensor/create.h"
#include "tensor/one_device.h"
#include "tensor/strided.h"

namespace prova {
namespace {

/// One side of the input, the window and the result.
struct Side {
  const char* name;
  int64_t size, kernel, stride, padding, dilation;
};

void CheckSide(const char* op, const Side& side) {
  auto require = [&](bool holds, const char* option, int64_t given, const char* need) {
    if (holds) return;
    Fail(ErrorCode::kValue,
         {.where = op, .given = Cat(option, " ", given, " along the ", side.name), .need = need});
  };
  require(side.kernel >= 1, "kernel", side.kernel, "at least 1");
  require(side.stride >= 1, "stride", side.stride, "at least 1");
  require(side.padding >= 0, "padding", side.padding, "at least 0");
  require(side.dilation >= 1, "dilation", side.dilation, "at least 1");
}

bool HoldsAnElement(const Side& side, int64_t start) {
  for (int64_t k = 0; k < side.kernel; ++k) {
    const int64_t at = start + k * side.dilation;
    if (at >= 0 && at < side.size) return true;
  }
  return false;
}

/// The number of windows along one side.
int64_t CountWindows(const char* op, const Side& side, bool ceil_mode) {
  CheckSide(op, side);
  const int64_t extent = side.dilation * (side.kernel - 1) + 1;
  const int64_t room = side.size + 2 * side.padding - extent;
  if (room < 0) {
    Fail(ErrorCode::kShape, {.where = op,
                             .given = Cat("a window of ", extent, " on a padded ", side.name,
                                          " of ", side.size + 2 * side.padding),
                             .need = "a window that fits"});
  }
  int64_t count = room / side.stride + 1;
  const bool rest = room % side.stride != 0;
  if (ceil_mode && rest && count * side.stride < side.size + side.padding) ++count;
  for (int64_t i = 0; i < count; ++i) {
    if (HoldsAnElement(side, i * side.stride - side.padding)) continue;
    Fail(ErrorCode::kShape,
         {.where = op,
          .given = Cat("window ", i, " along the ", side.name, " holds only padding"),
          .need = "an element of the input in every window",
          .hint = "use less padding"});
  }
  return count;
}

/// The geometry of x, checked; the shape of the result comes back in `result`.
PoolGeometry Geometry(const char* op, const Tensor& x, const MaxPool2dOptions& options,
                      Shape& result) {
  RequireFloating(op, x);
  if (x.rank() != 3 && x.rank() != 4) {
    Fail(ErrorCode::kShape, {.where = op,
                             .given = Cat("an input of shape ", x.shape()),
                             .need = "[n, c, h, w] or [c, h, w]"});
  }
  const Size2d stride = options.stride.value_or(options.kernel);
  PoolGeometry g = {.planes = 1,
                    .h = x.size(-2),
                    .w = x.size(-1),
                    .out_h = 0,
                    .out_w = 0,
                    .kernel_h = options.kernel.height,
                    .kernel_w = options.kernel.width,
                    .stride_h = stride.height,
                    .stride_w = stride.width,
                    .padding_h = options.padding.height,
                    .padding_w = options.padding.width,
                    .dilation_h = options.dilation.height,
                    .dilation_w = options.dilation.width};
  g.out_h = CountWindows(op, {"height", g.h, g.kernel_h, g.stride_h, g.padding_h, g.dilation_h},
                         options.ceil_mode);
  g.out_w = CountWindows(op, {"width", g.w, g.kernel_w, g.stride_w, g.padding_w, g.dilation_w},
                         options.ceil_mode);
  for (int i = 0; i + 2 < x.rank(); ++i) g.planes *= x.shape()[i];
  result = x.shape();
  result[x.rank() - 2] = g.out_h;
  result[x.rank() - 1] = g.out_w;
  return g;
}

void RequireShape(const char* op, const Tensor& given, const Shape& need) {
  if (given.shape() == need) return;
  Fail(ErrorCode::kShape,
       {.where = op, .given = Cat("shape ", given.shape()), .need = ToString(need)});
}

}  // namespace

// #region forward
Tensor max_pool2d(const Tensor& x, const MaxPool2dOptions& options) {
  Shape shape;
  const PoolGeometry g = Geometry("max_pool2d", x, options, shape);
  const auto kernel = Choose("max_pool2d", kMaxPool2dKernels, x.dtype(), x.device());
  const Tensor in = ForKernel(x, kernel.dtype);
  const Tensor y = empty(shape, {.dtype = in.dtype(), .device = x.device()});
  kernel({in.dtype(), in.raw_data(), y.raw_mutable_data(), g});
  return Record("max_pool2d", {x}, Cast(y, x.dtype()),
                [options](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {max_pool2d_backward(dy, saved.input(), options)};
                });
}
// #endregion forward

// #region gradient
Tensor max_pool2d_backward(const Tensor& dy, const Tensor& x, const MaxPool2dOptions& options) {
  Shape shape;
  const PoolGeometry g = Geometry("max_pool2d_backward", x, options, shape);
  RequireShape("max_pool2d_backward", dy, shape);
  RequireOneDevice("max_pool2d_backward", {dy, x});
  const auto kernel =
      Choose("max_pool2d_backward", kMaxPool2dBackwardKernels, KernelDType(x, {&dy}), x.device());
  const Tensor in = ForKernel(x, kernel.dtype), from = ForKernel(dy, kernel.dtype);
  const Tensor dx = empty(x.shape(), {.dtype = in.dtype(), .device = x.device()});
  kernel({in.dtype(), in.raw_data(), from.raw_data(), dx.raw_mutable_data(), g});
  // Where the maxima are does not change with a small step of x: its derivative is zero.
  return Record("max_pool2d_backward", {dy, x}, Cast(dx, x.dtype()),
                [options](const Tensor& ddx, const Saved& saved) -> Tensors {
                  return {max_pool2d_select(ddx, saved.input(1), options), Tensor()};
                });
}
// #endregion gradient

Tensor max_pool2d_select(const Tensor& values, const Tensor& x, const MaxPool2dOptions& options) {
  Shape shape;
  const PoolGeometry g = Geometry("max_pool2d_select", x, options, shape);
  RequireSameShape("max_pool2d_select", values, x);
  RequireOneDevice("max_pool2d_select", {values, x});
  const auto kernel =
      Choose("max_pool2d_select", kMaxPool2dSelectKernels, KernelDType(x, {&values}), x.device());
  const Tensor in = ForKernel(x, kernel.dtype), from = ForKernel(values, kernel.dtype);
  const Tensor y = empty(shape, {.dtype = in.dtype(), .device = x.device()});
  kernel({in.dtype(), in.raw_data(), from.raw_data(), y.raw_mutable_data(), g});
  return Record("max_pool2d_select", {values, x}, Cast(y, x.dtype()),
                [options](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {max_pool2d_backward(dy, saved.input(1), options), Tensor()};
                });
}

}  // namespace prova
