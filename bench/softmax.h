#pragma once

#include "bench/onednn.h"

namespace prova::peers {

/// oneDNN's softmax or log_softmax along the last axis, from the classes of its two directions: of
/// one input forward, of two (dy and y) backward.
template <typename Forward, typename Backward>
Peer OneDnnSoftmax(const PeerWork& work) {
  const Tensor result = work.Output(), x = work.in.back();
  const auto memory = onednn::Describe(x);
  const int axis = x.rank() - 1;
  if (work.in.size() == 1) {
    const typename Forward::primitive_desc description(
        {dnnl::prop_kind::forward_inference, memory, axis}, onednn::Engine());
    return onednn::MakePeer(description, Forward(description), {{DNNL_ARG_SRC, x}},
                            {{DNNL_ARG_DST, result}}, result, onednn::Layout::kPlain);
  }
  const typename Forward::primitive_desc forward({dnnl::prop_kind::forward_training, memory, axis},
                                                 onednn::Engine());
  const typename Backward::primitive_desc description({memory, memory, axis}, onednn::Engine(),
                                                      forward);
  return onednn::MakePeer(description, Backward(description),
                          {{DNNL_ARG_DST, x}, {DNNL_ARG_DIFF_DST, work.in[0]}},
                          {{DNNL_ARG_DIFF_SRC, result}}, result, onednn::Layout::kPlain);
}

}  // namespace prova::peers
