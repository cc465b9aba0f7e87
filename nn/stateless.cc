#include "nn/stateless.h"

#include "autograd/movement.h"
#include "base/error.h"
#include "ops/relu/relu.h"

namespace prova {

Tensor Relu::operator()(const Tensor& x) const { return relu(x); }

Tensor Gelu::operator()(const Tensor& x) const { return gelu(x, form); }

Tensor Flatten::operator()(const Tensor& x) const {
  if (x.rank() == 0) {
    Fail(ErrorCode::kShape,
         {.where = "Flatten", .given = "a 0-d tensor", .need = "a first axis of samples"});
  }
  // A product, not -1: with 0 samples the size of the second axis could not be inferred.
  int64_t features = 1;
  for (int i = 1; i < x.rank(); ++i) features *= x.shape()[i];
  return reshape(x, {x.shape()[0], features});
}

Tensor MaxPool2d::operator()(const Tensor& x) const { return max_pool2d(x, options); }

}  // namespace prova
