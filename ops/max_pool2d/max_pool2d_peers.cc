#include "bench/onednn.h"
#include "tensor/create.h"

namespace prova::peers {
namespace {

using Forward = dnnl::pooling_forward;
using Backward = dnnl::pooling_backward;

/// A case tells kernel, stride and padding by attributes: sides are equal.
struct Window {
  dnnl::memory::dims kernel, stride, padding;

  explicit Window(const PeerWork& work)
      : kernel(2, work.bench.attributes.at("kernel")),
        stride(2, work.bench.attributes.at("stride")),
        padding(2, work.bench.attributes.at("padding")) {}

  Forward::primitive_desc Describe(dnnl::prop_kind kind, const dnnl::memory::desc& x,
                                   const dnnl::memory::desc& y) const {
    return {{kind, dnnl::algorithm::pooling_max, x, y, stride, kernel, padding, padding},
            onednn::Engine()};
  }
};

Peer ForwardPeer(const PeerWork& work, onednn::Layout layout) {
  const Tensor x = work.in[0], y = work.Output();
  const auto description = Window(work).Describe(dnnl::prop_kind::forward_inference,
                                                 onednn::Describe(x), onednn::Describe(y, layout));
  return onednn::MakePeer(description, Forward(description), {{DNNL_ARG_SRC, x}},
                          {{DNNL_ARG_DST, y}}, y, layout);
}

/// The places that oneDNN keeps from its forward pass, and Prova finds again, are not counted. In
/// another layout than the user's they would have to be reordered too.
Peer BackwardPeer(const PeerWork& work) {
  const Window window(work);
  const Tensor dy = work.in[0], x = work.in[1], y = empty_like(dy), dx = work.Output();
  const Tensor places = empty(dy.shape(), {.dtype = DType::kUInt8});
  const auto forward =
      window.Describe(dnnl::prop_kind::forward_training, onednn::Describe(x), onednn::Describe(dy));
  onednn::MakePeer(forward, Forward(forward), {{DNNL_ARG_SRC, x}},
                   {{DNNL_ARG_DST, y}, {DNNL_ARG_WORKSPACE, places}}, y, onednn::Layout::kPlain)
      .run();
  const Backward::primitive_desc description(
      {dnnl::algorithm::pooling_max, onednn::Describe(dx), onednn::Describe(dy), window.stride,
       window.kernel, window.padding, window.padding},
      onednn::Engine(), forward);
  return onednn::MakePeer(description, Backward(description),
                          {{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_WORKSPACE, places}},
                          {{DNNL_ARG_DIFF_SRC, dx}}, dx, onednn::Layout::kPlain);
}

}  // namespace

std::vector<Peer> max_pool2d(const PeerWork& work) {
  if (work.bench.attributes.at("gradient") == 1) return {BackwardPeer(work)};
  std::vector<Peer> peers;
  onednn::AddLayouts(peers, [&](onednn::Layout layout) { return ForwardPeer(work, layout); });
  return peers;
}

}  // namespace prova::peers
