#include "bench/pointwise.h"

namespace prova::peers {

std::vector<Peer> gelu(const PeerWork& work) {
  if (!HaveOneShape(work)) return {};
  if (work.in.size() == 2) {
    return {OneDnnMapBackward(work, dnnl::algorithm::eltwise_gelu_erf, DNNL_ARG_SRC)};
  }
  const bool by_tanh = work.bench.name.starts_with("tanh");
  return {OneDnnMap(
      work, by_tanh ? dnnl::algorithm::eltwise_gelu_tanh : dnnl::algorithm::eltwise_gelu_erf)};
}

}  // namespace prova::peers
