#include "nn/embedding.h"

#include "autograd/tape.h"
#include "nn/check.h"
#include "ops/embedding/embedding.h"
#include "tensor/create.h"

namespace prova {

Embedding::Embedding(const Options& options, Rng& rng) {
  internal::RequireAtLeast("Embedding", "count", options.count, 1);
  internal::RequireAtLeast("Embedding", "dim", options.dim, 1);
  weight = parameter(randn({options.count, options.dim}, rng, {.dtype = options.dtype}));
}

Tensor Embedding::operator()(const Tensor& indices) const { return embedding(indices, weight); }

}  // namespace prova
