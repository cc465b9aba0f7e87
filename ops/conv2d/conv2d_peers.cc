#include "bench/onednn.h"

namespace prova::peers {
namespace {

// A case tells by attributes what its inputs do not: stride, padding, groups, and which gradient.
// Inputs: x, weight, bias; of a gradient dy and weight, or dy and x.
enum Gradient { kForward, kOfInput, kOfWeight };

struct Layer {
  dnnl::memory::dims stride, padding;
  int64_t groups;

  explicit Layer(const PeerWork& work)
      : stride(2, work.bench.attributes.at("stride")),
        padding(2, work.bench.attributes.at("padding")),
        groups(work.bench.attributes.at("groups")) {}
};

/// oneDNN wants an axis of groups where there are several.
dnnl::memory::desc DescribeWeight(const Tensor& weight, int64_t groups, onednn::Layout layout) {
  if (groups == 1) return onednn::Describe(weight, layout);
  const Shape apart = {groups, weight.size(0) / groups, weight.size(1), weight.size(2),
                       weight.size(3)};
  return onednn::Describe(weight, apart, layout);
}

using Forward = dnnl::convolution_forward;
Forward::primitive_desc DescribeForward(const Layer& layer, const dnnl::memory::desc& x,
                                        const dnnl::memory::desc& weight,
                                        const dnnl::memory::desc& bias,
                                        const dnnl::memory::desc& y) {
  constexpr auto kTraining = dnnl::prop_kind::forward_training;
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  return {Forward::desc(kTraining, kDirect, x, weight, bias, y, layer.stride, layer.padding,
                        layer.padding),
          onednn::Engine()};
}

Peer ForwardPeer(const PeerWork& work, onednn::Layout layout) {
  const Layer layer(work);
  const Tensor x = work.in[0], weight = work.in[1], bias = work.in[2], y = work.Output();
  const auto description = DescribeForward(layer, onednn::Describe(x, layout),
                                           DescribeWeight(weight, layer.groups, layout),
                                           onednn::Describe(bias), onednn::Describe(y, layout));
  return onednn::MakePeer(description, Forward(description),
                          {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, weight}, {DNNL_ARG_BIAS, bias}},
                          {{DNNL_ARG_DST, y}}, y, layout);
}

/// A gradient by the primitive `Backward`: of x, or of the weight. One of them is read beside dy,
/// the other is the result; each comes with its role.
template <typename Backward>
Peer GradientPeer(const PeerWork& work, onednn::Layout layout, int role_read, int role_written) {
  const Layer layer(work);
  const Tensor dy = work.in[0], read = work.in[1], written = work.Output();
  const bool reads_x = role_read == DNNL_ARG_SRC;
  const auto x = onednn::Describe(reads_x ? read : written, layout);
  const auto weight = DescribeWeight(reads_x ? written : read, layer.groups, layout);
  const auto y = onednn::Describe(dy, layout);
  const typename Backward::primitive_desc description(
      {dnnl::algorithm::convolution_direct, x, weight, y, layer.stride, layer.padding,
       layer.padding},
      onednn::Engine(), DescribeForward(layer, x, weight, {}, y));
  return onednn::MakePeer(description, Backward(description),
                          {{DNNL_ARG_DIFF_DST, dy}, {role_read, read}}, {{role_written, written}},
                          written, layout);
}

}  // namespace

std::vector<Peer> conv2d(const PeerWork& work) {
  std::vector<Peer> peers;
  onednn::AddLayouts(peers, [&](onednn::Layout layout) {
    switch (work.bench.attributes.at("gradient")) {
      case kOfInput:
        return GradientPeer<dnnl::convolution_backward_data>(work, layout, DNNL_ARG_WEIGHTS,
                                                             DNNL_ARG_DIFF_SRC);
      case kOfWeight:
        return GradientPeer<dnnl::convolution_backward_weights>(work, layout, DNNL_ARG_SRC,
                                                                DNNL_ARG_DIFF_WEIGHTS);
      default: return ForwardPeer(work, layout);
    }
  });
  return peers;
}

}  // namespace prova::peers
