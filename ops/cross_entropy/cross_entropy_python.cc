#include "ops/cross_entropy/cross_entropy.h"
#include "python/operation.h"

namespace prova::bindings {

void cross_entropy(python::Operation& op) {
  op.def(
      "cross_entropy",
      [](const Tensor& logits, const Tensor& target, int64_t ignore_index, double label_smoothing,
         const std::string& reduction) {
        return prova::cross_entropy(
            logits, target,
            {.ignore_index = ignore_index,
             .label_smoothing = label_smoothing,
             .reduction = python::Pick<Reduction>({"cross_entropy", "reduction"}, reduction,
                                                  {{"none", Reduction::kNone},
                                                   {"mean", Reduction::kMean},
                                                   {"sum", Reduction::kSum}})});
      },
      "logits"_a, "target"_a, "ignore_index"_a = -100, "label_smoothing"_a = 0.0,
      "reduction"_a = "mean");
}

}  // namespace prova::bindings
