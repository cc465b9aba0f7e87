#include <cmath>

#include "gradcheck/ulp_sweep.h"
#include "ops/log/log.h"

int main() {
  prova::SweepEveryFloat({{"log", [](const prova::Tensor& x) { return prova::log(x); },
                           [](double x) { return std::log(x); }}});
}
