#include "bench/softmax.h"

namespace prova::peers {

std::vector<Peer> log_softmax(const PeerWork& work) {
  return {OneDnnSoftmax<dnnl::logsoftmax_forward, dnnl::logsoftmax_backward>(work)};
}

}  // namespace prova::peers
