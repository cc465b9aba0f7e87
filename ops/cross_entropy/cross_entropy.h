#pragma once

#include "ops/common/reduction.h"
#include "tensor/tensor.h"

namespace prova {

/// Which samples count, what is aimed at, and what becomes of the losses of samples.
struct CrossEntropyOptions {
  /// Samples with this target count nothing: no loss, no gradient, no part in the mean.
  int64_t ignore_index = -100;
  /// The share of the aimed distribution that is spread evenly over all classes, 0..1.
  double label_smoothing = 0;
  Reduction reduction = Reduction::kMean;
};

/// The cross-entropy of class scores against class labels: for a sample with scores z and label t
///   loss = log(sum_j exp(z_j)) - (1 - s) z_t - s mean(z),   s = label_smoothing,
/// which is -sum_j q_j log(softmax(z)_j) with q_j = (1 - s) [j = t] + s / classes.
///
/// logits: [samples, classes], [classes] for one sample, or [samples, classes, ...], floating;
/// target: the shape of logits without the class axis, int32 or int64. Result: in target's shape
/// for kNone, else one number, in the dtype of logits. kMean divides by the number of samples that
/// are not ignored: NaN where all are, as in PyTorch. No finite score overflows; scores and losses
/// are summed in at least float32. Labels are names, not positions: negative ones do not count from
/// the back. Source: C. Szegedy et al., "Rethinking the Inception Architecture", 2016, section 7.
/// Errors: kShape where the shapes do not fit; kDType; kIndex, naming the position, for a label
/// that is neither 0..classes-1 nor ignore_index; kValue for label_smoothing.
Tensor cross_entropy(const Tensor& logits, const Tensor& target,
                     const CrossEntropyOptions& options = {});

/// dlogits = w (softmax(logits) - q) with q as above and w = dy for each sample, over the number of
/// samples that count for kMean; 0 for ignored samples whatever their scores are.
/// dy: the shape of the loss. Errors: as above, and kShape for dy.
Tensor cross_entropy_backward(const Tensor& dy, const Tensor& logits, const Tensor& target,
                              const CrossEntropyOptions& options = {});

}  // namespace prova
