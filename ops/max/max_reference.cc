#include "ops/max/max_kernels.h"

namespace prova::reference {
namespace {

// #region reference
/// The largest of n > 0 elements that lie `stride` apart; a NaN once found stays.
template <typename T>
T MaxOf(const T* x, int64_t n, int64_t stride) {
  T peak = x[0];
  for (int64_t k = 1; k < n; ++k) {
    const T next = x[k * stride];
    if (next > peak || next != next) peak = next;
  }
  return peak;
}
// #endregion reference

// #region reference_backward
/// Two NaNs count as equal: they are what the maximum came from.
template <typename T>
bool Ties(T x, T y) {
  return x == y || (x != x && y != y);
}

template <typename T>
void MaxBackwardOf(T dy, const T* x, T y, T* dx, int64_t n, int64_t stride) {
  // Count the ties.
  int64_t ties = 0;
  for (int64_t k = 0; k < n; ++k) ties += Ties(x[k * stride], y);

  // Give each an equal share.
  for (int64_t k = 0; k < n; ++k) {
    dx[k * stride] = Ties(x[k * stride], y) ? dy / static_cast<T>(ties) : T(0);
  }
}
// #endregion reference_backward

}  // namespace

void Max(const ReduceArgs& args) {
  VisitNumbers(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.y);
    for (int64_t o = 0; o < args.outer; ++o) {
      for (int64_t i = 0; i < args.inner; ++i) {
        y[o * args.inner + i] = MaxOf(x + o * args.axis * args.inner + i, args.axis, args.inner);
      }
    }
  });
}

void MaxBackward(const MaxBackwardArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* dy = static_cast<const T*>(args.dy);
    const T* y = static_cast<const T*>(args.y);
    for (int64_t o = 0; o < args.outer; ++o) {
      for (int64_t i = 0; i < args.inner; ++i) {
        const int64_t from = o * args.axis * args.inner + i, at = o * args.inner + i;
        MaxBackwardOf(dy[at], static_cast<const T*>(args.x) + from, y[at],
                      static_cast<T*>(args.dx) + from, args.axis, args.inner);
      }
    }
  });
}

}  // namespace prova::reference
