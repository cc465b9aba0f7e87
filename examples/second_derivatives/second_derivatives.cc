// Second derivatives of Rosenbrock's valley, f(x, y) = (1 - x)^2 + 100 (y - x^2)^2.
#include <iostream>

#include "autograd/functional.h"
#include "autograd/movement.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

// #region valley
Tensor Valley(const Tensor& p) {
  const Tensor x = slice(p, 0, {.start = 0, .stop = 1}), y = slice(p, 0, {.start = 1, .stop = 2});
  const Tensor left = 1.0 - x, bend = y - x * x;
  return sum(left * left + 100.0 * bend * bend);
}
// #endregion valley

int main() {
  const Tensor p = tensor({-1.0, 1.0}, DType::kFloat64), v = tensor({1.0, 2.0}, DType::kFloat64);
  // #region derivatives
  const Tensor gradient = grad(Valley)(p);
  const Tensor H = hessian(Valley, p);
  const Tensor Hv = hvp(Valley, p, v);
  // The product by hand: the gradient of <gradient, v>.
  const Tensor again = grad([&](const Tensor& q) { return sum(grad(Valley)(q) * v); })(p);
  // #endregion derivatives
  std::cout << "gradient " << gradient << "\nH\n"
            << H << "\nH v " << Hv << "\nagain " << again << "\n";
  const Tensor expected = matmul(H, v);
  return sum((Hv - expected) * (Hv - expected) + (again - Hv) * (again - Hv)).item() == 0 ? 0 : 1;
}
