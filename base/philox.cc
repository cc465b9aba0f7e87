#include "base/philox.h"

#include "base/error.h"

namespace prova {

uint64_t Rng::Below(uint64_t n) {
  if (n == 0) {
    Fail(ErrorCode::kValue, {.where = "Rng::Below", .given = "n of 0", .need = "n >= 1"});
  }
  // Draws under 2^64 mod n would favour small results.
  const uint64_t biased = (0 - n) % n;
  while (true) {
    const PhiloxCounter block = Take(1)[0];
    const uint64_t draw = (uint64_t{block[0]} << 32) | block[1];
    if (draw >= biased) return draw % n;
  }
}

Rng Rng::Split() {
  const PhiloxCounter block = Take(1)[0];
  return Rng(seed_ ^ ((uint64_t{block[0]} << 32) | block[1]),
             (uint64_t{block[2]} << 32) | block[3]);
}

}  // namespace prova
