#include "ops/linear/linear.h"

#include "autograd/movement.h"
#include "base/text.h"
#include "ops/common/pointwise.h"
#include "ops/common/tensor_cores.h"
#include "ops/common/workspace.h"
#include "ops/gelu/gelu.h"
#include "ops/linear/linear_kernels.h"
#include "ops/matmul/matmul.h"
#include "ops/relu/relu.h"
#include "tensor/one_device.h"
#include "tensor/view.h"

namespace prova {
namespace {

void Require(const char* op, const Tensor& x, const Tensor& weight) {
  RequireFloating(op, x);
  RequireFloating(op, weight);
  if (weight.rank() == 2 && x.rank() > 0 && x.size(-1) == weight.size(1)) return;
  const std::string in = weight.rank() == 2 ? Cat(weight.size(1)) : "in";
  Fail(ErrorCode::kShape,
       {.where = op,
        .given = Cat("x of shape ", x.shape(), " and weight of shape ", weight.shape()),
        .need = Cat("x [..., ", in, "] and weight [out, ", weight.rank() == 2 ? in : "in", "]")});
}

void RequireBias(const Tensor& bias, int64_t out) {
  RequireFloating("linear", bias);
  if (bias.shape() == Shape{out}) return;
  Fail(ErrorCode::kShape,
       {.where = "linear", .given = Cat("bias of shape ", bias.shape()), .need = Cat(Shape{out})});
}

/// The leading axes of x as one.
Shape RowsOf(const Tensor& x) {
  const Shape leading(std::span<const int64_t>(x.shape().begin(), x.shape().end() - 1));
  return {NumElements(leading), x.size(-1)};
}

}  // namespace

// #region forward
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  // The gradient of gelu needs what it is applied to.
  if (activation == Activation::kGelu && IsRecorded({x, weight, bias})) {
    return gelu(linear(x, weight, bias));
  }
  Require("linear", x, weight);
  RequireOneDevice("linear", {x, weight, bias});
  DType dtype = promote_types(x.dtype(), weight.dtype());
  if (bias.defined()) {
    RequireBias(bias, weight.size(0));
    dtype = promote_types(dtype, bias.dtype());
  }
  const Shape rows = RowsOf(x);
  const bool on_cores = AreForTensorCores(dtype, x.device(), rows[0], rows[1], weight.size(0));
  const bool on_gpu = x.device().kind == DeviceKind::kCuda;
  // GPUs take 16 bits as they are where tensor cores or kernels for vectors multiply.
  const bool is_taken = on_cores || (on_gpu && (rows[0] == 1 || weight.size(0) == 1));
  const DType wide = ComputeType(dtype), in_dtype = is_taken ? dtype : wide;
  const auto ready = [&](const Tensor& t) { return Contiguous(Cast(t, in_dtype)); };
  Tensor in = view::Reshape(ready(x), rows), w = ready(weight);
  const Tensor b = bias.defined() ? ready(bias) : bias;
  if (on_cores) {
    in = ForTensorCores(in, -1);
    w = ForTensorCores(w, -1);
  }
  Shape shape = x.shape();
  shape.back() = weight.size(0);
  // What gelu is applied to is not rounded before.
  const DType y_dtype = activation == Activation::kGelu ? wide : in_dtype;
  const Tensor y = empty(shape, {.dtype = y_dtype, .device = x.device()});
  const auto apply = Choose("linear", kLinearKernels, dtype, x.device());
  const LinearArgs args = {.dtype = in_dtype,
                           .x = in.raw_data(),
                           .weight = w.raw_data(),
                           .bias = b.defined() ? b.raw_data() : nullptr,
                           .y = y.raw_mutable_data(),
                           .rows = rows[0],
                           .in = w.size(1),
                           .out = w.size(0),
                           .activation = activation,
                           .on_cores = on_cores,
                           .x_step = in.strides()[0],
                           .weight_step = w.strides()[0]};
  RunWithWorkspace(on_gpu ? cuda::LinearWorkspace(args) : 0, x.device(), apply, args);

  Tensors inputs = {x, weight};
  if (bias.defined()) inputs.push_back(bias);
  return Record(
      "linear", inputs, Cast(y, dtype),
      [activation](const Tensor& dy, const Saved& saved) -> Tensors {
        const bool has_bias = saved.inputs().size() == 3;
        // Where relu lets nothing pass, its result is 0 as well.
        const Tensor d = activation == Activation::kRelu ? relu_backward(dy, saved.output()) : dy;
        const GradientTriple dx =
            linear_backward(d, saved.input(0), saved.input(1),
                            {saved.needs(0), saved.needs(1), has_bias && saved.needs(2)});
        Tensors result = {CastTo(saved.input(0), dx.input), CastTo(saved.input(1), dx.weight)};
        if (has_bias) result.push_back(CastTo(saved.input(2), dx.bias));
        return result;
      });
}
// #endregion forward

// #region gradient
GradientTriple linear_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                               TripleMask wanted) {
  Require("linear_backward", x, weight);
  GradientTriple dx;
  const Shape rows = RowsOf(x);
  const Tensor d = reshape(dy, {rows[0], weight.size(0)});
  if (wanted.input) dx.input = reshape(matmul(d, weight), x.shape());
  if (wanted.weight) dx.weight = matmul(transpose(d, 0, 1), reshape(x, rows));
  if (wanted.bias) dx.bias = sum_to(d, {weight.size(0)});
  return dx;
}
// #endregion gradient

}  // namespace prova
