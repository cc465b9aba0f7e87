#include "ops/conv2d/conv2d.h"

#include "autograd/movement.h"
#include "base/text.h"
#include "ops/common/pointwise.h"
#include "ops/common/workspace.h"
#include "ops/conv2d/conv2d_kernels.h"
#include "tensor/one_device.h"

namespace prova {
namespace {

/// Fails unless `holds`: only then are `given` and `need` asked for their texts, which take longer
/// than a convolution of a few small images.
template <typename Given, typename Need>
void Require(bool holds, ErrorCode code, const char* op, const Given& given, const Need& need) {
  if (!holds) Fail(code, {.where = op, .given = given(), .need = need()});
}

/// One axis, `name` is its place in messages; checks its options.
Conv2dAxis AxisOf(const char* op, const char* name, Conv2dAxis axis) {
  auto require = [&](const char* option, int64_t given, int64_t least) {
    Require(
        given >= least, ErrorCode::kValue, op,
        [&] { return Cat(option, " ", given, " along the ", name); },
        [&] { return Cat("at least ", least); });
  };
  require("kernel", axis.kernel, 1);
  require("stride", axis.stride, 1);
  require("padding", axis.padding, 0);
  require("dilation", axis.dilation, 1);
  const int64_t span = axis.dilation * (axis.kernel - 1) + 1;
  const int64_t padded = axis.size + 2 * axis.padding;
  Require(
      span <= padded, ErrorCode::kShape, op,
      [&] { return Cat("a kernel that spans ", span, " on a padded ", name, " of ", padded); },
      [] { return "a kernel that fits"; });
  axis.out = (padded - span) / axis.stride + 1;
  return axis;
}

Conv2dGeometry GeometryOf(const char* op, const Shape& x, const Shape& weight,
                          const Conv2dOptions& options) {
  Require(
      x.rank() == 4, ErrorCode::kShape, op, [&] { return Cat("x of shape ", x); },
      [] { return "[n, channels, height, width]"; });
  Require(
      weight.rank() == 4, ErrorCode::kShape, op, [&] { return Cat("weight of shape ", weight); },
      [] { return "[out, channels / groups, kernel height, kernel width]"; });
  const int64_t groups = options.groups;
  Require(
      groups >= 1, ErrorCode::kValue, op, [&] { return Cat("groups ", groups); },
      [] { return "at least 1"; });
  Require(
      weight[0] % groups == 0, ErrorCode::kValue, op,
      [&] { return Cat(weight[0], " filters in ", groups, " groups"); },
      [] { return "groups that divide them"; });
  Require(
      x[1] == weight[1] * groups, ErrorCode::kShape, op,
      [&] {
        return Cat("x of shape ", x, " and weight of shape ", weight, " with groups ", groups);
      },
      [&] { return Cat("x with ", weight[1] * groups, " channels"); });
  auto axis = [&](const char* name, int at, int64_t Size2d::*side) {
    return AxisOf(op, name,
                  {.size = x[at],
                   .kernel = weight[at],
                   .stride = options.stride.*side,
                   .padding = options.padding.*side,
                   .dilation = options.dilation.*side});
  };
  return {.images = x[0],
          .groups = groups,
          .in = weight[1],
          .out = weight[0] / groups,
          .rows = axis("height", 2, &Size2d::height),
          .cols = axis("width", 3, &Size2d::width)};
}

Shape ResultShape(const Conv2dGeometry& of) {
  return {of.images, of.groups * of.out, of.rows.out, of.cols.out};
}

void RequireResult(const char* op, const Tensor& dy, const Conv2dGeometry& of) {
  RequireFloating(op, dy);
  Require(
      dy.shape() == ResultShape(of), ErrorCode::kShape, op,
      [&] { return Cat("dy of shape ", dy.shape()); }, [&] { return Cat(ResultShape(of)); });
}

/// Runs the first usable kernel of a table in the workspace that it wants.
template <typename Fn, size_t size, typename Args>
void Run(const char* op, const KernelEntry<Fn> (&table)[size], const Device& device,
         const Args& args) {
  const auto kernel = Choose(op, table, args.dtype, device);
  const int64_t bytes = device.kind == DeviceKind::kCuda
                            ? cuda::Conv2dWorkspace(args)
                            : simd::Conv2dWorkspace(args.dtype, args.of);
  RunWithWorkspace(bytes, device, kernel, args);
}

}  // namespace

// #region forward
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const Conv2dOptions& options) {
  RequireFloating("conv2d", x);
  RequireFloating("conv2d", weight);
  RequireOneDevice("conv2d", {x, weight, bias});
  const Conv2dGeometry of = GeometryOf("conv2d", x.shape(), weight.shape(), options);
  DType dtype = promote_types(x.dtype(), weight.dtype());
  Tensors inputs = {x, weight};
  if (bias.defined()) {
    RequireFloating("conv2d", bias);
    Require(
        bias.shape() == Shape{weight.size(0)}, ErrorCode::kShape, "conv2d",
        [&] { return Cat("bias of shape ", bias.shape()); },
        [&] { return Cat(Shape{weight.size(0)}); });
    dtype = promote_types(dtype, bias.dtype());
    inputs.push_back(bias);
  }
  Tensors ready;
  for (const Tensor& t : inputs) ready.push_back(Contiguous(Cast(t, ComputeType(dtype))));
  const Tensor y = empty(ResultShape(of), {.dtype = ComputeType(dtype), .device = x.device()});
  Run("conv2d", kConv2dKernels, x.device(),
      Conv2dArgs{y.dtype(), ready[0].raw_data(), ready[1].raw_data(),
                 bias.defined() ? ready[2].raw_data() : nullptr, y.raw_mutable_data(), of});
  return Record(
      "conv2d", inputs, Cast(y, dtype), [options](const Tensor& dy, const Saved& saved) -> Tensors {
        const bool has_bias = saved.inputs().size() == 3;
        const GradientTriple dx =
            conv2d_backward(dy, saved.input(0), saved.input(1), options,
                            {saved.needs(0), saved.needs(1), has_bias && saved.needs(2)});
        Tensors result = {CastTo(saved.input(0), dx.input), CastTo(saved.input(1), dx.weight)};
        if (has_bias) result.push_back(CastTo(saved.input(2), dx.bias));
        return result;
      });
}
// #endregion forward

// #region gradient
GradientTriple conv2d_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                               const Conv2dOptions& options, TripleMask wanted) {
  GradientTriple dx;
  const Conv2dGeometry of = GeometryOf("conv2d_backward", x.shape(), weight.shape(), options);
  RequireResult("conv2d_backward", dy, of);
  if (wanted.input) dx.input = conv2d_backward_input(dy, weight, x.shape(), options);
  if (wanted.weight) dx.weight = conv2d_backward_weight(dy, x, weight.shape(), options);
  if (wanted.bias) {
    const int64_t filters = weight.size(0);
    dx.bias = reshape(sum_to(dy, {1, filters, 1, 1}), {filters});
  }
  return dx;
}

Tensor conv2d_backward_input(const Tensor& dy, const Tensor& weight, const Shape& x_shape,
                             const Conv2dOptions& options) {
  constexpr const char* kOp = "conv2d_backward_input";
  RequireFloating(kOp, weight);
  RequireOneDevice(kOp, {dy, weight});
  const Conv2dGeometry of = GeometryOf(kOp, x_shape, weight.shape(), options);
  RequireResult(kOp, dy, of);
  const DType dtype = promote_types(dy.dtype(), weight.dtype()), computed = ComputeType(dtype);
  const Tensor d = Contiguous(Cast(dy, computed)), w = Contiguous(Cast(weight, computed));
  const Tensor dx = empty(x_shape, {.dtype = computed, .device = dy.device()});
  Run(kOp, kConv2dBackwardInputKernels, dy.device(),
      Conv2dBackwardInputArgs{computed, d.raw_data(), w.raw_data(), dx.raw_mutable_data(), of});
  return Record(kOp, {dy, weight}, Cast(dx, dtype),
                [options](const Tensor& ddx, const Saved& saved) -> Tensors {
                  const Tensor &dy = saved.input(0), &weight = saved.input(1);
                  Tensors result(2);
                  if (saved.needs(0)) result[0] = CastTo(dy, conv2d(ddx, weight, {}, options));
                  if (saved.needs(1)) {
                    result[1] =
                        CastTo(weight, conv2d_backward_weight(dy, ddx, weight.shape(), options));
                  }
                  return result;
                });
}

Tensor conv2d_backward_weight(const Tensor& dy, const Tensor& x, const Shape& weight_shape,
                              const Conv2dOptions& options) {
  constexpr const char* kOp = "conv2d_backward_weight";
  RequireFloating(kOp, x);
  RequireOneDevice(kOp, {dy, x});
  const Conv2dGeometry of = GeometryOf(kOp, x.shape(), weight_shape, options);
  RequireResult(kOp, dy, of);
  const DType dtype = promote_types(dy.dtype(), x.dtype()), computed = ComputeType(dtype);
  const Tensor d = Contiguous(Cast(dy, computed)), in = Contiguous(Cast(x, computed));
  const Tensor dweight = empty(weight_shape, {.dtype = computed, .device = dy.device()});
  Run(kOp, kConv2dBackwardWeightKernels, dy.device(),
      Conv2dBackwardWeightArgs{computed, d.raw_data(), in.raw_data(), dweight.raw_mutable_data(),
                               of});
  return Record(kOp, {dy, x}, Cast(dweight, dtype),
                [options](const Tensor& ddweight, const Saved& saved) -> Tensors {
                  const Tensor &dy = saved.input(0), &x = saved.input(1);
                  Tensors result(2);
                  if (saved.needs(0)) result[0] = CastTo(dy, conv2d(x, ddweight, {}, options));
                  if (saved.needs(1)) {
                    result[1] = CastTo(x, conv2d_backward_input(dy, ddweight, x.shape(), options));
                  }
                  return result;
                });
}
// #endregion gradient

}  // namespace prova
