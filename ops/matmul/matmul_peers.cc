#include <algorithm>

#include <cblas.h>

#include "bench/eigen.h"
#include "bench/onednn.h"
#include "tensor/view.h"

namespace prova::peers {
namespace {

/// y[i, j] = sum_k a[i, k] b[k, j] for each matrix of a batch, with the last two axes of a and b in
/// either order in memory; a vector b is one column.
struct Product {
  int64_t batches, m, n, k;
  bool a_transposed, b_transposed;
  int64_t a_step, b_step;  // from one matrix of the batch to the next; 0 where they share one
};

bool IsTransposed(const Tensor& x) {
  const int last = x.rank() - 1;
  return last > 0 && x.strides()[last] != 1 && x.strides()[last - 1] == 1;
}

Product Describe(const Tensor& a, const Tensor& b, const Tensor& y) {
  Product product = {
      .k = a.shape().back(), .a_transposed = IsTransposed(a), .b_transposed = IsTransposed(b)};
  product.m = a.rank() > 1 ? a.size(-2) : 1;
  product.n = b.rank() > 1 ? b.size(-1) : 1;
  product.batches = y.numel() / (product.m * product.n);
  product.a_step = a.rank() > 2 ? product.m * product.k : 0;
  product.b_step = b.rank() > 2 ? product.k * product.n : 0;
  return product;
}

// #region openblas
void BlasProduct(const Product& p, const float* a, const float* b, float* y) {
  const CBLAS_TRANSPOSE a_order = p.a_transposed ? CblasTrans : CblasNoTrans;
  const CBLAS_TRANSPOSE b_order = p.b_transposed ? CblasTrans : CblasNoTrans;
  if (p.n == 1) {
    const auto [rows, columns] = p.a_transposed ? std::pair(p.k, p.m) : std::pair(p.m, p.k);
    cblas_sgemv(CblasRowMajor, a_order, rows, columns, 1, a, columns, b, 1, 0, y, 1);
  } else if (p.m == 1) {
    const auto [rows, columns] = p.b_transposed ? std::pair(p.n, p.k) : std::pair(p.k, p.n);
    cblas_sgemv(CblasRowMajor, p.b_transposed ? CblasNoTrans : CblasTrans, rows, columns, 1, b,
                columns, a, 1, 0, y, 1);
  } else {
    cblas_sgemm(CblasRowMajor, a_order, b_order, p.m, p.n, p.k, 1, a, p.a_transposed ? p.m : p.k, b,
                p.b_transposed ? p.k : p.n, 0, y, p.n);
  }
}
// #endregion openblas

void EigenProduct(const Product& p, const float* a, const float* b, float* y) {
  using eigen::ColumnMajor;
  using eigen::RowMajor;
  const auto with_a = [&](const auto& left) {
    Eigen::Map<RowMajor> result(y, p.m, p.n);
    if (p.b_transposed) {
      result.noalias() = left * Eigen::Map<const ColumnMajor>(b, p.k, p.n);
    } else {
      result.noalias() = left * Eigen::Map<const RowMajor>(b, p.k, p.n);
    }
  };
  if (p.n == 1) {
    const Eigen::Map<const Eigen::VectorXf> column(b, p.k);
    Eigen::Map<Eigen::VectorXf> result(y, p.m);
    if (p.a_transposed) {
      result.noalias() = Eigen::Map<const ColumnMajor>(a, p.m, p.k) * column;
    } else {
      result.noalias() = Eigen::Map<const RowMajor>(a, p.m, p.k) * column;
    }
  } else if (p.m == 1) {
    const Eigen::Map<const Eigen::RowVectorXf> row(a, p.k);
    Eigen::Map<Eigen::RowVectorXf> result(y, p.n);
    if (p.b_transposed) {
      result.noalias() = row * Eigen::Map<const ColumnMajor>(b, p.k, p.n);
    } else {
      result.noalias() = row * Eigen::Map<const RowMajor>(b, p.k, p.n);
    }
  } else if (p.a_transposed) {
    with_a(Eigen::Map<const ColumnMajor>(a, p.m, p.k));
  } else {
    with_a(Eigen::Map<const RowMajor>(a, p.m, p.k));
  }
}

using OneProduct = void (*)(const Product& p, const float* a, const float* b, float* y);

Peer ForEachMatrix(const char* name, OneProduct multiply, const PeerWork& work) {
  const Tensor a = work.in[0], b = work.in[1], y = work.Output();
  const Product p = Describe(a, b, y);
  return {.name = name,
          .run =
              [=] {
                float* out = y.mutable_data<float>();
                for (int64_t i = 0; i < p.batches; ++i) {
                  multiply(p, a.data<float>() + i * p.a_step, b.data<float>() + i * p.b_step,
                           out + i * p.m * p.n);
                }
              },
          .y = y};
}

/// oneDNN's BLAS-like function: row-major, like ours.
void OneDnnGemm(const Product& p, const float* a, const float* b, float* y) {
  dnnl::sgemm(p.a_transposed ? 'T' : 'N', p.b_transposed ? 'T' : 'N', p.m, p.n, p.k, 1, a,
              p.a_transposed ? p.m : p.k, b, p.b_transposed ? p.k : p.n, 0, y, p.n);
}

/// A view of the same tensor as a matrix or a batch of them; a vector gets an axis at
/// `vector_axis`.
Tensor AsMatrices(const Tensor& x, int vector_axis, int rank) {
  Tensor matrices = x.rank() == 1 ? view::Unsqueeze(x, vector_axis) : x;
  while (matrices.rank() < rank) matrices = view::Unsqueeze(matrices, 0);
  return matrices;
}

}  // namespace

std::vector<Peer> matmul(const PeerWork& work) {
  const Tensor &a = work.in[0], &b = work.in[1];
  if (a.dtype() != DType::kFloat32) return {};
  std::vector<Peer> peers = {ForEachMatrix("openblas", BlasProduct, work),
                             ForEachMatrix("eigen", EigenProduct, work),
                             ForEachMatrix("onednn", OneDnnGemm, work)};
  peers.back().way = "gemm";
  onednn::AddLayouts(peers, [&](onednn::Layout layout) {
    const Tensor y = work.Output();
    const int rank = std::max({a.rank(), b.rank(), 2});
    const Tensor left = AsMatrices(a, 0, rank), right = AsMatrices(b, 1, rank);
    Tensor product = b.rank() == 1 ? view::Unsqueeze(y, y.rank()) : y;
    if (a.rank() == 1) product = view::Unsqueeze(product, product.rank() - 1);
    product = AsMatrices(product, 0, rank);
    const dnnl::matmul::primitive_desc description(
        {onednn::Describe(left, layout), onednn::Describe(right, layout),
         onednn::Describe(product, layout)},
        onednn::Engine());
    return onednn::MakePeer(description, dnnl::matmul(description),
                            {{DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}},
                            {{DNNL_ARG_DST, product}}, y, layout);
  });
  return peers;
}

}  // namespace prova::peers
