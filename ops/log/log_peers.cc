#include "bench/pointwise.h"

namespace prova::peers {

std::vector<Peer> log(const PeerWork& work) {
  if (!HaveOneShape(work)) return {};
  return {OneDnnMap(work, dnnl::algorithm::eltwise_log),
          EigenMap(work, [](const Tensors& in, auto y) { y = eigen::Elements(in[0]).log(); })};
}

}  // namespace prova::peers
