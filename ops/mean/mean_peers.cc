#include "bench/reduction.h"

namespace prova::peers {

std::vector<Peer> mean(const PeerWork& work) {
  return ReductionPeers(work, dnnl::algorithm::reduction_mean, [](auto x) { return x.mean(); });
}

}  // namespace prova::peers
