#include "bench/reduction.h"

namespace prova::peers {

std::vector<Peer> max(const PeerWork& work) {
  return ReductionPeers(work, dnnl::algorithm::reduction_max, [](auto x) { return x.maxCoeff(); });
}

}  // namespace prova::peers
