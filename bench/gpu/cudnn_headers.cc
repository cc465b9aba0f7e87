#include "bench/gpu/nvidia_api.h"
#include "bench/gpu/same_signature.h"

// A toolkit of CUDA comes without cuDNN.
#if __has_include(<cudnn.h>)

#include <cstddef>

#include <cudnn.h>

// What nvidia_api.h says of cuDNN, against cuDNN; nothing here is code.
namespace prova {

static_assert(nvidia::CUDNN_DATA_FLOAT == ::CUDNN_DATA_FLOAT);
static_assert(nvidia::CUDNN_DATA_HALF == ::CUDNN_DATA_HALF);
static_assert(nvidia::CUDNN_DATA_BFLOAT16 == ::CUDNN_DATA_BFLOAT16);
static_assert(nvidia::CUDNN_TENSOR_NCHW == ::CUDNN_TENSOR_NCHW);
static_assert(nvidia::CUDNN_CROSS_CORRELATION == ::CUDNN_CROSS_CORRELATION);
static_assert(nvidia::CUDNN_DEFAULT_MATH == ::CUDNN_DEFAULT_MATH);
static_assert(nvidia::CUDNN_FMA_MATH == ::CUDNN_FMA_MATH);
static_assert(nvidia::CUDNN_SOFTMAX_ACCURATE == ::CUDNN_SOFTMAX_ACCURATE);
static_assert(nvidia::CUDNN_SOFTMAX_LOG == ::CUDNN_SOFTMAX_LOG);
static_assert(nvidia::CUDNN_SOFTMAX_MODE_INSTANCE == ::CUDNN_SOFTMAX_MODE_INSTANCE);
static_assert(nvidia::CUDNN_POOLING_MAX == ::CUDNN_POOLING_MAX);
static_assert(nvidia::CUDNN_PROPAGATE_NAN == ::CUDNN_PROPAGATE_NAN);
static_assert(nvidia::CUDNN_ACTIVATION_IDENTITY == ::CUDNN_ACTIVATION_IDENTITY);
static_assert(nvidia::CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM ==
              ::CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM);
static_assert(sizeof(nvidia::AlgoPerf) == sizeof(cudnnConvolutionFwdAlgoPerf_t));
static_assert(sizeof(nvidia::AlgoPerf) == sizeof(cudnnConvolutionBwdDataAlgoPerf_t));
static_assert(sizeof(nvidia::AlgoPerf) == sizeof(cudnnConvolutionBwdFilterAlgoPerf_t));
static_assert(offsetof(nvidia::AlgoPerf, memory) ==
              offsetof(cudnnConvolutionFwdAlgoPerf_t, memory));
static_assert(offsetof(nvidia::AlgoPerf, mathType) ==
              offsetof(cudnnConvolutionFwdAlgoPerf_t, mathType));

using nvidia::CudnnApi;
using nvidia::kSameSignature;

static_assert(kSameSignature<decltype(CudnnApi::cudnnGetVersion), decltype(&::cudnnGetVersion)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnCreate), decltype(&::cudnnCreate)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnCreateTensorDescriptor),
                             decltype(&::cudnnCreateTensorDescriptor)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnSetTensor4dDescriptor),
                             decltype(&::cudnnSetTensor4dDescriptor)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnCreateFilterDescriptor),
                             decltype(&::cudnnCreateFilterDescriptor)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnSetFilter4dDescriptor),
                             decltype(&::cudnnSetFilter4dDescriptor)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnCreateConvolutionDescriptor),
                             decltype(&::cudnnCreateConvolutionDescriptor)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnSetConvolution2dDescriptor),
                             decltype(&::cudnnSetConvolution2dDescriptor)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnSetConvolutionGroupCount),
                             decltype(&::cudnnSetConvolutionGroupCount)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnSetConvolutionMathType),
                             decltype(&::cudnnSetConvolutionMathType)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnFindConvolutionForwardAlgorithm),
                             decltype(&::cudnnFindConvolutionForwardAlgorithm)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnFindConvolutionBackwardDataAlgorithm),
                             decltype(&::cudnnFindConvolutionBackwardDataAlgorithm)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnFindConvolutionBackwardFilterAlgorithm),
                             decltype(&::cudnnFindConvolutionBackwardFilterAlgorithm)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnConvolutionForward),
                             decltype(&::cudnnConvolutionForward)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnConvolutionBackwardData),
                             decltype(&::cudnnConvolutionBackwardData)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnConvolutionBackwardFilter),
                             decltype(&::cudnnConvolutionBackwardFilter)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnCreateActivationDescriptor),
                             decltype(&::cudnnCreateActivationDescriptor)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnSetActivationDescriptor),
                             decltype(&::cudnnSetActivationDescriptor)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnConvolutionBiasActivationForward),
                             decltype(&::cudnnConvolutionBiasActivationForward)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnAddTensor), decltype(&::cudnnAddTensor)>);
static_assert(
    kSameSignature<decltype(CudnnApi::cudnnSoftmaxForward), decltype(&::cudnnSoftmaxForward)>);
static_assert(
    kSameSignature<decltype(CudnnApi::cudnnSoftmaxBackward), decltype(&::cudnnSoftmaxBackward)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnCreatePoolingDescriptor),
                             decltype(&::cudnnCreatePoolingDescriptor)>);
static_assert(kSameSignature<decltype(CudnnApi::cudnnSetPooling2dDescriptor),
                             decltype(&::cudnnSetPooling2dDescriptor)>);
static_assert(
    kSameSignature<decltype(CudnnApi::cudnnPoolingForward), decltype(&::cudnnPoolingForward)>);
static_assert(
    kSameSignature<decltype(CudnnApi::cudnnPoolingBackward), decltype(&::cudnnPoolingBackward)>);

}  // namespace prova

#endif
