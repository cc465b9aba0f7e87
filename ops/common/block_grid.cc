#include "ops/common/block_grid.h"

#include <algorithm>

#include "base/parallel_for.h"

namespace prova {

// #region cuts
BlockGrid::BlockGrid(const ProductSizes& sizes, const TileSizes& tile, const PackedOperands& packs)
    : down_(sizes.m, tile.rows), across_(sizes.n, tile.line) {
  // Where a is packed, cuts between columns pack it once more, others b.
  const int64_t threads = NumThreads(), shares = packs.a ? 2 : 4;
  const int64_t tasks = threads == 1 ? 1 : shares * threads;
  while (sizes.batches * count() < tasks) {
    const int64_t rows = MostRows(), cols = MostCols();
    const bool is_idle = sizes.batches * count() < threads;
    if (rows * cols * sizes.k / 2 < (is_idle ? kProductGrain : 4 * kProductGrain)) return;
    // Blocks below each other pack the same columns of b, blocks side by side the same rows of a.
    const bool is_wide =
        packs.b && !packs.a ? cols > 2 * tile.cols : cols > rows && cols > tile.cols;
    const bool cuts_cols = is_wide && across_.CanHalve();
    if (!cuts_cols && !down_.CanHalve()) return;
    (cuts_cols ? across_ : down_).parts *= 2;
  }
}

BlockGrid::Span BlockGrid::Axis::Part(int64_t i) const {
  return {i * units / parts * unit, std::min((i + 1) * units / parts * unit, size)};
}
// #endregion cuts

}  // namespace prova
