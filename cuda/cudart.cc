#include <cudaTypedefs.h>
#include <cuda_runtime_api.h>

#include "cuda/runtime.h"
#include "cuda/tensor_map.h"

namespace prova::cuda {
namespace {

const char* Problem(cudaError_t status) {
  return status == cudaSuccess ? nullptr : cudaGetErrorString(status);
}

/// The one function of the driver that the runtime does not have; null where it is too old.
PFN_cuTensorMapEncodeTiled_v12000 EncodeTiled() {
  constexpr unsigned kSince = 12000;
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found = cudaDriverEntryPointSymbolNotFound;
  cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, kSince, cudaEnableDefault,
                                   &found);
  return found == cudaDriverEntryPointSuccess
             ? reinterpret_cast<PFN_cuTensorMapEncodeTiled_v12000>(function)
             : nullptr;
}

CUtensorMapDataType TypeOf(CoreElement element) {
  switch (element) {
    case CoreElement::kBFloat16: return CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
    case CoreElement::kFloat16: return CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
    case CoreElement::kTf32: break;
  }
  return CU_TENSOR_MAP_DATA_TYPE_TFLOAT32;
}

/// The CUDA runtime: one stream a device, so that work, copies and freed memory are in order.
class CudaRuntime : public Runtime {
 public:
  int DeviceCount() override {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
  }
  void Use(int device) override {
    thread_local int used = -1;
    if (device == used) return;
    cudaSetDevice(device);
    used = device;
  }

  void* TryAllocate(size_t bytes) override {
    void* memory = nullptr;
    if (cudaMalloc(&memory, bytes) == cudaSuccess) return memory;
    cudaGetLastError();  // it is the caller's now
    return nullptr;
  }
  void Free(void* memory) override { cudaFree(memory); }
  bool IsWorthCaching() const override { return true; }
  size_t FreeBytes() override {
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    return free;
  }

  void Copy(void* to, const void* from, size_t bytes) override {
    cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, nullptr);
    cudaStreamSynchronize(nullptr);
  }
  const char* Synchronize() override { return Problem(cudaDeviceSynchronize()); }
  const char* LaunchError() override { return Problem(cudaGetLastError()); }

  int ScheduleCount() const override { return 1; }
  const char* UseSchedule(int) override { return "GPU"; }

  void* NewEvent() override {
    cudaEvent_t event = nullptr;
    cudaEventCreate(&event);
    return event;
  }
  void DeleteEvent(void* event) override { cudaEventDestroy(static_cast<cudaEvent_t>(event)); }
  void Record(void* event) override { cudaEventRecord(static_cast<cudaEvent_t>(event), nullptr); }
  double Seconds(void* from, void* to) override {
    float milliseconds = 0;
    cudaEventSynchronize(static_cast<cudaEvent_t>(to));
    cudaEventElapsedTime(&milliseconds, static_cast<cudaEvent_t>(from),
                         static_cast<cudaEvent_t>(to));
    return milliseconds * 1e-3;
  }
};

}  // namespace

Runtime& MakeRuntime() {
  static auto* runtime = new CudaRuntime;  // outlives tensors in static storage
  return *runtime;
}

bool HasHopperCores(int device) {
  // Code for these cores (sm_90a) runs on no other generation.
  int major = 0, minor = 0;
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
  return major == 9 && minor == 0;
}

const char* TryMap(const MatricesInMemory& of, TensorMap& map) {
  static_assert(sizeof(TensorMap) == sizeof(CUtensorMap));
  static const auto encode = EncodeTiled();
  if (encode == nullptr) return "its driver is older than CUDA 12";
  const auto bytes = static_cast<cuuint64_t>(BytesOf(of.element));
  const cuuint64_t sizes[] = {static_cast<cuuint64_t>(of.length), static_cast<cuuint64_t>(of.lines),
                              static_cast<cuuint64_t>(of.matrices)};
  const cuuint64_t steps[] = {static_cast<cuuint64_t>(of.line_step) * bytes,
                              static_cast<cuuint64_t>(of.matrix_step) * bytes};
  const cuuint32_t box[] = {static_cast<cuuint32_t>(LineOf(of.element)),
                            static_cast<cuuint32_t>(of.lines_at_once), 1};
  const cuuint32_t each[] = {1, 1, 1};
  const CUresult status = encode(
      reinterpret_cast<CUtensorMap*>(&map), TypeOf(of.element), 3, const_cast<void*>(of.first),
      sizes, steps, box, each, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
      CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  return status == CUDA_SUCCESS ? nullptr : "its address, sizes or strides";
}

}  // namespace prova::cuda
