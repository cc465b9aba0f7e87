#include "bench/gpu/gpu_bench.h"

namespace prova::gpu_bench {
namespace {

// Attributes and inputs as in conv2d_peers.cc.
enum Gradient { kForward, kOfInput, kOfWeight };

std::vector<Peer> CudnnPeers(const PeerWork& work, const GpuLibraries& libraries) {
  if (libraries.cudnn == nullptr) return {};
  const Cudnn& cudnn = *libraries.cudnn;
  const auto& told = work.bench.attributes;
  const ConvolutionLayer layer = {
      .stride = told.at("stride"), .padding = told.at("padding"), .groups = told.at("groups")};
  const Tensors& in = work.in;
  const Tensor y = work.Output(), fused = work.Output();
  const auto peer = [](const char* way, std::function<void()> run, const Tensor& result) -> Peer {
    return {.name = "cudnn", .way = way, .run = std::move(run), .y = result};
  };
  switch (told.at("gradient")) {
    case kOfInput:
      return {peer("search", cudnn.ConvolutionInputGradient(layer, in[0], in[1], y), y)};
    case kOfWeight:
      return {peer("search", cudnn.ConvolutionWeightGradient(layer, in[0], in[1], y), y)};
    default: break;
  }
  std::vector<Peer> peers = {peer("search", cudnn.Convolution(layer, in[0], in[1], in[2], y), y)};
  auto run = cudnn.FusedConvolution(layer, in[0], in[1], in[2], fused);
  if (run) peers.push_back(peer("fused", std::move(run), fused));
  return peers;
}

}  // namespace

GpuBench conv2d() { return {.peers = CudnnPeers}; }

}  // namespace prova::gpu_bench
