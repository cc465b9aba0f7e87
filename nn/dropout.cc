#include "nn/dropout.h"

#include "nn/check.h"
#include "ops/dropout/dropout.h"

namespace prova {

Dropout::Dropout(const Options& options, Rng& rng) : p(options.p), rng(rng.Split()) {
  internal::RequireValue(p >= 0 && p <= 1, "Dropout", Cat("p is ", p), "0 <= p <= 1");
}

Tensor Dropout::operator()(const Tensor& x) const { return mode.training ? dropout(x, p, rng) : x; }

}  // namespace prova
