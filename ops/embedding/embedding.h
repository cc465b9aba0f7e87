#pragma once

#include "tensor/tensor.h"

namespace prova {

/// Rows of a table: y[..., :] = weight[indices[...], :].
///
/// indices: int32 or int64, any shape; weight: [rows, dim], floating. y: the shape of indices and a
/// last axis of dim, in weight's dtype. An index of -rows..-1 counts from the back. Elements are
/// copied, not computed with. Source: as in PyTorch's `nn.functional.embedding`.
/// Errors: kDType for indices of another dtype or a weight that is not floating, kShape unless
/// weight has two axes, kIndex for an index outside -rows..rows-1, naming it and its position.
Tensor embedding(const Tensor& indices, const Tensor& weight);

/// The gradient of weight, [rows, dim]: row r is the sum of dy[..., :] over the positions whose
/// index is r, as a tree that the indices alone decide, in at least float32; rows that no index
/// names are 0. The same bits for any number of threads.
/// Errors: kShape unless dy has the shape of indices and one more axis; others as above.
Tensor embedding_backward(const Tensor& dy, const Tensor& indices, int64_t rows);

}  // namespace prova
