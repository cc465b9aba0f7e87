#include <cblas.h>

#include "bench/eigen.h"
#include "bench/onednn.h"

namespace prova::peers {
namespace {

// Attributes: "activation" 1 relu, 2 gelu, 3 gelu by tanh; "gradient" 1 of x, 2 of the weight.
// Inputs: x, weight and perhaps bias; of a gradient dy, x, weight.
enum Activation { kNone, kRelu, kGelu, kGeluTanh };
enum Gradient { kForward, kOfInput, kOfWeight };

int64_t Attribute(const PeerWork& work, const std::string& name) {
  const auto found = work.bench.attributes.find(name);
  return found == work.bench.attributes.end() ? 0 : found->second;
}

/// The last axis stays; all others become rows.
Shape AsRows(const Tensor& x) { return {x.numel() / x.shape().back(), x.shape().back()}; }

dnnl::memory::desc DescribeRows(const Tensor& x, onednn::Layout layout) {
  return onednn::Describe(x, AsRows(x), layout);
}

// #region onednn
dnnl::primitive_attr Fused(int64_t activation) {
  using dnnl::algorithm;
  const algorithm algorithms[] = {algorithm::undef, algorithm::eltwise_relu,
                                  algorithm::eltwise_gelu_erf, algorithm::eltwise_gelu_tanh};
  dnnl::primitive_attr attributes;
  if (activation == kNone) return attributes;
  dnnl::post_ops after;
  after.append_eltwise(1, algorithms[activation], 0, 0);
  attributes.set_post_ops(after);
  return attributes;
}

dnnl::inner_product_forward::primitive_desc Forward(const dnnl::memory::desc& x,
                                                    const dnnl::memory::desc& weight,
                                                    const dnnl::memory::desc& bias,
                                                    const dnnl::memory::desc& y,
                                                    int64_t activation) {
  using Forward = dnnl::inner_product_forward;
  const auto training = dnnl::prop_kind::forward_inference;
  const Forward::desc description = bias.dims().empty()
                                        ? Forward::desc(training, x, weight, y)
                                        : Forward::desc(training, x, weight, bias, y);
  return {description, Fused(activation), onednn::Engine()};
}

Peer OneDnnForward(const PeerWork& work, onednn::Layout layout) {
  const Tensor x = work.in[0], weight = work.in[1], y = work.Output();
  const bool has_bias = work.in.size() > 2;
  const auto bias =
      has_bias ? onednn::Describe(work.in[2], onednn::Layout::kPlain) : dnnl::memory::desc();
  const auto description = Forward(DescribeRows(x, layout), onednn::Describe(weight, layout), bias,
                                   DescribeRows(y, layout), Attribute(work, "activation"));
  onednn::Arguments inputs = {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, weight}};
  if (has_bias) inputs.emplace_back(DNNL_ARG_BIAS, work.in[2]);
  return onednn::MakePeer(description, dnnl::inner_product_forward(description), inputs,
                          {{DNNL_ARG_DST, y}}, y, layout);
}

Peer OneDnnInputGradient(const PeerWork& work, onednn::Layout layout) {
  const Tensor dy = work.in[0], weight = work.in[2], dx = work.Output();
  const auto dy_rows = DescribeRows(dy, layout), dx_rows = DescribeRows(dx, layout);
  const auto weights = onednn::Describe(weight, layout);
  const dnnl::inner_product_backward_data::primitive_desc description(
      {dx_rows, weights, dy_rows}, onednn::Engine(), Forward(dx_rows, weights, {}, dy_rows, kNone));
  return onednn::MakePeer(description, dnnl::inner_product_backward_data(description),
                          {{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_WEIGHTS, weight}},
                          {{DNNL_ARG_DIFF_SRC, dx}}, dx, layout);
}

Peer OneDnnWeightGradient(const PeerWork& work, onednn::Layout layout) {
  const Tensor dy = work.in[0], x = work.in[1], dw = work.Output();
  const auto dy_rows = DescribeRows(dy, layout), x_rows = DescribeRows(x, layout);
  const auto weights = onednn::Describe(dw, layout);
  const dnnl::inner_product_backward_weights::primitive_desc description(
      {x_rows, weights, dy_rows}, onednn::Engine(), Forward(x_rows, weights, {}, dy_rows, kNone));
  return onednn::MakePeer(description, dnnl::inner_product_backward_weights(description),
                          {{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_SRC, x}},
                          {{DNNL_ARG_DIFF_WEIGHTS, dw}}, dw, layout);
}
// #endregion onednn

/// What a user of a matrix library writes: the product, then bias and relu over the result.
void AddBiasAndActivate(const Tensor& bias, int64_t activation, const Tensor& y) {
  auto rows = eigen::OutputRows(y);
  if (bias.defined()) rows.rowwise() += eigen::Elements(bias).matrix().transpose();
  if (activation == kRelu) rows = rows.cwiseMax(0.0f);
}

std::vector<Peer> MatrixLibraries(const PeerWork& work, int64_t gradient, int64_t activation) {
  // Left and right factor: x Wᵀ, dy W or dyᵀ x.
  const Tensor left = work.in[0], right = gradient == kOfInput ? work.in[2] : work.in[1];
  const Tensor bias = gradient == kForward && work.in.size() > 2 ? work.in[2] : Tensor();
  const Tensor blas = work.Output(), eigen_y = work.Output();
  const Shape l = AsRows(left), r = AsRows(right), y = AsRows(blas);
  const int64_t terms = gradient == kOfWeight ? l[0] : l[1];
  Peer openblas = {.name = "openblas",
                   .run =
                       [=] {
                         cblas_sgemm(CblasRowMajor,
                                     gradient == kOfWeight ? CblasTrans : CblasNoTrans,
                                     gradient == kForward ? CblasTrans : CblasNoTrans, y[0], y[1],
                                     terms, 1, left.data<float>(), l[1], right.data<float>(), r[1],
                                     0, blas.mutable_data<float>(), y[1]);
                         AddBiasAndActivate(bias, activation, blas);
                       },
                   .y = blas};
  Peer eigen_peer = {.name = "eigen",
                     .run =
                         [=] {
                           auto result = eigen::OutputRows(eigen_y);
                           const auto a = eigen::Rows(left), b = eigen::Rows(right);
                           if (gradient == kForward) result.noalias() = a * b.transpose();
                           if (gradient == kOfInput) result.noalias() = a * b;
                           if (gradient == kOfWeight) result.noalias() = a.transpose() * b;
                           AddBiasAndActivate(bias, activation, eigen_y);
                         },
                     .y = eigen_y};
  return {openblas, eigen_peer};
}

}  // namespace

std::vector<Peer> linear(const PeerWork& work) {
  if (work.result.dtype() != DType::kFloat32) return {};
  const int64_t gradient = Attribute(work, "gradient"), activation = Attribute(work, "activation");
  std::vector<Peer> peers;
  if (activation <= kRelu) peers = MatrixLibraries(work, gradient, activation);
  onednn::AddLayouts(peers, [&](onednn::Layout layout) {
    if (gradient == kOfInput) return OneDnnInputGradient(work, layout);
    if (gradient == kOfWeight) return OneDnnWeightGradient(work, layout);
    return OneDnnForward(work, layout);
  });
  return peers;
}

}  // namespace prova::peers
