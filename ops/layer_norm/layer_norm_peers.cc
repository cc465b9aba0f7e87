#include "bench/onednn.h"

namespace prova::peers {

std::vector<Peer> layer_norm(const PeerWork& work) {
  using Forward = dnnl::layer_normalization_forward;
  const Tensor x = work.in[0], weight = work.in[1], bias = work.in[2], y = work.NewOutput();
  const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
  const Forward::primitive_desc description(
      {dnnl::prop_kind::forward_inference, onednn::Describe(x), 1e-5f, flags}, onednn::Engine());
  return {onednn::MakePeer(description, Forward(description),
                           {{DNNL_ARG_SRC, x}, {DNNL_ARG_SCALE, weight}, {DNNL_ARG_SHIFT, bias}},
                           {{DNNL_ARG_DST, y}}, y, onednn::Layout::kPlain)};
}

}  // namespace prova::peers
