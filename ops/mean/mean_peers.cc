#include "bench/eigen.h"
#include "bench/onednn.h"

namespace prova::peers {
namespace {

/// What the case reduces, from its name: everything, the last axis or the first.
enum class Along { kAll, kRows, kColumns, kOther };

Along AlongOf(const PeerWork& work) {
  const std::string& name = work.bench.name;
  if (name.starts_with("all")) return Along::kAll;
  if (name.starts_with("rows")) return Along::kRows;
  return name.starts_with("columns") ? Along::kColumns : Along::kOther;
}

Peer OneDnnReduction(const PeerWork& work, Along along) {
  const Tensor x = work.in[0], y = work.NewOutput();
  Shape kept = x.shape();
  for (int axis = 0; axis < kept.rank(); ++axis) {
    const bool last = axis == kept.rank() - 1;
    if (along == Along::kAll || (along == Along::kRows) == last) kept[axis] = 1;
  }
  const dnnl::reduction::primitive_desc description(
      {dnnl::algorithm::reduction_mean, onednn::Describe(x), onednn::Describe(y, kept), 0, 0},
      onednn::Engine());
  return onednn::MakePeer(description, dnnl::reduction(description), {{DNNL_ARG_SRC, x}},
                          {{DNNL_ARG_DST, y}}, y, onednn::Layout::kPlain);
}

Peer EigenReduction(const PeerWork& work, Along along) {
  Peer peer = {.name = "eigen", .way = "", .run = {}, .y = work.NewOutput()};
  peer.run = [x = work.in[0], y = peer.y, along] {
    auto results = eigen::Output(y).matrix();
    if (along == Along::kAll) results[0] = eigen::Elements(x).mean();
    if (along == Along::kRows) results = eigen::Rows(x).rowwise().mean();
    if (along == Along::kColumns) results = eigen::Rows(x).colwise().mean();
  };
  return peer;
}

}  // namespace

std::vector<Peer> mean(const PeerWork& work) {
  const Along along = AlongOf(work);
  if (along == Along::kOther) return {};
  return {OneDnnReduction(work, along), EigenReduction(work, along)};
}

}  // namespace prova::peers
