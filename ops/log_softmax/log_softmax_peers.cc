#include "bench/onednn.h"

namespace prova::peers {
namespace {

Peer OneDnnForward(const PeerWork& work) {
  using Forward = dnnl::logsoftmax_forward;
  const Tensor x = work.in[0], y = work.NewOutput();
  const Forward::primitive_desc description(
      {dnnl::prop_kind::forward_inference, onednn::Describe(x), x.rank() - 1}, onednn::Engine());
  return onednn::MakePeer(description, Forward(description), {{DNNL_ARG_SRC, x}},
                          {{DNNL_ARG_DST, y}}, y, onednn::Layout::kPlain);
}

Peer OneDnnBackward(const PeerWork& work) {
  using Forward = dnnl::logsoftmax_forward;
  using Backward = dnnl::logsoftmax_backward;
  const Tensor dy = work.in[0], y = work.in[1], dx = work.NewOutput();
  const auto memory = onednn::Describe(y);
  const int axis = y.rank() - 1;
  const Forward::primitive_desc forward({dnnl::prop_kind::forward_training, memory, axis},
                                        onednn::Engine());
  const Backward::primitive_desc description({memory, memory, axis}, onednn::Engine(), forward);
  return onednn::MakePeer(description, Backward(description),
                          {{DNNL_ARG_DST, y}, {DNNL_ARG_DIFF_DST, dy}}, {{DNNL_ARG_DIFF_SRC, dx}},
                          dx, onednn::Layout::kPlain);
}

}  // namespace

std::vector<Peer> log_softmax(const PeerWork& work) {
  if (work.in.size() == 2) return {OneDnnBackward(work)};
  return {OneDnnForward(work)};
}

}  // namespace prova::peers
