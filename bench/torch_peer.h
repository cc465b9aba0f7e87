#pragma once

#include <memory>
#include <string>

#include "bench/coprocess.h"
#include "bench/peers.h"
#include "bench/rounds.h"

namespace prova {

/// PyTorch in its own process, `bench/peers/torch_peer.py`, on a copy of the same inputs.
class TorchPeer {
 public:
  /// Starts `python script`, for work on PyTorch's `device`, such as "cuda". Errors: kIo, with
  /// PyTorch's own words where it is not installed or sees no such device.
  TorchPeer(const std::string& python, const std::string& script,
            const std::string& device = "cpu");

  const std::string& version() const { return version_; }

  /// Evaluates the case's expression once and returns the result, for comparison with `like`,
  /// whose shape and dtype it must have. All of them are in the processor's memory. Errors: kIo in
  /// the words of PyTorch.
  Tensor Prepare(const BenchCase& bench, const Tensors& inputs, const Tensor& like, int threads);

  /// Seconds of one evaluation of the prepared case, as a mean of `iterations`.
  double Time(int64_t iterations);

 private:
  Coprocess process_;
  std::string version_;
};

}  // namespace prova
