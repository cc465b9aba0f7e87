#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <list>

#include "bench/gpu/nvidia_api.h"
#include "bench/gpu/stand_in.h"

// cuDNN as far as the benchmarks call it, on images in the order NCHW.
namespace prova::nvidia {
namespace {

/// A tensor, or filters of k outputs by c inputs.
struct Images {
  Element type;
  int n, c, h, w;

  size_t size() const { return static_cast<size_t>(n) * c * h * w; }
  size_t At(int image, int channel, int y, int x) const {
    return ((static_cast<size_t>(image) * c + channel) * h + y) * w + x;
  }
};
struct Convolution {
  int padding = 0, stride = 1, groups = 1, math = CUDNN_DEFAULT_MATH;
};
struct Window {
  int kernel, padding, stride;
};
std::list<Images> images;
std::list<Convolution> convolutions;
std::list<Window> windows;
int handle, activation;

const Images& ImagesOf(void* description) { return *static_cast<Images*>(description); }

std::vector<double> Values(void* description, const void* data) {
  return Read(data, ImagesOf(description).size(), ImagesOf(description).type);
}

bool IsPlain(const void* alpha, const void* beta) {
  return *static_cast<const float*>(alpha) == 1 && *static_cast<const float*>(beta) == 0;
}

int SetImages(void* description, int type, int n, int c, int h, int w) {
  auto& made = *static_cast<Images*>(description);
  made = {Element::kFloat32, n, c, h, w};
  if (type == CUDNN_DATA_HALF) made.type = Element::kFloat16;
  if (type == CUDNN_DATA_BFLOAT16) made.type = Element::kBFloat16;
  return n < 0 || c < 0 || h < 0 || w < 0 ? kInvalid : kSuccess;
}

/// Calls `visit(x, w, y)`, places in three arrays, for each product of a convolution. Returns
/// whether the shapes fit.
template <typename Visit>
bool ForEachProduct(const Images& x, const Images& w, const Convolution& of, const Images& y,
                    const Visit& visit) {
  const auto size = [&](int in, int kernel) {
    return (in + 2 * of.padding - kernel) / of.stride + 1;
  };
  if (x.n != y.n || y.c != w.n || x.c != w.c * of.groups || y.h != size(x.h, w.h) ||
      y.w != size(x.w, w.w)) {
    return false;
  }
  const int outputs = w.n / of.groups;
  for (int image = 0; image < y.n; ++image) {
    for (int k = 0; k < y.c; ++k) {
      for (int row = 0; row < y.h; ++row) {
        for (int column = 0; column < y.w; ++column) {
          for (int c = 0; c < w.c; ++c) {
            for (int i = 0; i < w.h; ++i) {
              for (int j = 0; j < w.w; ++j) {
                const int at_row = row * of.stride + i - of.padding;
                const int at_column = column * of.stride + j - of.padding;
                if (at_row < 0 || at_row >= x.h || at_column < 0 || at_column >= x.w) continue;
                visit(x.At(image, k / outputs * w.c + c, at_row, at_column), w.At(k, c, i, j),
                      y.At(image, k, row, column));
              }
            }
          }
        }
      }
    }
  }
  return true;
}

/// Two algorithms: the first is quick, and no arithmetic that was asked for.
int Find(void* convolution, int wanted, int* found, void* results) {
  auto* result = static_cast<AlgoPerf*>(results);
  *found = std::min(wanted, 2);
  const int math = static_cast<Convolution*>(convolution)->math;
  result[0] = {.algo = 99, .time = 1, .memory = 16, .mathType = math == 0 ? 1 : 0};
  result[1] = {.algo = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM,
               .time = 2,
               .memory = 24,
               .mathType = math};
  return kSuccess;
}

bool IsFound(int algo, const void* workspace, size_t bytes) {
  return algo == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM && workspace != nullptr &&
         bytes == 24;
}

/// Calls `visit(y, x)` for the places of a window's result and of its first largest element.
template <typename Visit>
void ForEachMaximum(const Window& of, const Images& y, const Images& x,
                    const std::vector<double>& values, const Visit& visit) {
  for (int plane = 0; plane < y.n * y.c; ++plane) {
    const int n = plane / y.c, c = plane % y.c;
    for (int row = 0; row < y.h; ++row) {
      for (int column = 0; column < y.w; ++column) {
        size_t largest = 0;
        double most = -std::numeric_limits<double>::infinity();
        for (int i = 0; i < of.kernel * of.kernel; ++i) {
          const int at_row = row * of.stride + i / of.kernel - of.padding;
          const int at_column = column * of.stride + i % of.kernel - of.padding;
          if (at_row < 0 || at_row >= x.h || at_column < 0 || at_column >= x.w) continue;
          const size_t at = x.At(n, c, at_row, at_column);
          if (values[at] <= most) continue;
          most = values[at];
          largest = at;
        }
        visit(y.At(n, c, row, column), largest);
      }
    }
  }
}

}  // namespace
}  // namespace prova::nvidia

using namespace prova::nvidia;

extern "C" {

size_t cudnnGetVersion() { return 91300; }

int cudnnCreate(void** made) {
  *made = &handle;
  return kSuccess;
}

int cudnnCreateTensorDescriptor(void** made) {
  *made = &images.emplace_back();
  return kSuccess;
}

int cudnnSetTensor4dDescriptor(void* description, int format, int type, int n, int c, int h,
                               int w) {
  return format == CUDNN_TENSOR_NCHW ? SetImages(description, type, n, c, h, w) : kInvalid;
}

int cudnnCreateFilterDescriptor(void** made) { return cudnnCreateTensorDescriptor(made); }

int cudnnSetFilter4dDescriptor(void* description, int type, int format, int k, int c, int h,
                               int w) {
  return cudnnSetTensor4dDescriptor(description, format, type, k, c, h, w);
}

int cudnnCreateConvolutionDescriptor(void** made) {
  *made = &convolutions.emplace_back();
  return kSuccess;
}

int cudnnSetConvolution2dDescriptor(void* description, int pad_h, int pad_w, int stride_h,
                                    int stride_w, int dilation_h, int dilation_w, int mode,
                                    int compute_type) {
  auto& made = *static_cast<Convolution*>(description);
  made.padding = pad_h;
  made.stride = stride_h;
  const bool known = pad_w == pad_h && stride_w == stride_h && dilation_h == 1 && dilation_w == 1;
  return known && mode == CUDNN_CROSS_CORRELATION && compute_type == CUDNN_DATA_FLOAT ? kSuccess
                                                                                      : kInvalid;
}

int cudnnSetConvolutionGroupCount(void* description, int groups) {
  static_cast<Convolution*>(description)->groups = groups;
  return kSuccess;
}

int cudnnSetConvolutionMathType(void* description, int math) {
  static_cast<Convolution*>(description)->math = math;
  return kSuccess;
}

int cudnnFindConvolutionForwardAlgorithm(void*, void*, void*, void* convolution, void*, int wanted,
                                         int* found, void* results) {
  return Find(convolution, wanted, found, results);
}

int cudnnFindConvolutionBackwardDataAlgorithm(void*, void*, void*, void* convolution, void*,
                                              int wanted, int* found, void* results) {
  return Find(convolution, wanted, found, results);
}

int cudnnFindConvolutionBackwardFilterAlgorithm(void*, void*, void*, void* convolution, void*,
                                                int wanted, int* found, void* results) {
  return Find(convolution, wanted, found, results);
}

int cudnnConvolutionForward(void*, const void* alpha, void* x_is, const void* x, void* w_is,
                            const void* w, void* convolution, int algo, void* workspace,
                            size_t bytes, const void* beta, void* y_is, void* y) {
  const std::vector<double> in = Values(x_is, x), weight = Values(w_is, w);
  std::vector<double> out(ImagesOf(y_is).size());
  const bool fits = ForEachProduct(
      ImagesOf(x_is), ImagesOf(w_is), *static_cast<Convolution*>(convolution), ImagesOf(y_is),
      [&](size_t i, size_t j, size_t k) { out[k] += in[i] * weight[j]; });
  if (!fits || !IsFound(algo, workspace, bytes) || !IsPlain(alpha, beta)) return kInvalid;
  Write(y, out, ImagesOf(y_is).type);
  return kSuccess;
}

int cudnnConvolutionBackwardData(void*, const void* alpha, void* w_is, const void* w, void* dy_is,
                                 const void* dy, void* convolution, int algo, void* workspace,
                                 size_t bytes, const void* beta, void* dx_is, void* dx) {
  const std::vector<double> weight = Values(w_is, w), in = Values(dy_is, dy);
  std::vector<double> out(ImagesOf(dx_is).size());
  const bool fits = ForEachProduct(
      ImagesOf(dx_is), ImagesOf(w_is), *static_cast<Convolution*>(convolution), ImagesOf(dy_is),
      [&](size_t i, size_t j, size_t k) { out[i] += in[k] * weight[j]; });
  if (!fits || !IsFound(algo, workspace, bytes) || !IsPlain(alpha, beta)) return kInvalid;
  Write(dx, out, ImagesOf(dx_is).type);
  return kSuccess;
}

int cudnnConvolutionBackwardFilter(void*, const void* alpha, void* x_is, const void* x, void* dy_is,
                                   const void* dy, void* convolution, int algo, void* workspace,
                                   size_t bytes, const void* beta, void* dw_is, void* dw) {
  const std::vector<double> image = Values(x_is, x), in = Values(dy_is, dy);
  std::vector<double> out(ImagesOf(dw_is).size());
  const bool fits = ForEachProduct(
      ImagesOf(x_is), ImagesOf(dw_is), *static_cast<Convolution*>(convolution), ImagesOf(dy_is),
      [&](size_t i, size_t j, size_t k) { out[j] += image[i] * in[k]; });
  if (!fits || !IsFound(algo, workspace, bytes) || !IsPlain(alpha, beta)) return kInvalid;
  Write(dw, out, ImagesOf(dw_is).type);
  return kSuccess;
}

int cudnnAddTensor(void*, const void* alpha, void* a_is, const void* a, const void* beta,
                   void* c_is, void* c) {
  const Images &added = ImagesOf(a_is), &to = ImagesOf(c_is);
  const bool both = *static_cast<const float*>(alpha) == 1 && *static_cast<const float*>(beta) == 1;
  if (!both || added.n != 1 || added.c != to.c || added.h != 1 || added.w != 1) return kInvalid;
  const std::vector<double> bias = Values(a_is, a);
  std::vector<double> sum = Values(c_is, c);
  const size_t plane = static_cast<size_t>(to.h) * to.w;
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += bias[i / plane % bias.size()];
  Write(c, sum, to.type);
  return kSuccess;
}

int cudnnCreateActivationDescriptor(void** made) {
  *made = &activation;
  return kSuccess;
}

int cudnnSetActivationDescriptor(void*, int mode, int, double) {
  return mode == CUDNN_ACTIVATION_IDENTITY ? kSuccess : kInvalid;
}

int cudnnConvolutionBiasActivationForward(void* on, const void* alpha, void* x_is, const void* x,
                                          void* w_is, const void* w, void* convolution, int algo,
                                          void* workspace, size_t bytes, const void* alpha_z, void*,
                                          const void*, void* bias_is, const void* bias,
                                          void* activated, void* y_is, void* y) {
  if (activated != &activation) return kInvalid;
  const int status = cudnnConvolutionForward(on, alpha, x_is, x, w_is, w, convolution, algo,
                                             workspace, bytes, alpha_z, y_is, y);
  return status != kSuccess ? status : cudnnAddTensor(on, alpha, bias_is, bias, alpha, y_is, y);
}

int cudnnSoftmaxForward(void*, int algo, int mode, const void* alpha, void* x_is, const void* x,
                        const void* beta, void* y_is, void* y) {
  if (mode != CUDNN_SOFTMAX_MODE_INSTANCE || !IsPlain(alpha, beta)) return kInvalid;
  std::vector<double> values = Values(x_is, x);
  const size_t length = values.size() / ImagesOf(x_is).n;
  for (auto row = values.begin(); row != values.end(); row += length) {
    double sum = 0;
    for (auto value = row; value != row + length; ++value) sum += std::exp(*value);
    for (auto value = row; value != row + length; ++value) {
      *value = algo == CUDNN_SOFTMAX_LOG ? *value - std::log(sum) : std::exp(*value) / sum;
    }
  }
  Write(y, values, ImagesOf(y_is).type);
  return kSuccess;
}

int cudnnSoftmaxBackward(void*, int algo, int mode, const void* alpha, void* y_is, const void* y,
                         void* dy_is, const void* dy, const void* beta, void* dx_is, void* dx) {
  if (mode != CUDNN_SOFTMAX_MODE_INSTANCE || !IsPlain(alpha, beta)) return kInvalid;
  const std::vector<double> out = Values(y_is, y), gradient = Values(dy_is, dy);
  std::vector<double> result(out.size());
  const bool is_log = algo == CUDNN_SOFTMAX_LOG;
  const size_t length = out.size() / ImagesOf(y_is).n;
  for (size_t row = 0; row < out.size(); row += length) {
    double sum = 0;
    for (size_t i = row; i < row + length; ++i) sum += gradient[i] * (is_log ? 1 : out[i]);
    for (size_t i = row; i < row + length; ++i) {
      result[i] = is_log ? gradient[i] - std::exp(out[i]) * sum : out[i] * (gradient[i] - sum);
    }
  }
  Write(dx, result, ImagesOf(dx_is).type);
  return kSuccess;
}

int cudnnCreatePoolingDescriptor(void** made) {
  *made = &windows.emplace_back();
  return kSuccess;
}

int cudnnSetPooling2dDescriptor(void* description, int mode, int, int height, int width, int pad_h,
                                int pad_w, int stride_h, int stride_w) {
  *static_cast<Window*>(description) = {height, pad_h, stride_h};
  const bool even = width == height && pad_w == pad_h && stride_w == stride_h;
  return even && mode == CUDNN_POOLING_MAX ? kSuccess : kInvalid;
}

int cudnnPoolingForward(void*, void* pooling, const void* alpha, void* x_is, const void* x,
                        const void* beta, void* y_is, void* y) {
  if (!IsPlain(alpha, beta)) return kInvalid;
  const std::vector<double> values = Values(x_is, x);
  std::vector<double> result(ImagesOf(y_is).size());
  ForEachMaximum(*static_cast<Window*>(pooling), ImagesOf(y_is), ImagesOf(x_is), values,
                 [&](size_t at, size_t largest) { result[at] = values[largest]; });
  Write(y, result, ImagesOf(y_is).type);
  return kSuccess;
}

int cudnnPoolingBackward(void*, void* pooling, const void* alpha, void* y_is, const void* y, void*,
                         const void* dy, void* x_is, const void* x, const void* beta, void*,
                         void* dx) {
  const std::vector<double> values = Values(x_is, x), results = Values(y_is, y);
  const std::vector<double> gradient = Values(y_is, dy);
  std::vector<double> out(values.size());
  bool is_of_x = IsPlain(alpha, beta);
  ForEachMaximum(*static_cast<Window*>(pooling), ImagesOf(y_is), ImagesOf(x_is), values,
                 [&](size_t at, size_t largest) {
                   is_of_x &= results[at] == values[largest];
                   out[largest] += gradient[at];
                 });
  if (!is_of_x) return kInvalid;
  Write(dx, out, ImagesOf(x_is).type);
  return kSuccess;
}

}  // extern "C"
