#include <cmath>

#include "autograd/movement.h"
#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/cross_entropy/cross_entropy.h"
#include "ops/cross_entropy/cross_entropy_kernels.h"
#include "ops/div/div.h"
#include "ops/log_softmax/log_softmax.h"
#include "ops/mul/mul.h"
#include "ops/neg/neg.h"
#include "ops/sum/sum.h"
#include "ops/where/where.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova::cases {
namespace {

/// Whether the label of each sample is each of `candidates`: bool, [*target, candidates].
Tensor Labelled(const Tensor& target, const std::vector<int64_t>& candidates) {
  std::vector<uint8_t> same;
  for (int64_t label : target.to_vector<int64_t>()) {
    for (int64_t candidate : candidates) same.push_back(label == candidate);
  }
  Shape shape = target.shape();
  shape.push_back(static_cast<int64_t>(candidates.size()));
  return Cast(from_vector(same, shape), DType::kBool);
}

// #region definition
Tensor CrossEntropyByDefinition(const Tensor& logits, const Tensor& target,
                                const CrossEntropyOptions& options) {
  const int axis = logits.rank() == 1 ? 0 : 1;
  const int64_t classes = logits.size(axis);
  auto number = [&](double value) { return full({}, value, {.dtype = logits.dtype()}); };

  // The distribution aimed at, its class axis moved to where that of logits is.
  Dims order = arange(target.rank()).to_vector<int64_t>();
  order.insert(axis, target.rank());
  const Tensor is_label = permute(Labelled(target, arange(classes).to_vector<int64_t>()), order);
  const double even = options.label_smoothing / static_cast<double>(classes);
  const Tensor q = prova::where(is_label, number(1 - options.label_smoothing + even), number(even));

  const Tensor all = -prova::sum(q * prova::log_softmax(logits, axis), {axis});
  const Tensor ignored = squeeze(Labelled(target, {options.ignore_index}), {-1});
  const Tensor loss = prova::where(ignored, number(0), all);
  if (options.reduction == Reduction::kNone) return loss;
  if (options.reduction == Reduction::kSum) return prova::sum(loss);
  return prova::div(prova::sum(loss), prova::sum(prova::where(ignored, number(0), number(1))));
}
// #endregion definition

OpCase Sample(const Shape& logits, const CrossEntropyOptions& options, bool narrow = false) {
  const int axis = logits.rank() == 1 ? 0 : 1;
  const int64_t classes = logits[axis];
  Shape target = logits;
  target.erase(axis);
  static const char* const kNames[] = {"none", "mean", "sum"};
  const char* reduction = kNames[static_cast<int>(options.reduction)];
  return {
      .name = Cat("z", logits, "_", reduction, "_smooth_", options.label_smoothing, "_ignore_",
                  options.ignore_index, narrow ? "_int32" : ""),
      .inputs = {{.shape = logits, .low = -1, .high = 1},
                 {.shape = target,
                  .kind = InputSpec::Kind::kIndex,
                  .low = 0,
                  .high = static_cast<double>(classes),
                  .dtype = narrow ? DType::kInt32 : DType::kInt64}},
      .run = [options](const Tensors& in) { return prova::cross_entropy(in[0], in[1], options); },
      .call = PythonCall(
          "a, b",
          {options.ignore_index == CrossEntropyOptions().ignore_index
               ? ""
               : Cat("ignore_index=", options.ignore_index),
           options.label_smoothing == 0 ? "" : Cat("label_smoothing=", options.label_smoothing),
           options.reduction == Reduction::kMean ? "" : Cat("reduction='", reduction, "'")}),
      .definition =
          [options](const Tensors& in) { return CrossEntropyByDefinition(in[0], in[1], options); },
      // The logarithm of a sum of cols terms; a loss may be as small as log(1 + exp(-2)) = 1/8
      // of the scores' distance that is subtracted from it.
      .tolerance = {.epsilons = 8 * (4 + std::sqrt(static_cast<double>(classes))),
                    .scale = Tolerance::Scale::kTensor},
      // One class is certain: the loss is constantly 0.
      .check_gradient = NumElements(logits) > 0 && classes > 1};
}

}  // namespace

OpSpec cross_entropy() {
  std::vector<OpCase> all;
  for (Reduction reduction : {Reduction::kNone, Reduction::kMean, Reduction::kSum}) {
    for (double smoothing : {0.0, 0.1}) {
      const CrossEntropyOptions plain = {.label_smoothing = smoothing, .reduction = reduction};
      CrossEntropyOptions ignoring = plain;
      ignoring.ignore_index = 1;
      all.push_back(Sample({5}, plain));
      all.push_back(Sample({4, 3}, plain));
      all.push_back(Sample({6, 3}, ignoring));
      all.push_back(Sample({2, 3, 4}, ignoring));
      all.push_back(Sample({2, 3, 2, 2}, plain, /*narrow=*/true));
      all.push_back(Sample({0, 3}, plain));
    }
  }
  all.push_back(Sample({3, 4}, {.label_smoothing = 1}));
  // The longest rows that go together, and the shortest that go alone.
  all.push_back(Sample({7, 64}, {.ignore_index = 3}));
  all.push_back(Sample({7, 65}, {.ignore_index = 3}));
  for (int64_t length : LengthsAroundVectors()) {
    // Five rows: four that the vector kernel takes together and one alone.
    if (length > 0) all.push_back(Sample({5, length}, {.label_smoothing = 0.2}));
  }
  // What 8, 32 and 256 threads of a GPU hold of a row, and one element more.
  for (const Shape& shape :
       {Shape{10, 65}, Shape{3, 257}, Shape{2, 1024}, Shape{1, 1025}, Shape{1, 8193}}) {
    all.push_back(Sample(shape, {.label_smoothing = 0.2}));
  }
  const Run run = [](const Tensors& in) { return prova::cross_entropy(in[0], in[1]); };
  auto bench = [&](int64_t rows, int64_t cols) -> BenchCase {
    const double n = static_cast<double>(rows) * static_cast<double>(cols);
    return {Cat("rows_", rows, "x", cols),
            {{.shape = {rows, cols}},
             {.shape = {rows},
              .kind = InputSpec::Kind::kIndex,
              .low = 0,
              .high = static_cast<double>(cols)}},
            run,
            n * 4,
            4 * n,
            "F.cross_entropy(a, b)"};
  };
  auto refuses = [](const char* name, const Tensor& logits, const Tensor& target,
                    const CrossEntropyOptions& options, ErrorCode code,
                    const std::string& message) -> BadCase {
    return {name, [=] { prova::cross_entropy(logits, target, options); }, code,
            "cross_entropy: " + message};
  };
  const Tensor z = zeros({2, 5}), t = tensor({0, 1});
  return {
      .name = "cross_entropy",
      .definition = "-mean(sum(q * log_softmax(logits)))",
      .vjp = "cross_entropy_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kCrossEntropyKernels),
      .cases = std::move(all),
      .bad = {refuses("label", z, tensor({0, 5}), {}, ErrorCode::kIndex,
                      "target[1] is 5; need 0..4 or ignore_index -100"),
              refuses("negative_label", z, tensor({-1, 0}), {}, ErrorCode::kIndex,
                      "target[0] is -1; need 0..4 or ignore_index -100"),
              refuses("label_of_one_sample", zeros({5}), tensor(7), {.ignore_index = 9},
                      ErrorCode::kIndex, "target is 7; need 0..4 or ignore_index 9"),
              refuses("label_in_a_picture", zeros({2, 3, 2}), tensor({{0, 1}, {3, 0}}), {},
                      ErrorCode::kIndex, "target[1, 0] is 3; need 0..2 or ignore_index -100"),
              refuses("no_classes", zeros({2, 0}), t, {}, ErrorCode::kIndex,
                      "target[0] is 0; need ignore_index -100"),
              refuses("scalar", zeros({}), t, {}, ErrorCode::kShape,
                      "logits of shape []; need [classes], [samples, classes] or [samples, "
                      "classes, ...]"),
              refuses("shape", z, tensor({0, 1, 2}), {}, ErrorCode::kShape,
                      "target of shape [3] with logits of shape [2, 5]; need target of shape [2]"),
              refuses("dtype", tensor({{1, 2}}), tensor({0}), {}, ErrorCode::kDType,
                      "a tensor of int64; need a floating dtype; cast it to float32"),
              refuses("target_dtype", z, zeros({2}), {}, ErrorCode::kDType,
                      "target of float32; need class labels in int32 or int64"),
              refuses("smoothing", z, t, {.label_smoothing = 1.5}, ErrorCode::kValue,
                      "label_smoothing 1.5; need 0..1"),
              refuses("smoothing_nan", z, t, {.label_smoothing = NAN}, ErrorCode::kValue,
                      "label_smoothing nan; need 0..1"),
              {"backward", [=] { prova::cross_entropy_backward(zeros({2}), z, t); },
               ErrorCode::kShape,
               "cross_entropy_backward: dy of shape [2]; need [], as the loss has"},
              {"backward_each",
               [=] {
                 prova::cross_entropy_backward(zeros({}), z, t, {.reduction = Reduction::kNone});
               },
               ErrorCode::kShape,
               "cross_entropy_backward: dy of shape []; need [2], as the loss has"}},
      .bench = {bench(4096, 1024), bench(64, 32000), bench(65536, 16), bench(8, 128),
                bench(512, 128), bench(16384, 1024)},
  };
}

}  // namespace prova::cases
