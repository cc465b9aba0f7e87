// One layer seen three ways: its Jacobian, steps pushed forward, cotangents pulled back.
#include <cmath>
#include <iostream>
#include <vector>

#include "autograd/functional.h"
#include "autograd/movement.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

double Dot(const Tensor& a, const Tensor& b) { return sum(a * b).item(); }

// #region products
bool Products() {
  const DType real = DType::kFloat64;
  const Tensor weight = tensor({{1.0, -2.0, 0.5}, {0.5, 1.0, 1.0}}, real);
  const Tensor x = tensor({0.5, 0.25, 1.0}, real);
  const Tensor v = tensor({1.0, 0.0, 2.0}, real), u = tensor({3.0, -1.0}, real);
  const Function layer = [&](const Tensor& in) { return tanh(matmul(weight, in)); };

  const Tensor J = jacobian(layer, x);
  const Tensor forward = jvp(layer, x, v).tangent;
  const Tensor reverse = vjp([&](const Tensors& in) { return layer(in[0]); }, {x}).pull(u)[0];
  std::cout << "J\n"
            << J << "\nJ v     = " << forward << "\nJ^T u   = " << reverse
            << "\n<u, Jv> = " << Dot(u, forward) << "\n<J^T u, v> = " << Dot(reverse, v) << "\n";
  return std::abs(Dot(u, forward) - Dot(reverse, v)) < 1e-14;
}
// #endregion products

// #region cost
bool Cost() {
  const int64_t n = 1000;
  Rng rng(1);
  const Tensor x = rand({n}, rng, {.dtype = DType::kFloat64});
  int calls = 0;
  const Function loss = [&](const Tensor& in) {
    ++calls;
    return sum(in * in * in);
  };
  const Tensor axes = eye(n, {.dtype = DType::kFloat64});
  std::vector<double> slopes;
  for (int64_t i = 0; i < n; ++i) {
    const Tensor step = reshape(1e-5 * slice(axes, 0, {.start = i, .stop = i + 1}), {n});
    slopes.push_back((loss(x + step).item() - loss(x - step).item()) / 2e-5);
  }
  std::cout << "central differences: " << calls << " calls\n";
  calls = 0;
  const Tensor gradient = grad(loss)(x);
  std::cout << "reverse mode: " << calls << " call and one pass back\n";
  const Tensor apart = gradient - from_vector(slopes, {n});
  return calls == 1 && max(apart * apart).item() < 1e-12;
}
// #endregion cost

int main() {
  std::cout << "== products\n";
  const bool adjoint = Products();
  std::cout << "== cost\n";
  return Cost() && adjoint ? 0 : 1;
}
