#include <algorithm>
#include <cmath>
#include <list>

#include "bench/gpu/nvidia_api.h"
#include "bench/gpu/stand_in.h"

// cuBLAS as far as the benchmarks call it: columns first, as its documentation says.
namespace prova::nvidia {
namespace {

/// An operand: element (row, column) of op(matrix), which lies in columns of `ld` elements.
struct Operand {
  const void* data;
  int op, ld;
  Element type;

  /// Whether `rows` of op(matrix) by `columns` can lie so.
  bool Fits(int rows, int columns) const {
    return ld >= std::max(1, op == CUBLAS_OP_N ? rows : columns) &&
           (op == CUBLAS_OP_N || op == CUBLAS_OP_T);
  }
  std::vector<double> Values(int rows, int columns) const {
    const int height = op == CUBLAS_OP_N ? rows : columns;
    const int width = op == CUBLAS_OP_N ? columns : rows;
    if (height == 0 || width == 0) return {};
    return Read(data, static_cast<size_t>(ld) * (width - 1) + height, type);
  }
  size_t At(int row, int column) const {
    return op == CUBLAS_OP_N ? static_cast<size_t>(column) * ld + row
                             : static_cast<size_t>(row) * ld + column;
  }
};

bool TypeOf(int type, Element& element) {
  if (type == CUDA_R_32F)
    element = Element::kFloat32;
  else if (type == CUDA_R_16F)
    element = Element::kFloat16;
  else if (type == CUDA_R_16BF)
    element = Element::kBFloat16;
  else
    return false;
  return true;
}

const void* Behind(const void* data, long long elements, Element type) {
  const long long item = type == Element::kFloat32 ? 4 : 2;
  return static_cast<const char*>(data) + elements * item;
}

/// c[m, n] = op(a) op(b) as columns of m elements, packed.
std::vector<double> Product(const Operand& a, const Operand& b, int m, int n, int k) {
  const std::vector<double> left = a.Values(m, k), right = b.Values(k, n);
  std::vector<double> c(static_cast<size_t>(m) * n);
  for (int column = 0; column < n; ++column) {
    for (int row = 0; row < m; ++row) {
      double sum = 0;
      for (int i = 0; i < k; ++i) sum += left[a.At(row, i)] * right[b.At(i, column)];
      c[static_cast<size_t>(column) * m + row] = sum;
    }
  }
  return c;
}

struct Matmul {
  int transa = CUBLAS_OP_N, epilogue = 1;
  const void* bias = nullptr;
};
struct Layout {
  int type;
  int rows, columns, ld;
};
std::list<Matmul> matmuls;
std::list<Layout> layouts;
int handle;

double Activate(int epilogue, double x) {
  if (epilogue == CUBLASLT_EPILOGUE_RELU_BIAS) return std::max(x, 0.0);
  if (epilogue != CUBLASLT_EPILOGUE_GELU_BIAS) return x;
  return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

}  // namespace
}  // namespace prova::nvidia

using namespace prova::nvidia;

extern "C" {

int cublasCreate_v2(void** made) {
  *made = &handle;
  return kSuccess;
}

int cublasGetVersion_v2(void*, int* version) {
  *version = 130000;
  return kSuccess;
}

int cublasGemmStridedBatchedEx(void* on, int transa, int transb, int m, int n, int k,
                               const void* alpha, const void* a, int a_type, int lda,
                               long long a_stride, const void* b, int b_type, int ldb,
                               long long b_stride, const void* beta, void* c, int c_type, int ldc,
                               long long c_stride, int batches, int compute_type, int) {
  Element type, b_element, c_element;
  if (on != &handle || compute_type != CUBLAS_COMPUTE_32F || !TypeOf(a_type, type) ||
      !TypeOf(b_type, b_element) || !TypeOf(c_type, c_element) || b_element != type ||
      c_element != type || *static_cast<const float*>(alpha) != 1 ||
      *static_cast<const float*>(beta) != 0 || ldc != std::max(m, 1)) {
    return kInvalid;
  }
  for (int i = 0; i < batches; ++i) {
    const Operand left = {Behind(a, i * a_stride, type), transa, lda, type};
    const Operand right = {Behind(b, i * b_stride, type), transb, ldb, type};
    if (!left.Fits(m, k) || !right.Fits(k, n)) return kInvalid;
    Write(const_cast<void*>(Behind(c, i * c_stride, type)), Product(left, right, m, n, k), type);
  }
  return kSuccess;
}

int cublasSgemv_v2(void* on, int trans, int m, int n, const float* alpha, const float* a, int lda,
                   const float* x, int incx, const float* beta, float* y, int incy) {
  if (on != &handle || *alpha != 1 || *beta != 0 || incx != 1 || incy != 1 || lda < m) {
    return kInvalid;
  }
  const auto [rows, terms] = trans == CUBLAS_OP_N ? std::pair(m, n) : std::pair(n, m);
  const Operand matrix = {a, trans, lda, Element::kFloat32};
  const Operand vector = {x, CUBLAS_OP_N, terms, Element::kFloat32};
  Write(y, Product(matrix, vector, rows, 1, terms), Element::kFloat32);
  return kSuccess;
}

int cublasLtMatmulDescCreate(void** made, int compute_type, int scale_type) {
  if (compute_type != CUBLAS_COMPUTE_32F || scale_type != CUDA_R_32F) return kInvalid;
  *made = &matmuls.emplace_back();
  return kSuccess;
}

int cublasLtMatmulDescSetAttribute(void* description, int attribute, const void* value,
                                   size_t bytes) {
  auto& matmul = *static_cast<Matmul*>(description);
  const bool is_pointer = attribute == CUBLASLT_MATMUL_DESC_BIAS_POINTER;
  if (bytes != (is_pointer ? sizeof(void*) : sizeof(int))) return kInvalid;
  if (is_pointer)
    std::memcpy(&matmul.bias, value, bytes);
  else if (attribute == CUBLASLT_MATMUL_DESC_TRANSA)
    std::memcpy(&matmul.transa, value, bytes);
  else if (attribute == CUBLASLT_MATMUL_DESC_EPILOGUE)
    std::memcpy(&matmul.epilogue, value, bytes);
  else
    return kInvalid;
  return kSuccess;
}

int cublasLtMatrixLayoutCreate(void** made, int type, uint64_t rows, uint64_t columns, int64_t ld) {
  if (ld < static_cast<int64_t>(rows)) return kInvalid;
  *made = &layouts.emplace_back(
      Layout{type, static_cast<int>(rows), static_cast<int>(columns), static_cast<int>(ld)});
  return kSuccess;
}

int cublasLtMatmulPreferenceCreate(void** made) {
  static size_t workspace;
  *made = &workspace;
  return kSuccess;
}

int cublasLtMatmulPreferenceSetAttribute(void*, int attribute, const void*, size_t bytes) {
  const bool known = attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES;
  return known && bytes == sizeof(size_t) ? kSuccess : kInvalid;
}

int cublasLtMatmulAlgoGetHeuristic(void*, void*, void*, void*, void*, void*, void*, int wanted,
                                   void* results, int* found) {
  *found = std::min(wanted, 2);
  auto* result = static_cast<LtHeuristicResult*>(results);
  for (int i = 0; i < *found; ++i) result[i] = {.algo = {static_cast<uint64_t>(i + 1)}};
  return kSuccess;
}

int cublasLtMatmul(void*, void* description, const void* alpha, const void* a, void* a_layout,
                   const void* b, void* b_layout, const void* beta, const void* c, void*, void* d,
                   void* d_layout, const void* algo, void*, size_t, void* stream) {
  const auto& matmul = *static_cast<Matmul*>(description);
  const auto &left = *static_cast<Layout*>(a_layout), &right = *static_cast<Layout*>(b_layout);
  const auto& result = *static_cast<Layout*>(d_layout);
  Element type;
  if (!TypeOf(left.type, type) || right.type != left.type || result.type != left.type ||
      *static_cast<const float*>(alpha) != 1 || *static_cast<const float*>(beta) != 0 || c != d ||
      *static_cast<const uint64_t*>(algo) == 0 || stream != nullptr || matmul.bias == nullptr) {
    return kInvalid;
  }
  const bool turned = matmul.transa == CUBLAS_OP_T;
  const int m = turned ? left.columns : left.rows, k = turned ? left.rows : left.columns;
  const int n = right.columns;
  if (right.rows != k || result.rows != m || result.columns != n || result.ld != m) return kInvalid;
  std::vector<double> y =
      Product({a, matmul.transa, left.ld, type}, {b, CUBLAS_OP_N, right.ld, type}, m, n, k);
  const std::vector<double> bias = Read(matmul.bias, m, type);
  for (size_t i = 0; i < y.size(); ++i) y[i] = Activate(matmul.epilogue, y[i] + bias[i % m]);
  Write(d, y, type);
  return kSuccess;
}

}  // extern "C"
