#include <cuda_runtime_api.h>

#include "cuda/runtime.h"

namespace prova::cuda {
namespace {

const char* Problem(cudaError_t status) {
  return status == cudaSuccess ? nullptr : cudaGetErrorString(status);
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

}  // namespace prova::cuda
