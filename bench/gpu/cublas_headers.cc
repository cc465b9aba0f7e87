#include <cstddef>

#include <cublasLt.h>
#include <cublas_api.h>

#include "bench/gpu/nvidia_api.h"
#include "bench/gpu/same_signature.h"

// What nvidia_api.h says of cuBLAS, against cuBLAS; nothing here is code.
namespace prova {

static_assert(nvidia::CUDA_R_32F == ::CUDA_R_32F && nvidia::CUDA_R_64F == ::CUDA_R_64F);
static_assert(nvidia::CUDA_R_16F == ::CUDA_R_16F && nvidia::CUDA_R_16BF == ::CUDA_R_16BF);
static_assert(nvidia::CUBLAS_OP_N == ::CUBLAS_OP_N && nvidia::CUBLAS_OP_T == ::CUBLAS_OP_T);
static_assert(nvidia::CUBLAS_COMPUTE_32F == ::CUBLAS_COMPUTE_32F);
static_assert(nvidia::CUBLAS_COMPUTE_64F == ::CUBLAS_COMPUTE_64F);
static_assert(nvidia::CUBLAS_GEMM_DEFAULT == ::CUBLAS_GEMM_DEFAULT);
static_assert(nvidia::CUBLASLT_MATMUL_DESC_TRANSA == ::CUBLASLT_MATMUL_DESC_TRANSA);
static_assert(nvidia::CUBLASLT_MATMUL_DESC_EPILOGUE == ::CUBLASLT_MATMUL_DESC_EPILOGUE);
static_assert(nvidia::CUBLASLT_MATMUL_DESC_BIAS_POINTER == ::CUBLASLT_MATMUL_DESC_BIAS_POINTER);
static_assert(nvidia::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES ==
              ::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
static_assert(nvidia::CUBLASLT_EPILOGUE_BIAS == ::CUBLASLT_EPILOGUE_BIAS);
static_assert(nvidia::CUBLASLT_EPILOGUE_RELU_BIAS == ::CUBLASLT_EPILOGUE_RELU_BIAS);
static_assert(nvidia::CUBLASLT_EPILOGUE_GELU_BIAS == ::CUBLASLT_EPILOGUE_GELU_BIAS);
static_assert(sizeof(nvidia::LtHeuristicResult) == sizeof(cublasLtMatmulHeuristicResult_t));
static_assert(offsetof(nvidia::LtHeuristicResult, workspaceSize) ==
              offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));

using nvidia::CublasApi;
using nvidia::kSameSignature;

// cuBLAS overloads this name for C++.
using GemmStridedBatchedEx = cublasStatus_t (*)(cublasHandle_t, cublasOperation_t,
                                                cublasOperation_t, int, int, int, const void*,
                                                const void*, cudaDataType, int, long long,
                                                const void*, cudaDataType, int, long long,
                                                const void*, void*, cudaDataType, int, long long,
                                                int, cublasComputeType_t, cublasGemmAlgo_t);
static_assert(
    kSameSignature<decltype(CublasApi::cublasGemmStridedBatchedEx),
                   decltype(static_cast<GemmStridedBatchedEx>(&::cublasGemmStridedBatchedEx))>);

static_assert(kSameSignature<decltype(CublasApi::cublasCreate_v2), decltype(&::cublasCreate_v2)>);
static_assert(
    kSameSignature<decltype(CublasApi::cublasGetVersion_v2), decltype(&::cublasGetVersion_v2)>);
static_assert(kSameSignature<decltype(CublasApi::cublasSgemv_v2), decltype(&::cublasSgemv_v2)>);
static_assert(kSameSignature<decltype(CublasApi::cublasLtMatmulDescCreate),
                             decltype(&::cublasLtMatmulDescCreate)>);
static_assert(kSameSignature<decltype(CublasApi::cublasLtMatmulDescSetAttribute),
                             decltype(&::cublasLtMatmulDescSetAttribute)>);
static_assert(kSameSignature<decltype(CublasApi::cublasLtMatrixLayoutCreate),
                             decltype(&::cublasLtMatrixLayoutCreate)>);
static_assert(kSameSignature<decltype(CublasApi::cublasLtMatmulPreferenceCreate),
                             decltype(&::cublasLtMatmulPreferenceCreate)>);
static_assert(kSameSignature<decltype(CublasApi::cublasLtMatmulPreferenceSetAttribute),
                             decltype(&::cublasLtMatmulPreferenceSetAttribute)>);
static_assert(kSameSignature<decltype(CublasApi::cublasLtMatmulAlgoGetHeuristic),
                             decltype(&::cublasLtMatmulAlgoGetHeuristic)>);
static_assert(kSameSignature<decltype(CublasApi::cublasLtMatmul), decltype(&::cublasLtMatmul)>);

}  // namespace prova
