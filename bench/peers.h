#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gradcheck/spec.h"

namespace prova {

/// Another library that computes a benchmark case on the very buffers that Prova reads.
///
/// The optional file `ops/NAME/NAME_peers.cc` of a module defines
///
///     namespace prova::peers {
///     std::vector<Peer> NAME(const PeerWork& work);
///     }
///
/// and nothing else is needed: `op_module` compiles it for the processor of this machine
/// (`-march`, `-fopenmp`) and links it into the benchmark alone. oneDNN, OpenBLAS (`<cblas.h>`) and
/// Eigen may be included; `bench/onednn.h` and `bench/eigen.h` save the ceremony.
///
/// The runner has set the number of threads of every library before it asks for peers. It runs
/// each peer once, compares `y` with Prova's result and drops a peer that disagrees, aloud; only
/// then it takes the time. Peers that cannot compute a case are left out of the vector.
struct Peer {
  /// The library: "onednn", "openblas", "eigen", "std". Several peers of one name are several
  /// ways to use it (a layout, an algorithm); the fastest of them counts.
  std::string name;
  /// Which way, where there are several: "plain", "any".
  std::string way;
  /// Computes the result into `y`, made beforehand: a peer does not pay for its output.
  std::function<void()> run;
  Tensor y;
};

/// A case as its peers see it.
struct PeerWork {
  const BenchCase& bench;
  const Tensors& in;
  const Tensor& result;  ///< Prova's, whose shape and dtype a peer's y must have
  Tensor memory = {};    ///< like `result`: where all peers write, if they are to share it

  /// A contiguous tensor like `result`, for a peer to write to.
  Tensor Output() const;
};

using MakePeers = std::vector<Peer> (*)(const PeerWork& work);

/// How far `y` is from `expected`: the largest difference relative to the largest element. NaN
/// where either holds a NaN, infinity where shapes differ: both fail every comparison `<=`.
double Disagreement(const Tensor& expected, const Tensor& y);

}  // namespace prova
