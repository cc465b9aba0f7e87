#include "bench/steps/steps_cases.h"

#include <cmath>
#include <memory>

#include "autograd/movement.h"
#include "nn/nn.h"
#include "ops/ops.h"
#include "tensor/strided.h"

namespace prova {
namespace {

/// What a training step leaves behind for comparison: its loss, from the weights it began with.
using Loss = std::function<Tensor(const Tensors& weights)>;

/// A step of AdamW on weights that start as copies of `inputs` from `first` on.
std::function<Tensor()> Training(const Tensors& inputs, size_t first, Loss loss) {
  NamedTensors weights;
  Tensors values;
  for (size_t i = first; i < inputs.size(); ++i) {
    values.push_back(parameter(Copy(inputs[i])));
    weights.push_back({Cat("w", i), values.back()});
  }
  auto adamw = std::make_shared<AdamW>(AdamW::Options{.lr = 1e-3});
  return [=] {
    const Tensor value = loss(values);
    adamw->step(weights, backward(value));
    return detach(value);
  };
}

InputSpec Weight(const Shape& shape) {
  const double scale = 1 / std::sqrt(static_cast<double>(shape.back()));
  return {.shape = shape, .low = -scale, .high = scale};
}

// #region mlp
/// 784-512-512-10 on 128 images, cross entropy.
BenchCase Mlp() {
  constexpr int64_t kBatch = 128;
  return {.name = "mlp_784_512_512_10",
          .inputs = {{.shape = {kBatch, 784}},
                     {.shape = {kBatch}, .kind = InputSpec::Kind::kIndex, .low = 0, .high = 10},
                     Weight({512, 784}),
                     Weight({512}),
                     Weight({512, 512}),
                     Weight({512}),
                     Weight({10, 512}),
                     Weight({10})},
          .flops = 6.0 * kBatch * (784 * 512 + 512 * 512 + 512 * 10),
          .torch = "steps.mlp(a, b, c, d, e, f, g, h)",
          .start = [](const Tensors& in) {
            return Training(in, 2, [x = in[0], label = in[1]](const Tensors& w) {
              const Tensor h1 = linear(x, w[0], w[1], Activation::kRelu);
              const Tensor h2 = linear(h1, w[2], w[3], Activation::kRelu);
              return cross_entropy(linear(h2, w[4], w[5]), label);
            });
          }};
}
// #endregion mlp

// #region cnn
BenchCase DigitsCnn() {
  constexpr int64_t kBatch = 64;
  return {.name = "digits_cnn",
          .inputs = {{.shape = {kBatch, 1, 8, 8}},
                     {.shape = {kBatch}, .kind = InputSpec::Kind::kIndex, .low = 0, .high = 10},
                     Weight({16, 1, 3, 3}),
                     Weight({16}),
                     Weight({32, 16, 3, 3}),
                     Weight({32}),
                     Weight({10, 512}),
                     Weight({10})},
          .flops = 6.0 * kBatch * (64 * 16 * 9 + 64 * 32 * 16 * 9 + 512 * 10),
          .torch = "steps.digits_cnn(a, b, c, d, e, f, g, h)",
          .start = [](const Tensors& in) {
            return Training(in, 2, [x = in[0], label = in[1]](const Tensors& w) {
              Tensor y = relu(conv2d(x, w[0], w[1], {.padding = 1}));
              y = relu(conv2d(y, w[2], w[3], {.padding = 1}));
              y = max_pool2d(y, {.kernel = 2});
              return cross_entropy(linear(reshape(y, {kBatch, -1}), w[4], w[5]), label);
            });
          }};
}
// #endregion cnn

// #region mnist
/// The network that `./dev demo` trains, without its dropout, on 128 images of MNIST's size.
BenchCase MnistCnn() {
  constexpr int64_t kBatch = 128, kFeatures = 32 * 7 * 7;
  return {.name = "mnist_cnn",
          .inputs = {{.shape = {kBatch, 1, 28, 28}},
                     {.shape = {kBatch}, .kind = InputSpec::Kind::kIndex, .low = 0, .high = 10},
                     Weight({16, 1, 3, 3}),
                     Weight({16}),
                     Weight({32, 16, 3, 3}),
                     Weight({32}),
                     Weight({10, kFeatures}),
                     Weight({10})},
          .flops = 6.0 * kBatch * (784 * 16 * 9 + 196 * 32 * 16 * 9 + kFeatures * 10),
          .torch = "steps.mnist_cnn(a, b, c, d, e, f, g, h)",
          .start = [](const Tensors& in) {
            return Training(in, 2, [x = in[0], label = in[1]](const Tensors& w) {
              Tensor y = relu(conv2d(x, w[0], w[1], {.padding = 1}));
              y = relu(conv2d(max_pool2d(y, {.kernel = 2}), w[2], w[3], {.padding = 1}));
              y = max_pool2d(y, {.kernel = 2});
              return cross_entropy(linear(reshape(y, {x.size(0), -1}), w[4], w[5]), label);
            });
          }};
}
// #endregion mnist

// #region transformer
constexpr int64_t kSequences = 8, kLength = 128, kWidth = 256, kHeads = 4, kLayers = 4;

/// Attention and a multi-layer perceptron, each behind a norm and beside a shortcut.
Tensor Block(const Tensor& x, const Tensor& qkv, const Tensor& out, const Tensor& up,
             const Tensor& down) {
  const Tensor mixed =
      reshape(linear(layer_norm(x), qkv), {kSequences, kLength, 3, kHeads, kWidth / kHeads});
  // Of queries, keys or values: [sequence, head, position, channel].
  auto heads = [&](int64_t part) {
    const Tensor one = slice(mixed, 2, {.start = part, .stop = part + 1});
    return permute(reshape(one, {kSequences, kLength, kHeads, -1}), {0, 2, 1, 3});
  };
  const Tensor scores = matmul(heads(0), transpose(heads(1), -1, -2)) /
                        std::sqrt(static_cast<double>(kWidth / kHeads));
  const Tensor attended = permute(matmul(softmax(scores), heads(2)), {0, 2, 1, 3});
  const Tensor y = x + linear(reshape(attended, x.shape()), out);
  return y + linear(gelu(linear(layer_norm(y), up)), down);
}

BenchCase Transformer() {
  std::vector<InputSpec> inputs = {{.shape = {kSequences, kLength, kWidth}}};
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    inputs.push_back(Weight({3 * kWidth, kWidth}));
    inputs.push_back(Weight({kWidth, kWidth}));
    inputs.push_back(Weight({4 * kWidth, kWidth}));
    inputs.push_back(Weight({kWidth, 4 * kWidth}));
  }
  constexpr double kPositions = kSequences * kLength;
  constexpr double kProducts = kPositions * (12.0 * kWidth * kWidth + 2.0 * kLength * kWidth);
  return {.name = "transformer_4x256",
          .inputs = std::move(inputs),
          .flops = 6 * kLayers * kProducts,
          .torch = "steps.transformer(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)",
          .start = [](const Tensors& in) {
            return Training(in, 1, [x = in[0]](const Tensors& w) {
              Tensor y = x;
              for (size_t i = 0; i < w.size(); i += 4) {
                y = Block(y, w[i], w[i + 1], w[i + 2], w[i + 3]);
              }
              return mean(y * y);
            });
          }};
}
// #endregion transformer

/// What a call costs that has hardly anything to compute.
BenchCase Call(bool taped) {
  return {.name = taped ? "call_add_4_taped" : "call_add_4",
          .inputs = {{.shape = {4}}, {.shape = {4}}},
          .torch = taped ? "steps.taped_add(a, b)" : "torch.add(a, b)",
          .start = [taped](const Tensors& in) -> std::function<Tensor()> {
            const Tensor a = taped ? parameter(in[0]) : in[0];
            return [a, b = in[1]] { return add(a, b); };
          }};
}

}  // namespace

std::vector<BenchCase> StepsCases() {
  return {Call(false), Call(true), Mlp(), DigitsCnn(), Transformer()};
}

std::vector<BenchCase> GpuStepsCases() { return {MnistCnn()}; }

}  // namespace prova
