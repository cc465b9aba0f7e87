// Which elements meet under which taps, as lists of places; included once a Highway target.

#if defined(PROVA_OPS_CONV2D_MEETING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_CONV2D_MEETING_INL_H_
#undef PROVA_OPS_CONV2D_MEETING_INL_H_
#else
#define PROVA_OPS_CONV2D_MEETING_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"

#include "ops/conv2d/conv2d_stretches.h"

#include "ops/conv2d/conv2d_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
using simd::Stretch;

inline int64_t Ceil(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// One of the three products: positions of the target meet the source under taps.
template <typename T>
struct Meeting {
  int64_t images, groups;
  int64_t channels;  // of the source in a group
  int64_t filters;   // channels of the target in a group
  int64_t source_cells, source_width;
  int64_t target_height, target_width;
  int64_t taps, taps_across;
  const Stretch *rows, *cols;
  int64_t row_stretches, col_stretches;

  int64_t panels() const { return Ceil(filters, kPanel<T>); }
  int64_t panel_cols() const { return PanelCols<T>(filters); }
  /// Whether every position reads the element in its own place of the source, and no other.
  bool IsPointwise() const {
    return taps == 1 && source_cells == target_cells() && row_stretches * col_stretches == 1 &&
           rows->taps * cols->taps == 1;
  }
  int64_t target_cells() const { return target_height * target_width; }
};

// #region blocks
/// A box of positions: images, rows and columns from the first ones.
struct Block {
  int64_t image, images, row, rows, col, cols;

  int64_t positions() const { return images * rows * cols; }
};

/// The partition of all positions into blocks of at most `most`, whole images and rows if possible.
struct Blocks {
  template <typename T>
  Blocks(const Meeting<T>& of, int64_t most)
      : all{0, of.images, 0, of.target_height, 0, of.target_width} {
    auto even = [](int64_t size, int64_t most) { return Ceil(size, Ceil(size, most)); };
    cols = even(all.cols, most);
    rows = even(all.rows, std::max<int64_t>(1, most / cols));
    images = rows < all.rows ? 1 : even(all.images, std::max<int64_t>(1, most / (rows * cols)));
    across = Ceil(all.cols, cols);
    down = Ceil(all.rows, rows);
    count = Ceil(all.images, images) * down * across;
  }
  Block operator[](int64_t i) const {
    Block block = {i / across / down * images, images, i / across % down * rows, rows,
                   i % across * cols,          cols};
    block.images = std::min(images, all.images - block.image);
    block.rows = std::min(rows, all.rows - block.row);
    block.cols = std::min(cols, all.cols - block.col);
    return block;
  }
  int64_t most() const { return images * rows * cols; }

  Block all;
  int64_t images, rows, cols;  // of a block
  int64_t across, down, count;
};
// #endregion blocks

// #region lists
/// Lists the positions of a block where two stretches cross: what they read under the first tap of
/// the first channel, and their row in a panel of the block.
template <typename T>
void ListPositions(const Meeting<T>& of, const Block& block, const Stretch& rows,
                   const Stretch& cols, Places& list) {
  list.count = 0;
  const int64_t first = (rows.first - block.row) * block.cols + cols.first - block.col;
  for (int64_t i = 0; i < rows.count; ++i) {
    const int64_t x = i * rows.source_step * of.source_width;
    const int64_t row = first + i * rows.step * block.cols;
    for (int64_t j = 0; j < cols.count; ++j) {
      list.Add(x + j * cols.source_step, (row + j * cols.step) * of.panel_cols());
    }
  }
  list.Repeat(block.images, of.groups * of.channels * of.source_cells,
              block.rows * block.cols * of.panel_cols());
}

/// Lists the taps of two stretches for some channels, from the first, and their rows in a panel of
/// weights.
template <typename T>
void ListTaps(const Meeting<T>& of, int64_t channels, const Stretch& rows, const Stretch& cols,
              Places& list) {
  list.count = 0;
  for (int64_t a = 0; a < rows.taps; ++a) {
    const int64_t x = a * rows.tap_shift * of.source_width;
    const int64_t row = (rows.tap + a * rows.tap_step) * of.taps_across + cols.tap;
    for (int64_t b = 0; b < cols.taps; ++b) {
      list.Add(x + b * cols.tap_shift, (row + b * cols.tap_step) * of.panel_cols());
    }
  }
  list.Repeat(channels, of.source_cells, of.taps * of.panel_cols());
  list.row_step = rows.taps * cols.taps == of.taps ? of.panel_cols() : 0;
}

/// Calls `body(positions, taps, x, row, is_first)` with lists of all that meets in a block: x is
/// where the source of these lists begins, row where their taps begin in a panel of weights. Every
/// position comes once with `is_first`, without taps if it meets none.
template <typename T, typename Body>
void ForEachMeeting(const Meeting<T>& of, const Block& block, int64_t group, const T* source,
                    const Body& body) {
  constexpr int64_t kMostTaps = 16;  // of an axis, in one list
  Places positions, taps;
  for (int64_t r = 0; r < of.row_stretches; ++r) {
    const Stretch rows = of.rows[r].Within(block.row, block.row + block.rows);
    for (int64_t c = 0; c < of.col_stretches; ++c) {
      const Stretch cols = of.cols[c].Within(block.col, block.col + block.cols);
      if (rows.count * cols.count == 0) continue;
      ListPositions(of, block, rows, cols, positions);
      if (rows.taps * cols.taps * of.channels == 0) {
        taps.count = 0;
        body(positions, taps, source, 0, true);
        continue;
      }
      for (int64_t a = 0; a < rows.taps; a += kMostTaps) {
        const Stretch down = rows.WithTaps(a, std::min(kMostTaps, rows.taps - a));
        for (int64_t b = 0; b < cols.taps; b += kMostTaps) {
          const Stretch across = cols.WithTaps(b, std::min(kMostTaps, cols.taps - b));
          const int64_t most = std::max<int64_t>(1, kTermsTogether / (down.taps * across.taps));
          const int64_t channels = Ceil(of.channels, Ceil(of.channels, most));
          const int64_t first = (block.image * of.groups + group) * of.channels;
          for (int64_t channel = 0; channel < of.channels; channel += channels) {
            const int64_t rest = of.channels - channel;
            if (channel == 0 || rest < channels) {
              ListTaps(of, std::min(channels, rest), down, across, taps);
            }
            body(positions, taps,
                 source + (first + channel) * of.source_cells + down.source * of.source_width +
                     across.source,
                 channel * of.taps * of.panel_cols(), a + b + channel == 0);
          }
        }
      }
    }
  }
}
// #endregion lists

/// Transposes a panel of a block into the planes of `width` channels of the target, or back.
template <typename T>
void StorePanel(const Meeting<T>& of, const Block& block, int64_t width, const T* panel, T* to) {
  const bool whole_rows = block.cols == of.target_width;
  const int64_t runs = whole_rows ? 1 : block.rows, length = block.rows * block.cols / runs;
  for (int64_t n = 0; n < block.images; ++n) {
    for (int64_t run = 0; run < runs; ++run) {
      Transpose(length, width, panel + (n * runs + run) * length * of.panel_cols(), of.panel_cols(),
                to + (block.image + n) * of.groups * of.filters * of.target_cells() +
                    (block.row + run) * of.target_width + block.col,
                of.target_cells());
    }
  }
}
template <typename T>
void LoadPanel(const Meeting<T>& of, const Block& block, int64_t width, const T* from, T* panel) {
  const bool whole_rows = block.cols == of.target_width;
  const int64_t runs = whole_rows ? 1 : block.rows, length = block.rows * block.cols / runs;
  for (int64_t n = 0; n < block.images; ++n) {
    for (int64_t run = 0; run < runs; ++run) {
      Transpose(width, length,
                from + (block.image + n) * of.groups * of.filters * of.target_cells() +
                    (block.row + run) * of.target_width + block.col,
                of.target_cells(), panel + (n * runs + run) * length * of.panel_cols(),
                of.panel_cols());
    }
  }
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
