#include "base/text.h"
#include "bench/gpu/gpu_bench.h"
#include "ops/linear/linear.h"

namespace prova::gpu_bench {
namespace {

// Attributes and inputs as in linear_peers.cc.
enum Gradient { kForward, kOfInput, kOfWeight };
constexpr int kAlgorithms = 4;  // of those that cuBLASLt recommends

int64_t Attribute(const PeerWork& work, const std::string& name) {
  const auto found = work.bench.attributes.find(name);
  return found == work.bench.attributes.end() ? 0 : found->second;
}

// #region cublaslt
/// cuBLASLt adds the bias and activates on the way; its gelu is the one by tanh, which differs from
/// Prova's by 0.0005 at most, and is left out where that is more than the case's agreement.
std::vector<Peer> ForwardPeers(const PeerWork& work, const Cublas& cublas) {
  constexpr int kEpilogues[] = {nvidia::CUBLASLT_EPILOGUE_BIAS, nvidia::CUBLASLT_EPILOGUE_RELU_BIAS,
                                nvidia::CUBLASLT_EPILOGUE_GELU_BIAS};
  const Tensor x = work.in[0], weight = work.in[1], bias = work.in[2], y = work.Output();
  const DenseLayer layer = {.dtype = y.dtype(),
                            .rows = x.numel() / x.size(-1),
                            .in = x.size(-1),
                            .out = weight.size(0),
                            .epilogue = kEpilogues[Attribute(work, "activation")]};
  std::vector<Peer> peers;
  for (auto& run : cublas.Layers(layer, x, weight, bias, y, kAlgorithms)) {
    const std::string way = Cat("lt ", peers.size() + 1);
    peers.push_back({.name = "cublas", .way = way, .run = std::move(run), .y = y});
  }
  return peers;
}
// #endregion cublaslt

/// dx = dy W, dW = dyᵀ x: products without bias.
Peer GradientPeer(const PeerWork& work, const Cublas& cublas, bool of_weight) {
  const Tensor dy = work.in[0], other = of_weight ? work.in[1] : work.in[2], y = work.Output();
  const MatrixProduct p = {.dtype = y.dtype(),
                           .rows = y.size(0),
                           .terms = of_weight ? dy.size(0) : dy.size(1),
                           .columns = y.size(1),
                           .a_transposed = of_weight};
  return {.name = "cublas",
          .way = "gemm",
          .run =
              [=, &cublas] {
                cublas.Multiply(p, dy.raw_data(), other.raw_data(), y.raw_mutable_data());
              },
          .y = y};
}

std::vector<Peer> CublasPeers(const PeerWork& work, const GpuLibraries& libraries) {
  if (libraries.cublas == nullptr) return {};
  const int64_t gradient = Attribute(work, "gradient");
  if (gradient == kForward) return ForwardPeers(work, *libraries.cublas);
  return {GradientPeer(work, *libraries.cublas, gradient == kOfWeight)};
}

BenchCase Measure(int64_t rows, int64_t in, int64_t out, DType dtype, Activation activation) {
  constexpr const char* kSuffix[] = {"", "_relu", "_gelu"};
  constexpr const char* kTorch[] = {"F.linear(a, b, c)", "F.relu(F.linear(a, b, c))",
                                    "F.gelu(F.linear(a, b, c))"};
  const auto which = static_cast<int>(activation);
  const auto item = static_cast<double>(ItemSize(dtype));
  return {.name = Cat("rows_", rows, "_in_", in, "_out_", out, kSuffix[which]),
          .inputs = {{.shape = {rows, in}}, {.shape = {out, in}}, {.shape = {out}}},
          .run = [activation](const Tensors& t) { return linear(t[0], t[1], t[2], activation); },
          .bytes = item * static_cast<double>(rows * in + in * out + out + rows * out),
          .flops = 2.0 * static_cast<double>(rows * in * out),
          .torch = kTorch[which],
          .dtype = dtype,
          .attributes = {{"activation", which}},
          .agreement = dtype == DType::kFloat32 ? 1e-4 : 1e-2};
}

}  // namespace

GpuBench linear() {
  GpuBench bench = {.peers = CublasPeers};
  for (Activation activation : {Activation::kNone, Activation::kRelu, Activation::kGelu}) {
    bench.cases.push_back(Measure(4096, 4096, 4096, DType::kBFloat16, activation));
    bench.cases.push_back(Measure(4096, 1024, 4096, DType::kFloat16, activation));
    bench.cases.push_back(Measure(4096, 1024, 4096, DType::kFloat32, activation));
  }
  return bench;
}

}  // namespace prova::gpu_bench
