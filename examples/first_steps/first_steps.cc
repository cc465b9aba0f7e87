#include <iostream>

#include "nn/nn.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

struct Mlp {
  Linear fc1, fc2;
  Tensor operator()(const Tensor& x) const { return fc2(tanh(fc1(x))); }
  PROVA_FIELDS(fc1, fc2)
};

// Learns exclusive or: 1 where exactly one of two inputs is 1.
int main() {
  Rng rng(1);
  Mlp model{.fc1 = Linear({.in = 2, .out = 8}, rng), .fc2 = Linear({.in = 8, .out = 2}, rng)};
  AdamW adamw({.lr = 0.05});
  const Tensor x = tensor({{0, 0}, {0, 1}, {1, 0}, {1, 1}}, DType::kFloat32);
  const Tensor label = tensor({0, 1, 1, 0});
  Tensor loss;
  for (int step = 0; step < 200; ++step) {
    loss = cross_entropy(model(x), label);
    adamw.step(parameters(model), backward(loss));
  }
  std::cout << softmax(model(x)) << "\n";
  return loss.item() < 0.01 ? 0 : 1;
}
