#pragma once

#include <cstdint>

namespace prova {

/// The sizes of a batch of products y = a b, a [m, k] and b [k, n].
struct ProductSizes {
  int64_t batches, m, n, k;
};

/// The tile of y that a kernel holds in registers, in elements, and a line of memory, which blocks
/// side by side should not share.
struct TileSizes {
  int64_t rows, cols, line;
};

/// Which operands a kernel copies before it reads them.
struct PackedOperands {
  bool a, b;
};

/// The partition of y into blocks, one a task: large ones read and pack least, several a thread
/// share out evenly. Blocks follow the number of threads; each element of y has to be the same sum
/// in any block. Nothing may be empty but the terms.
class BlockGrid {
 public:
  BlockGrid(const ProductSizes& sizes, const TileSizes& tile, const PackedOperands& packs);

  /// Of blocks in one product; they are numbered row by row.
  int64_t count() const { return down_.parts * across_.parts; }
  /// The size of the largest block, rounded up to whole tiles and lines.
  int64_t MostRows() const { return down_.Most(); }
  int64_t MostCols() const { return across_.Most(); }

  /// The rows or columns of a block, from `first` to before `last`.
  struct Span {
    int64_t first, last;
    int64_t size() const { return last - first; }
  };
  Span Rows(int64_t block) const { return down_.Part(block / across_.parts); }
  Span Cols(int64_t block) const { return across_.Part(block % across_.parts); }

 private:
  /// An axis in parts of as many whole units as the others or one more; the last unit may be short.
  struct Axis {
    Axis(int64_t size, int64_t unit) : size(size), unit(unit), units((size + unit - 1) / unit) {}

    bool CanHalve() const { return 2 * parts <= units; }
    int64_t Most() const { return (units + parts - 1) / parts * unit; }
    Span Part(int64_t i) const;

    int64_t size, unit, units;
    int64_t parts = 1;
  };

  Axis down_, across_;
};

}  // namespace prova
