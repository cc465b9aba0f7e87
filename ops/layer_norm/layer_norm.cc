#include "ops/layer_norm/layer_norm.h"

#include <cmath>

#include "autograd/movement.h"
#include "base/text.h"
#include "ops/add/add.h"
#include "ops/common/pointwise.h"
#include "ops/div/div.h"
#include "ops/layer_norm/layer_norm_kernels.h"
#include "ops/mean/mean.h"
#include "ops/mul/mul.h"
#include "ops/sqrt/sqrt.h"
#include "ops/sub/sub.h"
#include "ops/sum/sum.h"
#include "tensor/create.h"
#include "tensor/one_device.h"

namespace prova {
namespace {

void RequireLastSizes(const char* op, const char* name, const Tensor& x, const Tensor& parameter) {
  RequireFloating(op, parameter);
  const int axes = parameter.rank(), leading = x.rank() - axes;
  bool fits = axes > 0 && leading >= 0;
  for (int i = 0; fits && i < axes; ++i) fits = parameter.shape()[i] == x.shape()[leading + i];
  if (fits) return;
  Fail(ErrorCode::kShape,
       {.where = op,
        .given = Cat(name, " of shape ", parameter.shape(), " with x of shape ", x.shape()),
        .need = "the sizes of the last axes of x, at least one"});
}

/// x as rows, one a sample.
struct Samples {
  Shape sample;  ///< the last axes of x
  int64_t rows = 1;
  int64_t cols = 1;
};

// #region checks
Samples Prepare(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                double epsilon, int axes) {
  RequireFloating(op, x);
  RequireOneDevice(op, {x, weight, bias});
  if (bias.defined()) RequireLastSizes(op, "bias", x, bias), axes = bias.rank();
  if (weight.defined()) RequireLastSizes(op, "weight", x, weight), axes = weight.rank();
  if (weight.defined() && bias.defined()) RequireSameShape(op, weight, bias);
  if (axes < 1 || axes > x.rank()) {
    Fail(ErrorCode::kValue, {.where = op,
                             .given = Cat("samples of ", axes, " axes in x of shape ", x.shape()),
                             .need = "at least one axis, no more than x has"});
  }
  if (!(std::isfinite(epsilon) && epsilon >= 0)) {
    Fail(ErrorCode::kValue,
         {.where = op, .given = Cat("epsilon ", epsilon), .need = "a finite number, 0 or more"});
  }
  Samples in;
  for (int i = 0; i < x.rank(); ++i) {
    const bool inside = i >= x.rank() - axes;
    (inside ? in.cols : in.rows) *= x.shape()[i];
    if (inside) in.sample.push_back(x.shape()[i]);
  }
  return in;
}
// #endregion checks

/// An operand as the kernel wants it; its address, or null where there is none.
Tensor IfDefined(const Tensor& operand, DType dtype) {
  return operand.defined() ? ForKernel(operand, dtype) : operand;
}
const void* Data(const Tensor& x) { return x.defined() ? x.raw_data() : nullptr; }
void* MutableData(const Tensor& x) { return x.defined() ? x.raw_mutable_data() : nullptr; }

void AddTo(Tensor& sum, const Tensor& term) { sum = sum.defined() ? sum + term : term; }

// #region second_order
/// From the cotangents of (dx, dweight, dbias), undefined where an output is not used, to the
/// gradients of (dy, x, weight). J is the derivative of z by x, a symmetric matrix for each sample.
Tensors SecondOrder(const GradientTriple& up, const Saved& saved, double epsilon, int64_t rows,
                    int64_t cols) {
  auto flat = [&](const Tensor& t) { return t.defined() ? reshape(t, {rows, cols}) : t; };
  const Tensor dy = flat(saved.input(0)), x = flat(saved.input(1)), u = flat(up.input);
  auto per_element = [&](const Tensor& t) { return t.defined() ? reshape(t, {cols}) : t; };
  const Tensor weight = per_element(saved.input(2)), v = per_element(up.weight);
  auto J = [&](const Tensor& t) {
    return layer_norm_backward(t, x, {}, epsilon, {.weight = false, .bias = false}).input;
  };
  auto row_mean = [](const Tensor& t) { return mean(t, {1}, {.keepdims = true}); };
  const Tensor z = layer_norm(x, {}, {}, epsilon);
  const Tensor Ju = u.defined() ? J(u) : u;

  Tensors to(3);
  if (saved.needs(0)) {
    if (u.defined()) AddTo(to[0], weight.defined() ? weight * Ju : Ju);
    if (v.defined()) AddTo(to[0], v * z);
    if (up.bias.defined()) AddTo(to[0], expand(per_element(up.bias), {rows, cols}));
  }
  if (saved.needs(1)) {
    if (u.defined()) {
      const Tensor g = weight.defined() ? weight * dy : dy, Jg = J(g);
      const Tensor deviation = x - row_mean(x);
      const Tensor scale = 1 / sqrt(row_mean(deviation * deviation) + epsilon);
      const Tensor bend = z * row_mean(u * Jg) + Ju * row_mean(g * z) + Jg * row_mean(u * z);
      AddTo(to[1], bend * (-1 * scale));
    }
    if (v.defined()) AddTo(to[1], J(v * dy));
  }
  if (saved.needs(2) && u.defined()) to[2] = sum(dy * Ju, {0});
  for (size_t i = 0; i < to.size(); ++i) {
    const Tensor& operand = saved.input(i);
    if (to[i].defined()) to[i] = CastTo(operand, reshape(to[i], operand.shape()));
  }
  return to;
}
// #endregion second_order

}  // namespace

// #region forward
Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon) {
  const Samples in = Prepare("layer_norm", x, weight, bias, epsilon, /*axes=*/1);
  const auto kernel =
      Choose("layer_norm", kLayerNormKernels, KernelDType(x, {&weight, &bias}), x.device());
  const Tensor of = ForKernel(x, kernel.dtype), y = empty_like(of);
  const Tensor w = IfDefined(weight, kernel.dtype), b = IfDefined(bias, kernel.dtype);
  kernel({y.dtype(), of.raw_data(), Data(w), Data(b), y.raw_mutable_data(), in.rows, in.cols,
          epsilon});
  return Record("layer_norm", {x, weight, bias}, Cast(y, x.dtype()),
                [epsilon, axes = in.sample.rank()](const Tensor& dy, const Saved& saved) {
                  const Tensor &x = saved.input(0), &weight = saved.input(1);
                  const TripleMask wanted = {saved.needs(0), saved.needs(1), saved.needs(2)};
                  const GradientTriple dx =
                      layer_norm_backward(dy, x, weight, epsilon, wanted, axes);
                  return Tensors{dx.input, dx.weight, CastTo(saved.input(2), dx.bias)};
                });
}
// #endregion forward

// #region gradient
GradientTriple layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                                   double epsilon, TripleMask wanted, int axes) {
  const char* op = "layer_norm_backward";
  const Samples in = Prepare(op, x, weight, {}, epsilon, axes);
  RequireFloating(op, dy);
  RequireSameShape(op, dy, x);
  RequireOneDevice(op, {dy, x});
  const auto kernel =
      Choose(op, kLayerNormBackwardKernels, KernelDType(x, {&dy, &weight}), x.device());
  const Tensor of = ForKernel(x, kernel.dtype), up = ForKernel(dy, kernel.dtype);
  const Tensor w = IfDefined(weight, kernel.dtype);
  GradientTriple dx;
  if (wanted.input) dx.input = empty_like(of);
  if (wanted.weight) dx.weight = empty(in.sample, {of.dtype(), x.device()});
  if (wanted.bias) dx.bias = empty(in.sample, {of.dtype(), x.device()});
  const Tensor sums = empty({LayerNormBlocks(in.rows), 2, in.cols}, {DType::kFloat64, x.device()});
  kernel({of.dtype(), up.raw_data(), of.raw_data(), Data(w), MutableData(dx.input),
          MutableData(dx.weight), MutableData(dx.bias), sums.raw_mutable_data(), in.rows, in.cols,
          epsilon});

  const DType of_weight = weight.defined() ? weight.dtype() : x.dtype();
  Tensors outputs;
  if (wanted.input) outputs.push_back(Cast(dx.input, x.dtype()));
  if (wanted.weight) outputs.push_back(Cast(dx.weight, of_weight));
  if (wanted.bias) outputs.push_back(Cast(dx.bias, of_weight));
  if (outputs.empty()) return {};
  auto unpack = [wanted](const Tensors& of_outputs) {
    auto next = of_outputs.begin();
    GradientTriple triple;
    if (wanted.input) triple.input = *next++;
    if (wanted.weight) triple.weight = *next++;
    if (wanted.bias) triple.bias = *next++;
    return triple;
  };
  return unpack(Record(op, {dy, x, weight}, std::move(outputs),
                       [=, rows = in.rows, cols = in.cols](const Tensors& ddx, const Saved& saved) {
                         return SecondOrder(unpack(ddx), saved, epsilon, rows, cols);
                       }));
}
// #endregion gradient

}  // namespace prova
