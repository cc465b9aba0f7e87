// The gradient of layer_norm three times: by the tape, walked back by hand, and in closed form.
#include <cmath>
#include <iostream>

#include "autograd/functional.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

const double kEpsilon = 1e-5;

Tensor MeanOfRow(const Tensor& t) { return mean(t, {1}, {.keepdims = true}); }
Tensor SumOfRow(const Tensor& t) { return sum(t, {1}, {.keepdims = true}); }

// #region walk
/// The five steps of the forward pass, then each of them backwards, last one first.
Tensor WalkedBack(const Tensor& dy, const Tensor& x, const Tensor& w) {
  const double n = static_cast<double>(x.size(1));
  const Tensor mu = MeanOfRow(x);               // 1
  const Tensor d = x - mu;                      // 2
  const Tensor var = MeanOfRow(d * d);          // 3
  const Tensor r = 1.0 / sqrt(var + kEpsilon);  // 4
  // 5: y = w * (d * r) + b
  const Tensor dz = w * dy;
  const Tensor dr = SumOfRow(dz * d);             // 5, by r: broadcast along the row, so summed
  const Tensor dvar = dr * (-0.5 * r * r * r);    // 4
  const Tensor dd = dz * r + dvar * 2.0 * d / n;  // 5 and 3, by d: two uses, two terms
  const Tensor dmu = -SumOfRow(dd);               // 2, by mu
  return dd + dmu / n;                            // 2 and 1, by x
}
// #endregion walk

// #region closed
/// The same, contracted: r (g - mean(g) - z mean(g z)).
Tensor ClosedForm(const Tensor& dy, const Tensor& x, const Tensor& w) {
  const Tensor d = x - MeanOfRow(x);
  const Tensor r = 1.0 / sqrt(MeanOfRow(d * d) + kEpsilon);
  const Tensor z = d * r, g = w * dy;
  return r * (g - MeanOfRow(g) - z * MeanOfRow(g * z));
}
// #endregion closed

double LargestDifference(const Tensor& a, const Tensor& b) {
  return sqrt(max((a - b) * (a - b))).item();
}

int main() {
  const DType real = DType::kFloat64;
  const Tensor x = tensor({{1.0, 2.0, 4.0, 1.0}, {0.0, 1.0, 2.0, 4.0}}, real);
  const Tensor w = tensor({1.0, 2.0, 0.5, 1.0}, real), b = zeros({4}, {.dtype = real});
  const Tensor dy = tensor({{1.0, 0.0, 0.0, 0.0}, {1.0, -1.0, 2.0, 0.5}}, real);
  const Tensor tape =
      vjp([&](const Tensors& in) { return layer_norm(in[0], w, b, kEpsilon); }, {x}).pull(dy)[0];
  const Tensor walked = WalkedBack(dy, x, w), closed = ClosedForm(dy, x, w);
  std::cout << "by the tape\n"
            << tape << "\nwalked back\n"
            << walked << "\nclosed form\n"
            << closed << "\n";
  return LargestDifference(tape, walked) < 1e-14 && LargestDifference(tape, closed) < 1e-14 ? 0 : 1;
}
