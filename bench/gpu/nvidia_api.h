#pragma once

#include <cstddef>
#include <cstdint>

/// What Prova's benchmarks call of cuBLAS 13 and cuDNN 9, declared here so that programs are
/// compiled, and tested over a library that stands in, without NVIDIA's headers. Functions, and the
/// constants behind them, have NVIDIA's names; handles and descriptors are `void*`, enumerations
/// `int`. `cublas_headers.cc` and `cudnn_headers.cc` compare all of it with the headers where a
/// toolkit is at hand.
namespace prova::nvidia {

inline constexpr int CUDA_R_32F = 0, CUDA_R_64F = 1, CUDA_R_16F = 2, CUDA_R_16BF = 14;

inline constexpr int CUBLAS_OP_N = 0, CUBLAS_OP_T = 1;
inline constexpr int CUBLAS_COMPUTE_32F = 68, CUBLAS_COMPUTE_64F = 70;
inline constexpr int CUBLAS_GEMM_DEFAULT = -1;
inline constexpr int CUBLASLT_MATMUL_DESC_TRANSA = 3, CUBLASLT_MATMUL_DESC_EPILOGUE = 7,
                     CUBLASLT_MATMUL_DESC_BIAS_POINTER = 8;
inline constexpr int CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES = 1;
inline constexpr int CUBLASLT_EPILOGUE_BIAS = 4, CUBLASLT_EPILOGUE_RELU_BIAS = 6,
                     CUBLASLT_EPILOGUE_GELU_BIAS = 36;

/// An algorithm that cuBLASLt proposes, and the memory it wants.
struct LtHeuristicResult {
  uint64_t algo[8];
  size_t workspaceSize;
  int state;
  float wavesCount;
  int reserved[4];
};

struct CublasApi {
  int (*cublasCreate_v2)(void** handle);
  int (*cublasGetVersion_v2)(void* handle, int* version);
  int (*cublasGemmStridedBatchedEx)(void* handle, int transa, int transb, int m, int n, int k,
                                    const void* alpha, const void* a, int a_type, int lda,
                                    long long a_stride, const void* b, int b_type, int ldb,
                                    long long b_stride, const void* beta, void* c, int c_type,
                                    int ldc, long long c_stride, int batches, int compute_type,
                                    int algo);
  int (*cublasSgemv_v2)(void* handle, int trans, int m, int n, const float* alpha, const float* a,
                        int lda, const float* x, int incx, const float* beta, float* y, int incy);
  int (*cublasLtMatmulDescCreate)(void** description, int compute_type, int scale_type);
  int (*cublasLtMatmulDescSetAttribute)(void* description, int attribute, const void* value,
                                        size_t bytes);
  int (*cublasLtMatrixLayoutCreate)(void** layout, int type, uint64_t rows, uint64_t columns,
                                    int64_t ld);
  int (*cublasLtMatmulPreferenceCreate)(void** preference);
  int (*cublasLtMatmulPreferenceSetAttribute)(void* preference, int attribute, const void* value,
                                              size_t bytes);
  int (*cublasLtMatmulAlgoGetHeuristic)(void* handle, void* description, void* a, void* b, void* c,
                                        void* d, void* preference, int wanted, void* results,
                                        int* found);
  int (*cublasLtMatmul)(void* handle, void* description, const void* alpha, const void* a,
                        void* a_layout, const void* b, void* b_layout, const void* beta,
                        const void* c, void* c_layout, void* d, void* d_layout, const void* algo,
                        void* workspace, size_t workspace_bytes, void* stream);
};

inline constexpr int CUDNN_DATA_FLOAT = 0, CUDNN_DATA_HALF = 2, CUDNN_DATA_BFLOAT16 = 9;
inline constexpr int CUDNN_TENSOR_NCHW = 0, CUDNN_CROSS_CORRELATION = 1;
inline constexpr int CUDNN_DEFAULT_MATH = 0, CUDNN_FMA_MATH = 3;
inline constexpr int CUDNN_SOFTMAX_ACCURATE = 1, CUDNN_SOFTMAX_LOG = 2;
inline constexpr int CUDNN_SOFTMAX_MODE_INSTANCE = 0;
inline constexpr int CUDNN_POOLING_MAX = 0, CUDNN_PROPAGATE_NAN = 1;
inline constexpr int CUDNN_ACTIVATION_IDENTITY = 5;
inline constexpr int CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM = 1;

/// What a search found: an algorithm for a convolution or a gradient of one.
struct AlgoPerf {
  int algo, status;
  float time;
  size_t memory;
  int determinism, mathType, reserved[3];
};

struct CudnnApi {
  size_t (*cudnnGetVersion)();
  int (*cudnnCreate)(void** handle);
  int (*cudnnCreateTensorDescriptor)(void** description);
  int (*cudnnSetTensor4dDescriptor)(void* description, int format, int type, int n, int c, int h,
                                    int w);
  int (*cudnnCreateFilterDescriptor)(void** description);
  int (*cudnnSetFilter4dDescriptor)(void* description, int type, int format, int k, int c, int h,
                                    int w);
  int (*cudnnCreateConvolutionDescriptor)(void** description);
  int (*cudnnSetConvolution2dDescriptor)(void* description, int pad_h, int pad_w, int stride_h,
                                         int stride_w, int dilation_h, int dilation_w, int mode,
                                         int compute_type);
  int (*cudnnSetConvolutionGroupCount)(void* description, int groups);
  int (*cudnnSetConvolutionMathType)(void* description, int math);
  int (*cudnnFindConvolutionForwardAlgorithm)(void* handle, void* x, void* w, void* convolution,
                                              void* y, int wanted, int* found, void* results);
  int (*cudnnFindConvolutionBackwardDataAlgorithm)(void* handle, void* w, void* dy,
                                                   void* convolution, void* dx, int wanted,
                                                   int* found, void* results);
  int (*cudnnFindConvolutionBackwardFilterAlgorithm)(void* handle, void* x, void* dy,
                                                     void* convolution, void* dw, int wanted,
                                                     int* found, void* results);
  int (*cudnnConvolutionForward)(void* handle, const void* alpha, void* x_is, const void* x,
                                 void* w_is, const void* w, void* convolution, int algo,
                                 void* workspace, size_t workspace_bytes, const void* beta,
                                 void* y_is, void* y);
  int (*cudnnConvolutionBackwardData)(void* handle, const void* alpha, void* w_is, const void* w,
                                      void* dy_is, const void* dy, void* convolution, int algo,
                                      void* workspace, size_t workspace_bytes, const void* beta,
                                      void* dx_is, void* dx);
  int (*cudnnConvolutionBackwardFilter)(void* handle, const void* alpha, void* x_is, const void* x,
                                        void* dy_is, const void* dy, void* convolution, int algo,
                                        void* workspace, size_t workspace_bytes, const void* beta,
                                        void* dw_is, void* dw);
  int (*cudnnCreateActivationDescriptor)(void** description);
  int (*cudnnSetActivationDescriptor)(void* description, int mode, int nan, double coefficient);
  int (*cudnnConvolutionBiasActivationForward)(void* handle, const void* alpha, void* x_is,
                                               const void* x, void* w_is, const void* w,
                                               void* convolution, int algo, void* workspace,
                                               size_t workspace_bytes, const void* alpha_z,
                                               void* z_is, const void* z, void* bias_is,
                                               const void* bias, void* activation, void* y_is,
                                               void* y);
  int (*cudnnAddTensor)(void* handle, const void* alpha, void* a_is, const void* a,
                        const void* beta, void* c_is, void* c);
  int (*cudnnSoftmaxForward)(void* handle, int algo, int mode, const void* alpha, void* x_is,
                             const void* x, const void* beta, void* y_is, void* y);
  int (*cudnnSoftmaxBackward)(void* handle, int algo, int mode, const void* alpha, void* y_is,
                              const void* y, void* dy_is, const void* dy, const void* beta,
                              void* dx_is, void* dx);
  int (*cudnnCreatePoolingDescriptor)(void** description);
  int (*cudnnSetPooling2dDescriptor)(void* description, int mode, int nan, int height, int width,
                                     int pad_h, int pad_w, int stride_h, int stride_w);
  int (*cudnnPoolingForward)(void* handle, void* pooling, const void* alpha, void* x_is,
                             const void* x, const void* beta, void* y_is, void* y);
  int (*cudnnPoolingBackward)(void* handle, void* pooling, const void* alpha, void* y_is,
                              const void* y, void* dy_is, const void* dy, void* x_is, const void* x,
                              const void* beta, void* dx_is, void* dx);
};

}  // namespace prova::nvidia
