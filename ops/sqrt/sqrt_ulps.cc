#include <cmath>

#include "gradcheck/ulp_sweep.h"
#include "ops/sqrt/sqrt.h"

int main() {
  prova::SweepEveryFloat({{"sqrt", [](const prova::Tensor& x) { return prova::sqrt(x); },
                           [](double x) { return std::sqrt(x); }}});
}
