#include "bench/gpu/cublas.h"

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "bench/gpu/shared_library.h"
#include "tensor/create.h"

namespace prova {
namespace {

using namespace nvidia;

void Check(int status, const char* function) {
  if (status == 0) return;
  Fail(ErrorCode::kIo, {.where = "cublas", .given = Cat(function, " answers ", status)});
}

int TypeOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat16: return CUDA_R_16F;
    case DType::kBFloat16: return CUDA_R_16BF;
    case DType::kFloat64: return CUDA_R_64F;
    default: return CUDA_R_32F;
  }
}

/// The numbers 1 and 0 in the type that cuBLAS scales by.
struct Scales {
  explicit Scales(DType dtype) : is_double(dtype == DType::kFloat64) {}
  const void* one() const { return is_double ? static_cast<const void*>(&one64) : &one32; }
  const void* zero() const { return is_double ? static_cast<const void*>(&zero64) : &zero32; }

  bool is_double;
  double one64 = 1, zero64 = 0;
  float one32 = 1, zero32 = 0;
};

int Int(int64_t size) { return static_cast<int>(size); }

}  // namespace

Cublas::Cublas(const std::vector<std::string>& folders) {
  const SharedLibrary library("libcublas.so.13", folders);
  library.Find("cublasCreate_v2", api_.cublasCreate_v2);
  library.Find("cublasGetVersion_v2", api_.cublasGetVersion_v2);
  library.Find("cublasGemmStridedBatchedEx", api_.cublasGemmStridedBatchedEx);
  library.Find("cublasSgemv_v2", api_.cublasSgemv_v2);
  // cuBLASLt is a library of its own, which cuBLAS is linked with.
  library.Find("cublasLtMatmulDescCreate", api_.cublasLtMatmulDescCreate);
  library.Find("cublasLtMatmulDescSetAttribute", api_.cublasLtMatmulDescSetAttribute);
  library.Find("cublasLtMatrixLayoutCreate", api_.cublasLtMatrixLayoutCreate);
  library.Find("cublasLtMatmulPreferenceCreate", api_.cublasLtMatmulPreferenceCreate);
  library.Find("cublasLtMatmulPreferenceSetAttribute", api_.cublasLtMatmulPreferenceSetAttribute);
  library.Find("cublasLtMatmulAlgoGetHeuristic", api_.cublasLtMatmulAlgoGetHeuristic);
  library.Find("cublasLtMatmul", api_.cublasLtMatmul);
  Check(api_.cublasCreate_v2(&handle_), "cublasCreate");
  int version = 0;
  Check(api_.cublasGetVersion_v2(handle_, &version), "cublasGetVersion");
  version_ = Cat(version / 10000, ".", version / 100 % 100, ".", version % 100);
}

// #region product
void Cublas::Multiply(const MatrixProduct& p, const void* a, const void* b, void* y) const {
  // cuBLAS has columns where Prova has rows: it reads aᵀ and bᵀ, and makes yᵀ = bᵀ aᵀ.
  const Scales scales(p.dtype);
  const int type = TypeOf(p.dtype);
  const int compute = p.dtype == DType::kFloat64 ? CUBLAS_COMPUTE_64F : CUBLAS_COMPUTE_32F;
  Check(api_.cublasGemmStridedBatchedEx(
            handle_, p.b_transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
            p.a_transposed ? CUBLAS_OP_T : CUBLAS_OP_N, Int(p.columns), Int(p.rows), Int(p.terms),
            scales.one(), b, type, Int(p.b_transposed ? p.terms : p.columns), p.b_step, a, type,
            Int(p.a_transposed ? p.rows : p.terms), p.a_step, scales.zero(), y, type,
            Int(p.columns), p.rows * p.columns, Int(p.batches), compute, CUBLAS_GEMM_DEFAULT),
        "cublasGemmStridedBatchedEx");
}
// #endregion product

void Cublas::MultiplyVector(int64_t rows, int64_t terms, bool transposed, const float* a,
                            const float* x, float* y) const {
  const float one = 1, zero = 0;
  const auto [height, width] = transposed ? std::pair(rows, terms) : std::pair(terms, rows);
  Check(api_.cublasSgemv_v2(handle_, transposed ? CUBLAS_OP_N : CUBLAS_OP_T, Int(height),
                            Int(width), &one, a, Int(height), x, 1, &zero, y, 1),
        "cublasSgemv");
}

std::vector<std::function<void()>> Cublas::Layers(const DenseLayer& layer, const Tensor& x,
                                                  const Tensor& weight, const Tensor& bias,
                                                  const Tensor& y, int most) const {
  const int type = TypeOf(layer.dtype), transposed = CUBLAS_OP_T;
  const void* const bias_data = bias.raw_data();
  void *work, *weight_is, *x_is, *y_is, *preference;
  Check(api_.cublasLtMatmulDescCreate(&work, CUBLAS_COMPUTE_32F, CUDA_R_32F), "MatmulDescCreate");
  const auto set = [&](int attribute, const auto& value) {
    Check(api_.cublasLtMatmulDescSetAttribute(work, attribute, &value, sizeof(value)),
          "cublasLtMatmulDescSetAttribute");
  };
  const auto describe = [&](void*& layout, int64_t rows, int64_t columns) {
    Check(api_.cublasLtMatrixLayoutCreate(&layout, type, rows, columns, rows),
          "cublasLtMatrixLayoutCreate");
  };
  // In columns: yᵀ[out, rows] = weight[out, in] xᵀ[in, rows], the bias down each column.
  set(CUBLASLT_MATMUL_DESC_TRANSA, transposed);
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, layer.epilogue);
  set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias_data);
  describe(weight_is, layer.in, layer.out);
  describe(x_is, layer.in, layer.rows);
  describe(y_is, layer.out, layer.rows);

  const size_t bytes = 32 << 20;
  const Tensor workspace = empty({static_cast<int64_t>(bytes)}, {DType::kUInt8, y.device()});
  Check(api_.cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate");
  Check(api_.cublasLtMatmulPreferenceSetAttribute(
            preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof(bytes)),
        "cublasLtMatmulPreferenceSetAttribute");
  std::vector<LtHeuristicResult> found(most);
  int count = 0;
  Check(api_.cublasLtMatmulAlgoGetHeuristic(handle_, work, weight_is, x_is, y_is, y_is, preference,
                                            most, found.data(), &count),
        "cublasLtMatmulAlgoGetHeuristic");
  std::vector<std::function<void()>> runs;
  for (int i = 0; i < count; ++i) {
    runs.push_back([=, this, algorithm = found[i]] {
      const float one = 1, zero = 0;
      Check(api_.cublasLtMatmul(handle_, work, &one, weight.raw_data(), weight_is, x.raw_data(),
                                x_is, &zero, y.raw_data(), y_is, y.raw_mutable_data(), y_is,
                                algorithm.algo, workspace.raw_mutable_data(), bytes, nullptr),
            "cublasLtMatmul");
    });
  }
  return runs;
}

}  // namespace prova
