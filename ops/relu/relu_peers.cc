#include "bench/pointwise.h"

namespace prova::peers {

std::vector<Peer> relu(const PeerWork& work) {
  if (!HaveOneShape(work)) return {};
  if (work.in.size() == 2) {
    return {OneDnnMapBackward(work, dnnl::algorithm::eltwise_relu, DNNL_ARG_SRC)};
  }
  return {OneDnnMap(work, dnnl::algorithm::eltwise_relu),
          EigenMap(work, [](const Tensors& in, auto y) { y = eigen::Elements(in[0]).max(0.0f); })};
}

}  // namespace prova::peers
