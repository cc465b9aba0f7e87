#include <cmath>

#include "gradcheck/ulp_sweep.h"
#include "ops/sigmoid/sigmoid.h"

// #region ulps
double Exact(double x) {
  const double e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

int main() { prova::SweepEveryFloat({{"sigmoid", prova::sigmoid, Exact}}); }
// #endregion ulps
