#pragma once

#include <string>
#include <vector>

#include "bench/gpu/nvidia_api.h"
#include "bench/peers.h"

namespace prova {

/// y = a b for row-major matrices of one floating dtype, `batches` times; float16 and bfloat16 are
/// summed in float32, float32 in float32.
struct MatrixProduct {
  DType dtype;
  int64_t batches = 1;
  int64_t rows, terms, columns;
  bool a_transposed = false, b_transposed = false;  // the operand's columns are contiguous instead
  int64_t a_step = 0, b_step = 0;  // from one matrix of the batch to the next; 0: they share it
};

/// A fully connected layer: y[rows, out] = activation(x[rows, in] weight[out, in]ᵀ + bias[out]).
struct DenseLayer {
  DType dtype;
  int64_t rows, in, out;
  int epilogue;  // nvidia::CUBLASLT_EPILOGUE_…
};

/// cuBLAS and cuBLASLt, as a benchmark uses them: on the device's default stream.
class Cublas {
 public:
  /// Errors: kIo where the machine has no cuBLAS 13 or no GPU that it likes.
  explicit Cublas(const std::vector<std::string>& folders);

  const std::string& version() const { return version_; }

  void Multiply(const MatrixProduct& product, const void* a, const void* b, void* y) const;

  /// y[rows] = a[rows, terms] x[terms]; float32 alone. `transposed`: a lies column by column.
  void MultiplyVector(int64_t rows, int64_t terms, bool transposed, const float* a, const float* x,
                      float* y) const;

  /// The layer by each of the algorithms that cuBLASLt recommends, best first, at most `most`.
  std::vector<std::function<void()>> Layers(const DenseLayer& layer, const Tensor& x,
                                            const Tensor& weight, const Tensor& bias,
                                            const Tensor& y, int most) const;

 private:
  nvidia::CublasApi api_;
  void* handle_ = nullptr;  // lives as long as the program
  std::string version_;
};

}  // namespace prova
