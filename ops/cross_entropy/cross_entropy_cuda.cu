#include "ops/common/rows_cuda.h"
#include "ops/cross_entropy/cross_entropy_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
template <typename T>
struct LossOfRow {
  const T* logits;
  const int64_t* target;
  Wide<T>* loss;
  Matrix of;
  int64_t ignore_index;
  Wide<T> smoothing;

  template <typename Row>
  __device__ void operator()(const Row& row) const {
    const auto z = row.Load(logits);
    const auto e = row.Exps(z);
    // Without smoothing a score of -inf, a masked class, must cost nothing.
    Wide<T> below = 0;
    if (smoothing > 0) below = row.Sum([&](auto k) { return z[k] - e.peak; });
    if (!row.IsFirst()) return;
    const int64_t label = target[row.Number()];
    loss[row.Number()] = label == ignore_index ? 0 : Loss(row.Number(), label, e, below);
  }

  template <typename Exps>
  __device__ Wide<T> Loss(int64_t row, int64_t label, const Exps& e, Wide<T> below) const {
    const auto score = Widen(logits[row * of.cols + label]) - e.peak;
    const auto plain = std::log(e.sum) - (1 - smoothing) * score;
    return smoothing > 0 ? plain - smoothing * below / static_cast<Wide<T>>(of.cols) : plain;
  }
};
// #endregion cuda

// #region cuda_backward
template <typename T>
struct GradientOfRow {
  const Wide<T>* weight;
  const T* logits;
  const int64_t* target;
  T* dlogits;
  Matrix of;
  int64_t ignore_index;
  Wide<T> smoothing;

  template <typename Row>
  __device__ void operator()(const Row& row) const {
    const auto e = row.Exps(row.Load(logits));
    const int64_t at = row.Number() < of.rows ? row.Number() : 0;
    const int64_t label = target[at];
    const auto scale = 1 / e.sum, share = smoothing / static_cast<Wide<T>>(of.cols);
    row.Store(dlogits, [&](auto k) {
      const auto q = (row.Column(k) == label ? 1 - smoothing : 0) + share;
      return label == ignore_index ? 0 : weight[at] * (e[k] * scale - q);
    });
  }
};
// #endregion cuda_backward

}  // namespace

void CrossEntropy(const CrossEntropyArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* logits = static_cast<const T*>(args.logits);
    const Matrix matrix = MatrixOf<T>(args.rows, args.cols, logits);
    MapRows<T>(matrix, LossOfRow<T>{logits, args.target, static_cast<Wide<T>*>(args.loss), matrix,
                                    args.ignore_index, static_cast<Wide<T>>(args.label_smoothing)});
  });
}

void CrossEntropyBackward(const CrossEntropyBackwardArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* logits = static_cast<const T*>(args.logits);
    T* dlogits = static_cast<T*>(args.dlogits);
    const Matrix matrix = MatrixOf<T>(args.rows, args.cols, logits, dlogits);
    MapRows<T>(matrix, GradientOfRow<T>{static_cast<const Wide<T>*>(args.weight), logits,
                                        args.target, dlogits, matrix, args.ignore_index,
                                        static_cast<Wide<T>>(args.label_smoothing)});
  });
}

}  // namespace prova::cuda
