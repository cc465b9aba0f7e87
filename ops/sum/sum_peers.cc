#include "bench/reduction.h"

namespace prova::peers {

std::vector<Peer> sum(const PeerWork& work) {
  return ReductionPeers(work, dnnl::algorithm::reduction_sum, [](auto x) { return x.sum(); });
}

}  // namespace prova::peers
