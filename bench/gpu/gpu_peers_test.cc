#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "bench/gpu/gpu_bench.h"
#include "bench/gpu/shared_library.h"
#include "bench/gpu/stand_in.h"
#include "cuda/runtime.h"
#include "ops/conv2d/conv2d.h"
#include "ops/linear/linear.h"
#include "ops/log_softmax/log_softmax.h"
#include "ops/matmul/matmul.h"
#include "ops/max_pool2d/max_pool2d.h"
#include "ops/softmax/softmax.h"
#include "tensor/create.h"

namespace prova {

namespace gpu_bench {
GpuBench conv2d();
GpuBench linear();
GpuBench log_softmax();
GpuBench matmul();
GpuBench max_pool2d();
GpuBench softmax();
}  // namespace gpu_bench

namespace {

/// The folder with the libraries that stand in for NVIDIA's.
std::vector<std::string> Folders() {
  return {Cat(std::getenv("TEST_SRCDIR"), "/", std::getenv("TEST_WORKSPACE"), "/bench/gpu")};
}

void CopyOnHarness(void* to, const void* from, size_t bytes) {
  cuda::LinkedRuntime()->Copy(to, from, bytes);
}

/// Peers of cases too small to measure, over the libraries that stand in.
class GpuPeers : public testing::Test {
 protected:
  GpuPeers() : device_(cuda_device()), cublas_(Folders()), cudnn_(Folders()) {
    for (const char* name : {"libcublas.so.13", "libcudnn.so.9"}) {
      void (*set)(nvidia::CopyBytes);
      SharedLibrary(name, Folders()).Find("StandInCopiesBy", set);
      set(CopyOnHarness);
    }
  }

  /// Runs each peer of a case; all must agree with Prova. Returns their names and ways.
  std::set<std::string> PeersOf(const GpuBench& of, const BenchCase& bench) {
    Rng rng(3);
    const Tensors in = MakeInputs(bench.inputs, bench.dtype, rng);
    const Tensor result = bench.run(in);
    std::set<std::string> names;
    for (const Peer& peer :
         of.peers({.bench = bench, .in = in, .result = result}, {&cublas_, &cudnn_})) {
      peer.run();
      EXPECT_LE(Disagreement(result, peer.y), bench.agreement) << bench.name << " " << peer.way;
      names.insert(Cat(peer.name, " ", peer.way));
    }
    EXPECT_TRUE(of.peers({.bench = bench, .in = in, .result = result}, {}).empty());
    return names;
  }

  const ScopedDevice device_;
  const Cublas cublas_;
  const Cudnn cudnn_;
};

using Names = std::set<std::string>;

TEST_F(GpuPeers, MultiplyMatricesOfEveryLayout) {
  const prova::Run run = [](const Tensors& in) { return prova::matmul(in[0], in[1]); };
  const GpuBench of = gpu_bench::matmul();
  for (DType dtype : {DType::kFloat32, DType::kFloat16, DType::kBFloat16}) {
    for (bool left : {false, true}) {
      for (bool right : {false, true}) {
        for (const Shape& batch : {Shape{}, Shape{2}}) {
          Shape a = batch, b = batch;
          for (int64_t size : {3, 5}) a.push_back(size);
          for (int64_t size : {5, 4}) b.push_back(size);
          const BenchCase bench = {
              .name = Cat(a, " ", left, " ", b, " ", right, " ", dtype),
              .inputs = {{.shape = a, .transposed = left}, {.shape = b, .transposed = right}},
              .run = run,
              .dtype = dtype,
              .agreement = dtype == DType::kFloat32 ? 1e-5 : 1e-2};
          EXPECT_EQ(PeersOf(of, bench), Names{"cublas gemm"});
        }
      }
    }
  }
}

TEST_F(GpuPeers, MultiplyVectorsOfEveryLayout) {
  const prova::Run run = [](const Tensors& in) { return prova::matmul(in[0], in[1]); };
  const Names both = {"cublas gemm", "cublas gemv"};
  for (bool transposed : {false, true}) {
    const InputSpec column = {.shape = {5, 1}}, row = {.shape = {1, 3}};
    const InputSpec matrix = {.shape = {3, 5}, .transposed = transposed};
    EXPECT_EQ(PeersOf(gpu_bench::matmul(), {.name = "A x", .inputs = {matrix, column}, .run = run}),
              both);
    EXPECT_EQ(PeersOf(gpu_bench::matmul(), {.name = "x A", .inputs = {row, matrix}, .run = run}),
              both);
  }
}

TEST_F(GpuPeers, ComputeDenseLayers) {
  const GpuBench of = gpu_bench::linear();
  for (Activation activation : {Activation::kNone, Activation::kRelu, Activation::kGelu}) {
    const auto told = static_cast<int64_t>(activation);
    const BenchCase bench = {
        .name = Cat("forward ", told),
        .inputs = {{.shape = {3, 5}}, {.shape = {4, 5}}, {.shape = {4}}},
        .run = [=](const Tensors& in) { return linear(in[0], in[1], in[2], activation); },
        .attributes = {{"activation", told}},
        // cuBLASLt's gelu is the one by tanh, which is off by 0.0005 at most.
        .agreement = activation == Activation::kGelu ? 1e-3 : 1e-5};
    EXPECT_EQ(PeersOf(of, bench), (Names{"cublas lt 1", "cublas lt 2"}));
  }
  for (int64_t gradient : {1, 2}) {
    const BenchCase bench = {.name = Cat("gradient ", gradient),
                             .inputs = {{.shape = {3, 4}}, {.shape = {3, 5}}, {.shape = {4, 5}}},
                             .run =
                                 [=](const Tensors& in) {
                                   const GradientTriple d = linear_backward(
                                       in[0], in[1], in[2],
                                       {.input = gradient == 1, .weight = gradient == 2});
                                   return gradient == 1 ? d.input : d.weight;
                                 },
                             .attributes = {{"gradient", gradient}}};
    EXPECT_EQ(PeersOf(of, bench), Names{"cublas gemm"});
  }
}

TEST_F(GpuPeers, ConvolveImages) {
  const GpuBench of = gpu_bench::conv2d();
  struct Layer {
    int64_t stride, padding, groups;
  };
  for (const auto& [stride, padding, groups] : {Layer{1, 1, 1}, Layer{2, 0, 1}, Layer{2, 1, 2}}) {
    const Conv2dOptions options = {.stride = stride, .padding = padding, .groups = groups};
    const int64_t height = (6 + 2 * padding - 3) / stride + 1,
                  width = (5 + 2 * padding - 2) / stride + 1;
    const Shape x = {2, 4, 6, 5}, weight = {6, 4 / groups, 3, 2}, y = {2, 6, height, width};
    BenchCase bench = {
        .name = Cat("forward ", stride, padding, groups),
        .inputs = {{.shape = x}, {.shape = weight}, {.shape = {6}}},
        .run = [=](const Tensors& in) { return conv2d(in[0], in[1], in[2], options); },
        .attributes = {
            {"stride", stride}, {"padding", padding}, {"groups", groups}, {"gradient", 0}}};
    EXPECT_EQ(PeersOf(of, bench), (Names{"cudnn search", "cudnn fused"}));
    bench.attributes["gradient"] = 1;
    bench.inputs = {{.shape = y}, {.shape = weight}};
    bench.run = [=](const Tensors& in) { return conv2d_backward_input(in[0], in[1], x, options); };
    EXPECT_EQ(PeersOf(of, bench), Names{"cudnn search"});
    bench.attributes["gradient"] = 2;
    bench.inputs = {{.shape = y}, {.shape = x}};
    bench.run = [=](const Tensors& in) {
      return conv2d_backward_weight(in[0], in[1], weight, options);
    };
    EXPECT_EQ(PeersOf(of, bench), Names{"cudnn search"});
  }
}

TEST_F(GpuPeers, NormalizeRows) {
  const std::vector<InputSpec> forward = {{.shape = {3, 7}}};
  const std::vector<InputSpec> backward = {{.shape = {3, 7}},
                                           {.shape = {3, 7}, .low = -3, .high = -1}};
  const Names cudnn = {"cudnn "};
  EXPECT_EQ(PeersOf(gpu_bench::softmax(),
                    {.name = "softmax",
                     .inputs = forward,
                     .run = [](const Tensors& in) { return prova::softmax(in[0], -1); }}),
            cudnn);
  EXPECT_EQ(PeersOf(gpu_bench::softmax(),
                    {.name = "softmax_backward",
                     .inputs = backward,
                     .run = [](const Tensors& in) { return softmax_backward(in[0], in[1], -1); }}),
            cudnn);
  EXPECT_EQ(PeersOf(gpu_bench::log_softmax(),
                    {.name = "log_softmax",
                     .inputs = forward,
                     .run = [](const Tensors& in) { return prova::log_softmax(in[0], -1); }}),
            cudnn);
  EXPECT_EQ(
      PeersOf(gpu_bench::log_softmax(),
              {.name = "log_softmax_backward",
               .inputs = backward,
               .run = [](const Tensors& in) { return log_softmax_backward(in[0], in[1], -1); }}),
      cudnn);
}

TEST_F(GpuPeers, PoolImages) {
  const MaxPool2dOptions options = {.kernel = 3, .stride = 2, .padding = 1};
  BenchCase bench = {.name = "forward",
                     .inputs = {{.shape = {2, 3, 7, 8}, .distinct = true}},
                     .run = [=](const Tensors& in) { return prova::max_pool2d(in[0], options); },
                     .attributes = {{"kernel", 3}, {"stride", 2}, {"padding", 1}, {"gradient", 0}}};
  EXPECT_EQ(PeersOf(gpu_bench::max_pool2d(), bench), Names{"cudnn "});
  bench.attributes["gradient"] = 1;
  bench.inputs = {{.shape = {2, 3, 4, 4}}, {.shape = {2, 3, 7, 8}, .distinct = true}};
  bench.run = [=](const Tensors& in) { return max_pool2d_backward(in[0], in[1], options); };
  EXPECT_EQ(PeersOf(gpu_bench::max_pool2d(), bench), Names{"cudnn "});
}

TEST_F(GpuPeers, TellTheirVersions) {
  EXPECT_EQ(cublas_.version(), "13.0.0");
  EXPECT_EQ(cudnn_.version(), "9.13.0");
}

TEST_F(GpuPeers, SayWhatALibraryRefuses) {
  const Tensor y = empty({2, 2});
  const MatrixProduct batch = {.dtype = DType::kFloat64, .rows = 2, .terms = 2, .columns = 2};
  try {
    cublas_.Multiply(batch, y.raw_data(), y.raw_data(), y.raw_mutable_data());
    FAIL() << "the library that stands in has no float64";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cublas: cublasGemmStridedBatchedEx answers 7");
  }
}

TEST(SharedLibraryTest, SaysWhatIsAbsent) {
  try {
    SharedLibrary("libprova_absent.so.1", {"/no/such/folder"});
    FAIL() << "there is no such library";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_TRUE(std::string(error.what()).starts_with("libprova_absent.so.1: ")) << error.what();
  }
  void (*function)();
  EXPECT_THROW(SharedLibrary("libcublas.so.13", Folders()).Find("no_such_function", function),
               Error);
}

}  // namespace
}  // namespace prova
