#include "bench/pointwise.h"

namespace prova::peers {

std::vector<Peer> sub(const PeerWork& work) {
  if (!HaveOneShape(work)) return {};
  return {OneDnnBinary(work, dnnl::algorithm::binary_sub),
          EigenMap(work, [](const Tensors& in, auto y) {
            y = eigen::Elements(in[0]) - eigen::Elements(in[1]);
          })};
}

}  // namespace prova::peers
