#include "bench/onednn.h"
#include "tensor/create.h"

namespace prova::peers {
namespace {

using Forward = dnnl::layer_normalization_forward;
using Backward = dnnl::layer_normalization_backward;
const auto kFlags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;

Peer OneDnnForward(const PeerWork& work) {
  const Tensor x = work.in[0], weight = work.in[1], bias = work.in[2], y = work.Output();
  const Forward::primitive_desc description(
      {dnnl::prop_kind::forward_inference, onednn::Describe(x), 1e-5f, kFlags}, onednn::Engine());
  return onednn::MakePeer(description, Forward(description),
                          {{DNNL_ARG_SRC, x}, {DNNL_ARG_SCALE, weight}, {DNNL_ARG_SHIFT, bias}},
                          {{DNNL_ARG_DST, y}}, y, onednn::Layout::kPlain);
}

/// The moments that oneDNN keeps from its forward pass, and Prova computes again, are not counted.
Peer OneDnnBackward(const PeerWork& work) {
  const Tensor dy = work.in[0], x = work.in[1], weight = work.in[2], dx = work.Output();
  const Tensor mean = empty({x.size(0)}), variance = empty({x.size(0)}), y = empty_like(x);
  const Tensor shift = zeros_like(weight), dweight = empty_like(weight), dbias = empty_like(weight);
  const Forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, onednn::Describe(x), 1e-5f, kFlags}, onednn::Engine());
  onednn::MakePeer(forward, Forward(forward),
                   {{DNNL_ARG_SRC, x}, {DNNL_ARG_SCALE, weight}, {DNNL_ARG_SHIFT, shift}},
                   {{DNNL_ARG_DST, y}, {DNNL_ARG_MEAN, mean}, {DNNL_ARG_VARIANCE, variance}}, y,
                   onednn::Layout::kPlain)
      .run();
  const Backward::primitive_desc description(
      {dnnl::prop_kind::backward, onednn::Describe(x), onednn::Describe(x), 1e-5f, kFlags},
      onednn::Engine(), forward);
  return onednn::MakePeer(
      description, Backward(description),
      {{DNNL_ARG_SRC, x},
       {DNNL_ARG_DIFF_DST, dy},
       {DNNL_ARG_MEAN, mean},
       {DNNL_ARG_VARIANCE, variance},
       {DNNL_ARG_SCALE, weight},
       {DNNL_ARG_SHIFT, shift}},
      {{DNNL_ARG_DIFF_SRC, dx}, {DNNL_ARG_DIFF_SCALE, dweight}, {DNNL_ARG_DIFF_SHIFT, dbias}}, dx,
      onednn::Layout::kPlain);
}

}  // namespace

std::vector<Peer> layer_norm(const PeerWork& work) {
  const bool backward = work.bench.name.starts_with("backward");
  return {backward ? OneDnnBackward(work) : OneDnnForward(work)};
}

}  // namespace prova::peers
