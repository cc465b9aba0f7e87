#include "bench/pointwise.h"

namespace prova::peers {

std::vector<Peer> tanh(const PeerWork& work) {
  if (!HaveOneShape(work)) return {};
  if (work.in.size() == 2) {
    return {OneDnnMapBackward(work, dnnl::algorithm::eltwise_tanh_use_dst_for_bwd, DNNL_ARG_DST)};
  }
  return {OneDnnMap(work, dnnl::algorithm::eltwise_tanh),
          EigenMap(work, [](const Tensors& in, auto y) { y = eigen::Elements(in[0]).tanh(); })};
}

}  // namespace prova::peers
