#include "nn/layer_norm.h"

#include <algorithm>

#include "autograd/tape.h"
#include "nn/check.h"
#include "ops/layer_norm/layer_norm.h"
#include "tensor/create.h"

namespace prova {

LayerNorm::LayerNorm(const Options& options) : epsilon(options.epsilon) {
  const bool is_usable = !options.shape.empty() &&
                         std::ranges::all_of(options.shape, [](int64_t size) { return size >= 1; });
  internal::RequireValue(is_usable, "LayerNorm", Cat("shape ", options.shape),
                         "one axis or more, of sizes >= 1");
  internal::RequirePositive("LayerNorm", "epsilon", epsilon);
  weight = parameter(ones(options.shape, {.dtype = options.dtype}));
  bias = parameter(zeros(options.shape, {.dtype = options.dtype}));
}

Tensor LayerNorm::operator()(const Tensor& x) const { return layer_norm(x, weight, bias, epsilon); }

}  // namespace prova
