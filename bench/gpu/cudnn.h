#pragma once

#include <string>
#include <vector>

#include "bench/gpu/nvidia_api.h"
#include "bench/peers.h"

namespace prova {

/// Sides are equal, as in the benchmark cases.
struct ConvolutionLayer {
  int64_t stride, padding, groups;
};
struct PoolingWindow {
  int64_t kernel, stride, padding;
};

/// cuDNN as a benchmark uses it: images in the layout that Prova has, on the device's default
/// stream. Algorithms of convolutions are those that cuDNN's own search finds fastest.
class Cudnn {
 public:
  /// Errors: kIo where the machine has no cuDNN 9 or no GPU that it likes.
  explicit Cudnn(const std::vector<std::string>& folders);

  const std::string& version() const { return version_; }

  /// Each returns a function that computes the result; x, weight, dy and so on have Prova's shapes.
  std::function<void()> Convolution(const ConvolutionLayer& layer, const Tensor& x,
                                    const Tensor& weight, const Tensor& bias,
                                    const Tensor& y) const;
  /// With the bias added on the way: one kernel, but of one algorithm. Empty where that does not
  /// fit the layer.
  std::function<void()> FusedConvolution(const ConvolutionLayer& layer, const Tensor& x,
                                         const Tensor& weight, const Tensor& bias,
                                         const Tensor& y) const;
  std::function<void()> ConvolutionInputGradient(const ConvolutionLayer& layer, const Tensor& dy,
                                                 const Tensor& weight, const Tensor& dx) const;
  std::function<void()> ConvolutionWeightGradient(const ConvolutionLayer& layer, const Tensor& dy,
                                                  const Tensor& x, const Tensor& dw) const;

  /// Over the last axis; `algo`: nvidia::CUDNN_SOFTMAX_ACCURATE or …_LOG.
  std::function<void()> Softmax(int algo, const Tensor& x, const Tensor& y) const;
  std::function<void()> SoftmaxGradient(int algo, const Tensor& dy, const Tensor& y,
                                        const Tensor& dx) const;

  std::function<void()> MaxPool(const PoolingWindow& window, const Tensor& x,
                                const Tensor& y) const;
  /// y is what MaxPool makes of x.
  std::function<void()> MaxPoolGradient(const PoolingWindow& window, const Tensor& dy,
                                        const Tensor& x, const Tensor& y, const Tensor& dx) const;

 private:
  void* Images(const Tensor& x) const;
  void* Describe(DType dtype, int64_t n, int64_t c, int64_t h, int64_t w) const;
  void* Rows(const Tensor& x) const;
  void* Filters(const Tensor& weight) const;
  void* Layer(const ConvolutionLayer& layer, DType dtype) const;
  void* Window(const PoolingWindow& window) const;

  nvidia::CudnnApi api_;
  void* handle_ = nullptr;  // lives as long as the program, like every description
  std::string version_;
};

}  // namespace prova
