#pragma once

#include <Eigen/Core>

#include "tensor/tensor.h"

namespace prova::eigen {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ColumnMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;
using Array = Eigen::ArrayXf;

/// The elements of a contiguous tensor as one array; y.mutable_data for one to write to.
inline Eigen::Map<const Array> Elements(const Tensor& x) { return {x.data<float>(), x.numel()}; }
inline Eigen::Map<Array> Output(const Tensor& y) { return {y.mutable_data<float>(), y.numel()}; }

/// A contiguous tensor as rows of its last axis.
inline Eigen::Map<const RowMajor> Rows(const Tensor& x) {
  const int64_t columns = x.shape().back();
  return {x.data<float>(), x.numel() / columns, columns};
}
inline Eigen::Map<RowMajor> OutputRows(const Tensor& y) {
  const int64_t columns = y.shape().back();
  return {y.mutable_data<float>(), y.numel() / columns, columns};
}

}  // namespace prova::eigen
