#include "base/text.h"
#include "bench/gpu/gpu_bench.h"
#include "ops/matmul/matmul.h"

namespace prova::gpu_bench {
namespace {

bool IsTransposed(const Tensor& x) {
  const int last = x.rank() - 1;
  return last > 0 && x.strides()[last] != 1 && x.strides()[last - 1] == 1;
}

// #region cublas
std::vector<Peer> CublasPeers(const PeerWork& work, const GpuLibraries& libraries) {
  const Cublas* const cublas = libraries.cublas;
  if (cublas == nullptr) return {};
  const Tensor a = work.in[0], b = work.in[1], y = work.Output();
  MatrixProduct p = {.dtype = y.dtype(),
                     .rows = a.rank() > 1 ? a.size(-2) : 1,
                     .terms = a.size(-1),
                     .columns = b.rank() > 1 ? b.size(-1) : 1,
                     .a_transposed = IsTransposed(a),
                     .b_transposed = IsTransposed(b)};
  p.batches = y.numel() / (p.rows * p.columns);
  if (a.rank() > 2) p.a_step = p.rows * p.terms;
  if (b.rank() > 2) p.b_step = p.terms * p.columns;
  std::vector<Peer> peers = {
      {.name = "cublas",
       .way = "gemm",
       .run = [=] { cublas->Multiply(p, a.raw_data(), b.raw_data(), y.raw_mutable_data()); },
       .y = y}};
  if (p.dtype != DType::kFloat32 || p.batches > 1) return peers;
  // A vector on either side: xᵀ b is bᵀ x.
  const Tensor vector = work.Output();
  if (p.columns == 1) {
    peers.push_back({.name = "cublas",
                     .way = "gemv",
                     .run =
                         [=] {
                           cublas->MultiplyVector(p.rows, p.terms, p.a_transposed, a.data<float>(),
                                                  b.data<float>(), vector.mutable_data<float>());
                         },
                     .y = vector});
  } else if (p.rows == 1) {
    peers.push_back({.name = "cublas",
                     .way = "gemv",
                     .run =
                         [=] {
                           cublas->MultiplyVector(p.columns, p.terms, !p.b_transposed,
                                                  b.data<float>(), a.data<float>(),
                                                  vector.mutable_data<float>());
                         },
                     .y = vector});
  }
  return peers;
}
// #endregion cublas

/// y = a b, [m, k] by [k, n].
BenchCase Measure(const std::string& name, int64_t m, int64_t k, int64_t n, DType dtype,
                  bool b_transposed = false) {
  const auto item = static_cast<double>(ItemSize(dtype));
  return {.name = name,
          .inputs = {{.shape = {m, k}}, {.shape = {k, n}, .transposed = b_transposed}},
          .run = [](const Tensors& in) { return prova::matmul(in[0], in[1]); },
          .bytes = item * static_cast<double>(m * k + k * n + m * n),
          .flops = 2 * static_cast<double>(m * k * n),
          .torch = "torch.matmul(a, b)",
          .dtype = dtype,
          // Both sum in float32 and round once: half a unit in the last place of the largest.
          .agreement = dtype == DType::kFloat32 ? 1e-4 : 1e-2};
}

}  // namespace

// #region cases
GpuBench matmul() {
  GpuBench bench = {.peers = CublasPeers};
  for (DType dtype : {DType::kBFloat16, DType::kFloat16}) {
    for (int64_t n : {256, 1024, 4096, 8192}) {
      bench.cases.push_back(Measure(Cat("square_", n), n, n, n, dtype));
    }
    bench.cases.push_back(Measure("square_4096_nt", 4096, 4096, 4096, dtype, true));
    // No size that a tile divides.
    bench.cases.push_back(Measure("odd_4095x4097x4099", 4095, 4097, 4099, dtype));
    bench.cases.push_back(Measure("odd_1000x1000x1000", 1000, 1000, 1000, dtype));
    bench.cases.push_back(Measure("64x784x512", 64, 784, 512, dtype));
    bench.cases.push_back(Measure("16x4096x4096", 16, 4096, 4096, dtype));
    bench.cases.push_back(Measure("16384x1024x1024", 16384, 1024, 1024, dtype));
  }
  bench.cases.push_back(Measure("square_4096", 4096, 4096, 4096, DType::kFloat32));
  bench.cases.push_back(Measure("16384x16384x1", 16384, 16384, 1, DType::kFloat32));
  return bench;
}
// #endregion cases

}  // namespace prova::gpu_bench
