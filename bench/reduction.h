#pragma once

#include "bench/eigen.h"
#include "bench/onednn.h"

namespace prova::peers {

/// The peers of a reduction: oneDNN's `algorithm`, and `reduce` of an Eigen array, of its rows or
/// of its columns. Of the cases whose names begin so: `all`, `rows` (the last axis), `columns` (the
/// first); none of others.
template <typename Reduce>
std::vector<Peer> ReductionPeers(const PeerWork& work, dnnl::algorithm algorithm, Reduce reduce) {
  const std::string& name = work.bench.name;
  const bool all = name.starts_with("all"), rows = name.starts_with("rows");
  if (!all && !rows && !name.starts_with("columns")) return {};

  const Tensor x = work.in[0], y = work.Output();
  Shape kept = x.shape();
  for (int axis = 0; axis < kept.rank(); ++axis) {
    if (all || rows == (axis == kept.rank() - 1)) kept[axis] = 1;
  }
  const dnnl::reduction::primitive_desc description(
      {algorithm, onednn::Describe(x), onednn::Describe(y, kept), 0, 0}, onednn::Engine());
  Peer onednn = onednn::MakePeer(description, dnnl::reduction(description), {{DNNL_ARG_SRC, x}},
                                 {{DNNL_ARG_DST, y}}, y, onednn::Layout::kPlain);

  Peer eigen = {.name = "eigen", .way = "", .run = {}, .y = work.Output()};
  eigen.run = [=, result = eigen.y] {
    auto results = eigen::Output(result).matrix();
    if (all) {
      results[0] = reduce(eigen::Elements(x));
    } else if (rows) {
      results = reduce(eigen::Rows(x).rowwise());
    } else {
      results = reduce(eigen::Rows(x).colwise());
    }
  };
  return {onednn, eigen};
}

}  // namespace prova::peers
