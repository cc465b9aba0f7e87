#include <cmath>

#include "gradcheck/ulp_sweep.h"
#include "ops/exp/exp.h"

int main() {
  prova::SweepEveryFloat({{"exp", [](const prova::Tensor& x) { return prova::exp(x); },
                           [](double x) { return std::exp(x); }}});
}
