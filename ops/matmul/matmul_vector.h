#pragma once

#include <algorithm>

#include "base/parallel_for.h"
#include "ops/matmul/matmul_kernels.h"

namespace prova {

/// A product with a vector on either side as that of a row vector and a matrix, with a column
/// vector (ab)ᵀ = bᵀaᵀ; and how a processor cuts it into tasks.
struct VectorProduct {
  /// Columns whose sums a task keeps in the first-level cache while the rows of the matrix pass by.
  static constexpr int64_t kMostCols = 4096;
  /// Terms worth a part of their own, whose sums are added to those of the others at the end.
  static constexpr int64_t kPartTerms = 512;
  /// So many parts, or a multiple of them, threads share evenly; more than the most bring nothing.
  static constexpr int64_t kEvenParts = 4, kMostParts = 16;

  explicit VectorProduct(const MatmulArgs& args)
      : flips(args.n == 1 && args.m > 1),
        is_dotted((flips ? args.a_col : args.b_row) == 1),
        n(flips ? args.m : args.n),
        terms(args.k) {
    if (is_dotted) {
      cols = StreamGrain(n, args.k);
    } else {
      // By sizes alone: threads change no sum. Strips change none wherever they are cut.
      if (args.k >= 2 * kPartTerms) {
        const int64_t wanted = CountChunks(CountChunks(args.k, kPartTerms), kEvenParts);
        parts = std::min(kEvenParts * wanted, kMostParts);
        terms = CountChunks(args.k, parts);
      }
      const int64_t sharers = CountChunks(NumThreads(), parts * std::max<int64_t>(args.batches, 1));
      cols = std::min(std::max(n / sharers / 64 * 64, ElementGrain(terms)), kMostCols);
    }
    strips = CountChunks(n, cols);
  }

  /// Whether `args` is such a product, of a matrix whose rows or columns are contiguous.
  static bool Is(const MatmulArgs& args) {
    if (args.m == 1) return args.b_row == 1 || args.b_col == 1;
    return args.n == 1 && (args.a_row == 1 || args.a_col == 1);
  }

  bool flips;      ///< whether the vector is the column: operands are to be transposed
  bool is_dotted;  ///< whether terms of the matrix are neighbours: each result is a dot product
  int64_t n;       ///< results
  int64_t terms, parts = 1;          ///< a part has so many terms, the last one fewer
  int64_t cols = kMostCols, strips;  ///< a strip has so many results, the last one fewer
};

}  // namespace prova
