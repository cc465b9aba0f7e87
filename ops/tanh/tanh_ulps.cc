#include <cmath>

#include "gradcheck/ulp_sweep.h"
#include "ops/tanh/tanh.h"

int main() {
  prova::SweepEveryFloat({{"tanh", [](const prova::Tensor& x) { return prova::tanh(x); },
                           [](double x) { return std::tanh(x); }}});
}
