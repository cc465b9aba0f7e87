#include "bench/torch_peer.h"

#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "tensor/create.h"

namespace prova {
namespace {

using Json = nlohmann::json;

/// Memory that another process can open by its path; it vanishes with this object.
class SharedMemory {
 public:
  explicit SharedMemory(int64_t bytes) : bytes_(bytes), file_(memfd_create("prova-bench", 0)) {
    if (file_ >= 0 && ftruncate(file_, bytes) == 0) {
      data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    }
    if (data_ == MAP_FAILED) {
      Fail(ErrorCode::kMemory,
           {.where = "torch",
            .given = Cat(bytes, " bytes of shared memory: ", std::strerror(errno))});
    }
  }
  ~SharedMemory() {
    munmap(data_, bytes_);
    close(file_);
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  char* data() const { return static_cast<char*>(data_); }
  std::string Path() const { return Cat("/proc/", getpid(), "/fd/", file_); }

 private:
  int64_t bytes_;
  int file_;
  void* data_ = MAP_FAILED;
};

/// Bytes from the first element to the end of the last, of a tensor without negative strides.
int64_t Extent(const Tensor& x) {
  if (x.numel() == 0) return 0;
  int64_t last = 0;
  for (int axis = 0; axis < x.rank(); ++axis) last += (x.shape()[axis] - 1) * x.strides()[axis];
  return (last + 1) * ItemSize(x.dtype());
}

int64_t Aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

TorchPeer::TorchPeer(const std::string& python, const std::string& script,
                     const std::string& device)
    : process_({python, "-B", script, device}),
      version_(process_.Ask({{"do", "environment"}})["version"]) {}

Tensor TorchPeer::Prepare(const BenchCase& bench, const Tensors& inputs, const Tensor& like,
                          int threads) {
  int64_t bytes = 0;
  for (const Tensor& x : inputs) bytes += Aligned(Extent(x));
  const int64_t output = bytes;
  const SharedMemory memory(std::max<int64_t>(output + Extent(like), 1));
  Json arrays = Json::array();
  int64_t offset = 0;
  for (const Tensor& x : inputs) {
    const int64_t extent = Extent(x);
    if (extent > 0) std::memcpy(memory.data() + offset, x.raw_data(), extent);
    arrays.push_back({{"dtype", ToString(x.dtype())},
                      {"shape", std::vector<int64_t>(x.shape().begin(), x.shape().end())},
                      {"strides", std::vector<int64_t>(x.strides().begin(), x.strides().end())},
                      {"offset", offset},
                      {"bytes", extent}});
    offset += Aligned(extent);
  }
  const Json answer = process_.Ask({{"do", "prepare"},
                                    {"expression", bench.torch},
                                    {"threads", threads},
                                    {"memory", memory.Path()},
                                    {"inputs", arrays},
                                    {"output", output}});
  const Shape shape(answer["shape"].get<std::vector<int64_t>>());
  if (shape != like.shape() || answer["dtype"] != ToString(like.dtype())) {
    Fail(ErrorCode::kIo, {.where = "torch",
                          .given = Cat("a result of ", answer["dtype"], " ", shape),
                          .need = Cat(like.dtype(), " ", like.shape())});
  }
  const Tensor y = empty(shape, {.dtype = like.dtype()});
  if (y.numel() > 0) std::memcpy(y.raw_mutable_data(), memory.data() + output, Extent(y));
  return y;
}

double TorchPeer::Time(int64_t iterations) {
  return process_.Ask({{"do", "time"}, {"iterations", iterations}})["seconds"];
}

}  // namespace prova
