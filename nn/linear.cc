#include "nn/linear.h"

#include "autograd/tape.h"
#include "base/text.h"
#include "nn/check.h"
#include "ops/linear/linear.h"
#include "tensor/create.h"

namespace prova {

Linear::Linear(const Options& options, Rng& rng) {
  internal::RequireAtLeast("Linear", "in", options.in, 1);
  internal::RequireAtLeast("Linear", "out", options.out, 1);
  weight = parameter(options.initializer({options.out, options.in}, rng, options.dtype));
  if (options.bias) bias = parameter(zeros({options.out}, {.dtype = options.dtype}));
}

Tensor Linear::operator()(const Tensor& x) const { return linear(x, weight, bias); }

}  // namespace prova
