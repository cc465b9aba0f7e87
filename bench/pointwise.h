#pragma once

#include "bench/eigen.h"
#include "bench/onednn.h"

namespace prova::peers {

/// Peers of y = f(x), y = f(a, b) and of gradients by (dy, x), on inputs of one contiguous shape;
/// none for other cases.

inline bool HaveOneShape(const PeerWork& work) {
  for (const Tensor& x : work.in) {
    if (x.dtype() != DType::kFloat32 || x.shape() != work.result.shape() || !x.is_contiguous()) {
      return false;
    }
  }
  return true;
}

/// A tensor as one long axis: maps do not care for shapes.
inline dnnl::memory::desc Flat(const Tensor& x) { return onednn::Describe(x, {x.numel()}); }

inline Peer OneDnnMap(const PeerWork& work, dnnl::algorithm algorithm) {
  const Tensor x = work.in[0], y = work.Output();
  const dnnl::eltwise_forward::primitive_desc description(
      {dnnl::prop_kind::forward_inference, algorithm, Flat(x), 0, 0}, onednn::Engine());
  return onednn::MakePeer(description, dnnl::eltwise_forward(description), {{DNNL_ARG_SRC, x}},
                          {{DNNL_ARG_DST, y}}, y, onednn::Layout::kPlain);
}

/// `source` is x or, where the algorithm says so, the result of the forward pass.
inline Peer OneDnnMapBackward(const PeerWork& work, dnnl::algorithm algorithm, int source) {
  const Tensor dy = work.in[0], x = work.in[1], dx = work.Output();
  const dnnl::eltwise_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, algorithm, Flat(x), 0, 0}, onednn::Engine());
  const dnnl::eltwise_backward::primitive_desc description({algorithm, Flat(x), Flat(x), 0, 0},
                                                           onednn::Engine(), forward);
  return onednn::MakePeer(description, dnnl::eltwise_backward(description),
                          {{source, x}, {DNNL_ARG_DIFF_DST, dy}}, {{DNNL_ARG_DIFF_SRC, dx}}, dx,
                          onednn::Layout::kPlain);
}

inline Peer OneDnnBinary(const PeerWork& work, dnnl::algorithm algorithm) {
  const Tensor a = work.in[0], b = work.in[1], y = work.Output();
  const dnnl::binary::primitive_desc description({algorithm, Flat(a), Flat(b), Flat(y)},
                                                 onednn::Engine());
  return onednn::MakePeer(description, dnnl::binary(description),
                          {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}}, {{DNNL_ARG_DST, y}}, y,
                          onednn::Layout::kPlain);
}

/// y = f(elements of every input…) by Eigen, on one thread: it has no other for arrays.
template <typename Formula>
Peer EigenMap(const PeerWork& work, Formula f) {
  Peer peer = {.name = "eigen", .way = "", .run = {}, .y = work.Output()};
  const Tensor y = peer.y;
  peer.run = [in = work.in, y, f] { f(in, eigen::Output(y)); };
  return peer;
}

}  // namespace prova::peers
