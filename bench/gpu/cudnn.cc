#include "bench/gpu/cudnn.h"

#include <array>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "bench/gpu/shared_library.h"
#include "tensor/create.h"

namespace prova {
namespace {

using namespace nvidia;

// cuDNN scales float64 by doubles and all else by floats; benchmarks have no float64.
constexpr float kOne = 1, kZero = 0;

void Check(int status, const char* function) {
  if (status == 0) return;
  Fail(ErrorCode::kIo, {.where = "cudnn", .given = Cat(function, " answers ", status)});
}

int TypeOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat16: return CUDNN_DATA_HALF;
    case DType::kBFloat16: return CUDNN_DATA_BFLOAT16;
    default: return CUDNN_DATA_FLOAT;
  }
}

int Int(int64_t size) { return static_cast<int>(size); }

/// float32 stays float32, as Prova's does.
int MathOf(DType dtype) { return dtype == DType::kFloat32 ? CUDNN_FMA_MATH : CUDNN_DEFAULT_MATH; }

// #region search
/// The first that fits of what a search has found, in the order of their times. cuDNN tries other
/// arithmetic than it was asked for as well, such as products of tf32 for float32.
template <typename Search>
std::optional<AlgoPerf> FirstOf(DType dtype, const Search& search, int only_algo = -1) {
  std::array<AlgoPerf, 16> results = {};
  int count = 0;
  Check(search(static_cast<int>(results.size()), &count, results.data()), "cudnnFindConvolution");
  for (int i = 0; i < count; ++i) {
    const AlgoPerf& result = results[i];
    if (result.status != 0 || result.mathType != MathOf(dtype)) continue;
    if (only_algo < 0 || result.algo == only_algo) return result;
  }
  return {};
}
// #endregion search

template <typename Search>
AlgoPerf Fastest(DType dtype, const Search& search) {
  if (const auto found = FirstOf(dtype, search)) return *found;
  Fail(ErrorCode::kIo, {.where = "cudnn", .given = "no algorithm for this convolution"});
}

Tensor Workspace(const AlgoPerf& algorithm, const Tensor& y) {
  const auto bytes = static_cast<int64_t>(algorithm.memory);
  return empty({std::max<int64_t>(bytes, 1)}, {DType::kUInt8, y.device()});
}

}  // namespace

Cudnn::Cudnn(const std::vector<std::string>& folders) {
  const SharedLibrary library("libcudnn.so.9", folders);
  library.Find("cudnnGetVersion", api_.cudnnGetVersion);
  library.Find("cudnnCreate", api_.cudnnCreate);
  library.Find("cudnnCreateTensorDescriptor", api_.cudnnCreateTensorDescriptor);
  library.Find("cudnnSetTensor4dDescriptor", api_.cudnnSetTensor4dDescriptor);
  library.Find("cudnnCreateFilterDescriptor", api_.cudnnCreateFilterDescriptor);
  library.Find("cudnnSetFilter4dDescriptor", api_.cudnnSetFilter4dDescriptor);
  library.Find("cudnnCreateConvolutionDescriptor", api_.cudnnCreateConvolutionDescriptor);
  library.Find("cudnnSetConvolution2dDescriptor", api_.cudnnSetConvolution2dDescriptor);
  library.Find("cudnnSetConvolutionGroupCount", api_.cudnnSetConvolutionGroupCount);
  library.Find("cudnnSetConvolutionMathType", api_.cudnnSetConvolutionMathType);
  library.Find("cudnnFindConvolutionForwardAlgorithm", api_.cudnnFindConvolutionForwardAlgorithm);
  library.Find("cudnnFindConvolutionBackwardDataAlgorithm",
               api_.cudnnFindConvolutionBackwardDataAlgorithm);
  library.Find("cudnnFindConvolutionBackwardFilterAlgorithm",
               api_.cudnnFindConvolutionBackwardFilterAlgorithm);
  library.Find("cudnnConvolutionForward", api_.cudnnConvolutionForward);
  library.Find("cudnnConvolutionBackwardData", api_.cudnnConvolutionBackwardData);
  library.Find("cudnnConvolutionBackwardFilter", api_.cudnnConvolutionBackwardFilter);
  library.Find("cudnnCreateActivationDescriptor", api_.cudnnCreateActivationDescriptor);
  library.Find("cudnnSetActivationDescriptor", api_.cudnnSetActivationDescriptor);
  library.Find("cudnnConvolutionBiasActivationForward", api_.cudnnConvolutionBiasActivationForward);
  library.Find("cudnnAddTensor", api_.cudnnAddTensor);
  library.Find("cudnnSoftmaxForward", api_.cudnnSoftmaxForward);
  library.Find("cudnnSoftmaxBackward", api_.cudnnSoftmaxBackward);
  library.Find("cudnnCreatePoolingDescriptor", api_.cudnnCreatePoolingDescriptor);
  library.Find("cudnnSetPooling2dDescriptor", api_.cudnnSetPooling2dDescriptor);
  library.Find("cudnnPoolingForward", api_.cudnnPoolingForward);
  library.Find("cudnnPoolingBackward", api_.cudnnPoolingBackward);
  Check(api_.cudnnCreate(&handle_), "cudnnCreate");
  const size_t version = api_.cudnnGetVersion();
  version_ = Cat(version / 10000, ".", version / 100 % 100, ".", version % 100);
}

void* Cudnn::Describe(DType dtype, int64_t n, int64_t c, int64_t h, int64_t w) const {
  void* description = nullptr;
  Check(api_.cudnnCreateTensorDescriptor(&description), "cudnnCreateTensorDescriptor");
  Check(api_.cudnnSetTensor4dDescriptor(description, CUDNN_TENSOR_NCHW, TypeOf(dtype), Int(n),
                                        Int(c), Int(h), Int(w)),
        "cudnnSetTensor4dDescriptor");
  return description;
}

void* Cudnn::Images(const Tensor& x) const {
  return Describe(x.dtype(), x.size(0), x.size(1), x.size(2), x.size(3));
}

/// Rows as images of one pixel, with the last axis as channels.
void* Cudnn::Rows(const Tensor& x) const {
  return Describe(x.dtype(), x.numel() / x.size(-1), x.size(-1), 1, 1);
}

void* Cudnn::Filters(const Tensor& weight) const {
  void* description = nullptr;
  Check(api_.cudnnCreateFilterDescriptor(&description), "cudnnCreateFilterDescriptor");
  Check(api_.cudnnSetFilter4dDescriptor(description, TypeOf(weight.dtype()), CUDNN_TENSOR_NCHW,
                                        Int(weight.size(0)), Int(weight.size(1)),
                                        Int(weight.size(2)), Int(weight.size(3))),
        "cudnnSetFilter4dDescriptor");
  return description;
}

void* Cudnn::Layer(const ConvolutionLayer& layer, DType dtype) const {
  void* description = nullptr;
  const int stride = Int(layer.stride), padding = Int(layer.padding);
  Check(api_.cudnnCreateConvolutionDescriptor(&description), "cudnnCreateConvolutionDescriptor");
  Check(api_.cudnnSetConvolution2dDescriptor(description, padding, padding, stride, stride, 1, 1,
                                             CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
        "cudnnSetConvolution2dDescriptor");
  Check(api_.cudnnSetConvolutionGroupCount(description, Int(layer.groups)),
        "cudnnSetConvolutionGroupCount");
  Check(api_.cudnnSetConvolutionMathType(description, MathOf(dtype)),
        "cudnnSetConvolutionMathType");
  return description;
}

std::function<void()> Cudnn::Convolution(const ConvolutionLayer& layer, const Tensor& x,
                                         const Tensor& weight, const Tensor& bias,
                                         const Tensor& y) const {
  void *const x_is = Images(x), *const weight_is = Filters(weight), *const y_is = Images(y);
  void* const bias_is = Describe(bias.dtype(), 1, bias.numel(), 1, 1);
  void* const convolution = Layer(layer, x.dtype());
  const AlgoPerf fastest = Fastest(x.dtype(), [&](int wanted, int* found, void* results) {
    return api_.cudnnFindConvolutionForwardAlgorithm(handle_, x_is, weight_is, convolution, y_is,
                                                     wanted, found, results);
  });
  const Tensor workspace = Workspace(fastest, y);
  return [=, this] {
    Check(api_.cudnnConvolutionForward(handle_, &kOne, x_is, x.raw_data(), weight_is,
                                       weight.raw_data(), convolution, fastest.algo,
                                       workspace.raw_mutable_data(), fastest.memory, &kZero, y_is,
                                       y.raw_mutable_data()),
          "cudnnConvolutionForward");
    Check(api_.cudnnAddTensor(handle_, &kOne, bias_is, bias.raw_data(), &kOne, y_is,
                              y.raw_mutable_data()),
          "cudnnAddTensor");
  };
}

std::function<void()> Cudnn::FusedConvolution(const ConvolutionLayer& layer, const Tensor& x,
                                              const Tensor& weight, const Tensor& bias,
                                              const Tensor& y) const {
  void *const x_is = Images(x), *const weight_is = Filters(weight), *const y_is = Images(y);
  void* const bias_is = Describe(bias.dtype(), 1, bias.numel(), 1, 1);
  void* const convolution = Layer(layer, x.dtype());
  void* identity = nullptr;
  Check(api_.cudnnCreateActivationDescriptor(&identity), "cudnnCreateActivationDescriptor");
  Check(api_.cudnnSetActivationDescriptor(identity, CUDNN_ACTIVATION_IDENTITY, CUDNN_PROPAGATE_NAN,
                                          0),
        "cudnnSetActivationDescriptor");
  // cuDNN takes no other algorithm where the activation is none.
  const std::optional<AlgoPerf> fitting = FirstOf(
      x.dtype(),
      [&](int wanted, int* found, void* results) {
        return api_.cudnnFindConvolutionForwardAlgorithm(handle_, x_is, weight_is, convolution,
                                                         y_is, wanted, found, results);
      },
      CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM);
  if (!fitting) return {};
  const AlgoPerf algorithm = *fitting;
  const Tensor workspace = Workspace(algorithm, y);
  return [=, this] {
    Check(api_.cudnnConvolutionBiasActivationForward(
              handle_, &kOne, x_is, x.raw_data(), weight_is, weight.raw_data(), convolution,
              algorithm.algo, workspace.raw_mutable_data(), algorithm.memory, &kZero, y_is,
              y.raw_data(), bias_is, bias.raw_data(), identity, y_is, y.raw_mutable_data()),
          "cudnnConvolutionBiasActivationForward");
  };
}

std::function<void()> Cudnn::ConvolutionInputGradient(const ConvolutionLayer& layer,
                                                      const Tensor& dy, const Tensor& weight,
                                                      const Tensor& dx) const {
  void *const dy_is = Images(dy), *const weight_is = Filters(weight), *const dx_is = Images(dx);
  void* const convolution = Layer(layer, dy.dtype());
  const AlgoPerf fastest = Fastest(dy.dtype(), [&](int wanted, int* found, void* results) {
    return api_.cudnnFindConvolutionBackwardDataAlgorithm(handle_, weight_is, dy_is, convolution,
                                                          dx_is, wanted, found, results);
  });
  const Tensor workspace = Workspace(fastest, dx);
  return [=, this] {
    Check(api_.cudnnConvolutionBackwardData(handle_, &kOne, weight_is, weight.raw_data(), dy_is,
                                            dy.raw_data(), convolution, fastest.algo,
                                            workspace.raw_mutable_data(), fastest.memory, &kZero,
                                            dx_is, dx.raw_mutable_data()),
          "cudnnConvolutionBackwardData");
  };
}

std::function<void()> Cudnn::ConvolutionWeightGradient(const ConvolutionLayer& layer,
                                                       const Tensor& dy, const Tensor& x,
                                                       const Tensor& dw) const {
  void *const dy_is = Images(dy), *const x_is = Images(x), *const dw_is = Filters(dw);
  void* const convolution = Layer(layer, dy.dtype());
  const AlgoPerf fastest = Fastest(dy.dtype(), [&](int wanted, int* found, void* results) {
    return api_.cudnnFindConvolutionBackwardFilterAlgorithm(handle_, x_is, dy_is, convolution,
                                                            dw_is, wanted, found, results);
  });
  const Tensor workspace = Workspace(fastest, dw);
  return [=, this] {
    Check(api_.cudnnConvolutionBackwardFilter(
              handle_, &kOne, x_is, x.raw_data(), dy_is, dy.raw_data(), convolution, fastest.algo,
              workspace.raw_mutable_data(), fastest.memory, &kZero, dw_is, dw.raw_mutable_data()),
          "cudnnConvolutionBackwardFilter");
  };
}

std::function<void()> Cudnn::Softmax(int algo, const Tensor& x, const Tensor& y) const {
  void *const x_is = Rows(x), *const y_is = Rows(y);
  return [=, this] {
    Check(api_.cudnnSoftmaxForward(handle_, algo, CUDNN_SOFTMAX_MODE_INSTANCE, &kOne, x_is,
                                   x.raw_data(), &kZero, y_is, y.raw_mutable_data()),
          "cudnnSoftmaxForward");
  };
}

std::function<void()> Cudnn::SoftmaxGradient(int algo, const Tensor& dy, const Tensor& y,
                                             const Tensor& dx) const {
  void *const dy_is = Rows(dy), *const y_is = Rows(y), *const dx_is = Rows(dx);
  return [=, this] {
    Check(api_.cudnnSoftmaxBackward(handle_, algo, CUDNN_SOFTMAX_MODE_INSTANCE, &kOne, y_is,
                                    y.raw_data(), dy_is, dy.raw_data(), &kZero, dx_is,
                                    dx.raw_mutable_data()),
          "cudnnSoftmaxBackward");
  };
}

void* Cudnn::Window(const PoolingWindow& window) const {
  void* description = nullptr;
  const int kernel = Int(window.kernel), padding = Int(window.padding), stride = Int(window.stride);
  Check(api_.cudnnCreatePoolingDescriptor(&description), "cudnnCreatePoolingDescriptor");
  Check(api_.cudnnSetPooling2dDescriptor(description, CUDNN_POOLING_MAX, CUDNN_PROPAGATE_NAN,
                                         kernel, kernel, padding, padding, stride, stride),
        "cudnnSetPooling2dDescriptor");
  return description;
}

std::function<void()> Cudnn::MaxPool(const PoolingWindow& window, const Tensor& x,
                                     const Tensor& y) const {
  void *const x_is = Images(x), *const y_is = Images(y), *const pooling = Window(window);
  return [=, this] {
    Check(api_.cudnnPoolingForward(handle_, pooling, &kOne, x_is, x.raw_data(), &kZero, y_is,
                                   y.raw_mutable_data()),
          "cudnnPoolingForward");
  };
}

std::function<void()> Cudnn::MaxPoolGradient(const PoolingWindow& window, const Tensor& dy,
                                             const Tensor& x, const Tensor& y,
                                             const Tensor& dx) const {
  void *const x_is = Images(x), *const y_is = Images(y), *const pooling = Window(window);
  return [=, this] {
    Check(
        api_.cudnnPoolingBackward(handle_, pooling, &kOne, y_is, y.raw_data(), y_is, dy.raw_data(),
                                  x_is, x.raw_data(), &kZero, x_is, dx.raw_mutable_data()),
        "cudnnPoolingBackward");
  };
}

}  // namespace prova
