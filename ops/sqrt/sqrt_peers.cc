#include "bench/pointwise.h"

namespace prova::peers {

std::vector<Peer> sqrt(const PeerWork& work) {
  if (!HaveOneShape(work)) return {};
  return {OneDnnMap(work, dnnl::algorithm::eltwise_sqrt),
          EigenMap(work, [](const Tensors& in, auto y) { y = eigen::Elements(in[0]).sqrt(); })};
}

}  // namespace prova::peers
