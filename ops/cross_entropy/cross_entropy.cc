#include "ops/cross_entropy/cross_entropy.h"

#include <algorithm>

#include "autograd/movement.h"
#include "base/text.h"
#include "ops/common/rows.h"
#include "ops/cross_entropy/cross_entropy_kernels.h"
#include "ops/div/div.h"
#include "ops/mul/mul.h"
#include "ops/softmax/softmax.h"
#include "ops/sum/sum.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

/// What the checked operands say.
struct Samples {
  int axis;  ///< of the classes
  int64_t classes;
  Tensor labels;       ///< int64, contiguous, in target's shape, on the processor
  double counted = 0;  ///< samples that are not ignored

  const int64_t* label() const { return labels.data<int64_t>(); }
};

[[noreturn]] void FailLabel(const char* op, const Samples& in, int64_t at, int64_t ignore_index) {
  Dims position = in.labels.shape();
  for (int64_t rest = at, axis = position.rank() - 1; axis >= 0; --axis) {
    const int64_t size = position[static_cast<int>(axis)];
    position[static_cast<int>(axis)] = rest % size;
    rest /= size;
  }
  const std::string range = in.classes > 0 ? Cat("0..", in.classes - 1, " or ") : "";
  Fail(ErrorCode::kIndex,
       {.where = op,
        .given = Cat("target", position.empty() ? "" : ToString(position), " is ", in.label()[at]),
        .need = Cat(range, "ignore_index ", ignore_index)});
}

// #region checks
Samples Prepare(const char* op, const Tensor& logits, const Tensor& target,
                const CrossEntropyOptions& options) {
  RequireFloating(op, logits);
  if (target.dtype() != DType::kInt64 && target.dtype() != DType::kInt32) {
    Fail(ErrorCode::kDType, {.where = op,
                             .given = Cat("target of ", target.dtype()),
                             .need = "class labels in int32 or int64"});
  }
  if (logits.rank() == 0) {
    Fail(ErrorCode::kShape, {.where = op,
                             .given = "logits of shape []",
                             .need = "[classes], [samples, classes] or [samples, classes, ...]"});
  }
  Samples in;
  in.axis = logits.rank() == 1 ? 0 : 1;
  Shape expected = logits.shape();
  expected.erase(in.axis);
  if (target.shape() != expected) {
    Fail(ErrorCode::kShape, {.where = op,
                             .given = Cat("target of shape ", target.shape(),
                                          " with logits of shape ", logits.shape()),
                             .need = Cat("target of shape ", expected)});
  }
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1)) {
    Fail(ErrorCode::kValue,
         {.where = op, .given = Cat("label_smoothing ", options.label_smoothing), .need = "0..1"});
  }
  in.classes = logits.shape()[in.axis];
  in.labels = Contiguous(Cast(To(target, kCpu), DType::kInt64));
  for (int64_t i = 0; i < in.labels.numel(); ++i) {
    const int64_t label = in.label()[i];
    if (label == options.ignore_index) continue;
    if (label < 0 || label >= in.classes) FailLabel(op, in, i, options.ignore_index);
    ++in.counted;
  }
  return in;
}
// #endregion checks

/// What the loss of each sample counts in the result: 0, or 1 or its share of the mean.
Tensor Weights(const Samples& in, const Tensor& logits, const CrossEntropyOptions& options) {
  const double weight = options.reduction == Reduction::kMean ? 1 / in.counted : 1;
  std::vector<double> weights(static_cast<size_t>(in.labels.numel()));
  std::transform(in.label(), in.label() + weights.size(), weights.begin(),
                 [&](int64_t label) { return label == options.ignore_index ? 0 : weight; });
  const Tensor given = from_vector(weights, in.labels.shape());
  return To(Cast(given, ComputeType(logits.dtype())), logits.device());
}

}  // namespace

// #region forward
Tensor cross_entropy(const Tensor& logits, const Tensor& target,
                     const CrossEntropyOptions& options) {
  const Samples in = Prepare("cross_entropy", logits, target, options);
  const auto kernel =
      Choose("cross_entropy", kCrossEntropyKernels, logits.dtype(), logits.device());
  const Tensor rows = ToRows(logits, in.axis, kernel.dtype);
  // Losses are rounded to 16 bits once they are added up.
  Tensor loss =
      empty(target.shape(), {.dtype = ComputeType(rows.dtype()), .device = logits.device()});
  const Tensor labels = To(in.labels, logits.device());
  kernel({rows.dtype(), rows.raw_data(), labels.data<int64_t>(), loss.raw_mutable_data(),
          rows.size(0), rows.size(1), options.ignore_index, options.label_smoothing});
  if (options.reduction != Reduction::kNone) loss = sum(loss);
  if (options.reduction == Reduction::kMean) loss = div(loss, in.counted);
  return Record(
      "cross_entropy", {logits, target}, Cast(loss, logits.dtype()),
      [options](const Tensor& dy, const Saved& saved) -> Tensors {
        return {cross_entropy_backward(dy, saved.input(0), saved.input(1), options), Tensor()};
      });
}
// #endregion forward

// #region gradient
Tensor cross_entropy_backward(const Tensor& dy, const Tensor& logits, const Tensor& target,
                              const CrossEntropyOptions& options) {
  const Samples in = Prepare("cross_entropy_backward", logits, target, options);
  RequireFloating("cross_entropy_backward", dy);
  const bool each = options.reduction == Reduction::kNone;
  if (dy.shape() != (each ? target.shape() : Shape{})) {
    Fail(ErrorCode::kShape, {.where = "cross_entropy_backward",
                             .given = Cat("dy of shape ", dy.shape()),
                             .need = Cat(each ? target.shape() : Shape{}, ", as the loss has")});
  }
  const Tensor weights = Weights(in, logits, options);
  const Tensor weighted =
      ForKernel(no_grad([&] { return dy * weights; }), ComputeType(logits.dtype()));
  const auto kernel = Choose("cross_entropy_backward", kCrossEntropyBackwardKernels, logits.dtype(),
                             logits.device());
  const Tensor rows = ToRows(logits, in.axis, kernel.dtype), dx = empty_like(rows);
  const Tensor labels = To(in.labels, logits.device());
  kernel({dx.dtype(), weighted.raw_data(), rows.raw_data(), labels.data<int64_t>(),
          dx.raw_mutable_data(), rows.size(0), rows.size(1), options.ignore_index,
          options.label_smoothing});
  return Record("cross_entropy_backward", {dy, logits, target}, FromRows(dx, logits, in.axis),
                [options, weights, axis = in.axis](const Tensor& ddx, const Saved& saved) {
                  const Tensor &dy = saved.input(0), &logits = saved.input(1);
                  Tensors result(3);
                  if (saved.needs(0)) {
                    // Linear in dy: the coefficient of each loss is the gradient for dy = 1.
                    const Tensor unit =
                        cross_entropy_backward(ones_like(dy), logits, saved.input(2), options);
                    const Tensor terms = ddx * unit;
                    const bool each = options.reduction == Reduction::kNone;
                    result[0] = cast(each ? sum(terms, {axis}) : sum(terms), dy.dtype());
                  }
                  if (saved.needs(1)) {
                    // Only softmax depends on logits.
                    const Tensor dp = ddx * unsqueeze(dy * weights, axis);
                    const Tensor p = softmax(logits, axis);
                    result[1] = softmax_backward(dp, p, axis);
                  }
                  return result;
                });
}
// #endregion gradient

}  // namespace prova
