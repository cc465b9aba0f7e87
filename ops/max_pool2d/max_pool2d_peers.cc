#include "bench/onednn.h"

namespace prova::peers {

/// A case tells kernel, stride and padding by attributes: sides are equal.
std::vector<Peer> max_pool2d(const PeerWork& work) {
  using Forward = dnnl::pooling_forward;
  auto both_sides = [&](const char* name) {
    return dnnl::memory::dims(2, work.bench.attributes.at(name));
  };
  std::vector<Peer> peers;
  onednn::AddLayouts(peers, [&](onednn::Layout layout) {
    const Tensor x = work.in[0], y = work.NewOutput();
    const auto padding = both_sides("padding");
    const Forward::primitive_desc description(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::pooling_max, onednn::Describe(x),
         onednn::Describe(y, layout), both_sides("stride"), both_sides("kernel"), padding, padding},
        onednn::Engine());
    return onednn::MakePeer(description, Forward(description), {{DNNL_ARG_SRC, x}},
                            {{DNNL_ARG_DST, y}}, y, layout);
  });
  return peers;
}

}  // namespace prova::peers
