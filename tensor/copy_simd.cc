#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/copy_simd.cc"
#include <algorithm>
#include <cstdlib>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "base/transpose-inl.h"
#include "base/vectors-inl.h"
#include "tensor/copy_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

template <typename T>
void CopyRun(const T* from, int64_t count, const Storing<T>& storing, T* to) {
  const hn::ScalableTag<T> d;
  storing.Store(
      d, count, to, [&](int64_t i) { return LoadAhead(d, from + i); },
      [&](int64_t i, int64_t rest) { return LoadPartial(d, from + i, rest, T(0)); });
}

/// The same where nothing streams; the last vector of a run overlaps the one before it.
template <typename T>
HWY_INLINE void CopyShortRun(const T* from, int64_t count, T* to) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  if (count < lanes) {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i];
    return;
  }
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  if (i < count) hn::StoreU(hn::LoadU(d, from + count - lanes), d, to + count - lanes);
}

// #region transpose
/// The same for any number of rows and columns: strips of whole vectors, then of 16 bytes, and the
/// rest one by one.
template <typename T>
void TransposeBlock(const T* from, int64_t from_stride, int64_t rows, int64_t cols, T* to,
                    int64_t to_stride) {
  constexpr int64_t kSide = 16 / sizeof(T);
  const int64_t whole_cols = cols / kSide * kSide;
  int64_t row = 0;
  const auto strips = [&](auto d) {
    const int64_t height = hn::Lanes(d);
    for (; row + height <= rows; row += height) {
      for (int64_t c = 0; c < whole_cols; c += kSide) {
        TransposeStrip(d, from + row * from_stride + c, from_stride, to + c * to_stride + row,
                       to_stride);
      }
    }
  };
  strips(hn::ScalableTag<T>());
  strips(hn::Full128<T>());
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = r < row ? whole_cols : 0; c < cols; ++c) {
      to[c * to_stride + r] = from[r * from_stride + c];
    }
  }
}

/// to[3 c + r] = from[r][c] for three rows, the channels of an image; and the other way round.
template <typename T>
void InterleaveThree(const T* from, int64_t from_stride, int64_t cols, T* to) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  int64_t c = 0;
  for (; c + lanes <= cols; c += lanes) {
    hn::StoreInterleaved3(hn::LoadU(d, from + c), hn::LoadU(d, from + from_stride + c),
                          hn::LoadU(d, from + 2 * from_stride + c), d, to + 3 * c);
  }
  for (; c < cols; ++c) {
    for (int64_t r = 0; r < 3; ++r) to[3 * c + r] = from[r * from_stride + c];
  }
}
template <typename T>
void SeparateThree(const T* from, int64_t rows, T* to, int64_t to_stride) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  int64_t r = 0;
  for (; r + lanes <= rows; r += lanes) {
    hn::Vec<decltype(d)> channels[3];
    hn::LoadInterleaved3(d, from + 3 * r, channels[0], channels[1], channels[2]);
    for (int c = 0; c < 3; ++c) hn::StoreU(channels[c], d, to + c * to_stride + r);
  }
  for (; r < rows; ++r) {
    for (int64_t c = 0; c < 3; ++c) to[c * to_stride + r] = from[3 * r + c];
  }
}

/// Two axes walked in blocks, since source and target prefer different orders: the target's rows
/// run along `row_axis`, the source's along `col_axis`.
struct Blocking {
  int row_axis;
  int col_axis;
  int64_t block_rows;
  int64_t block_cols;
};

/// The axis, the first `axes` considered, whose elements lie closest together.
int ClosestAxis(const Strides& strides, int axes) {
  int closest = 0;
  for (int axis = 1; axis < axes; ++axis) {
    if (std::abs(strides[axis]) <= std::abs(strides[closest])) closest = axis;
  }
  return closest;
}

/// Calls `body(from, to, rows, cols)` for each block of `run` elements a place, in parallel.
template <typename T, typename Body>
void ForEachBlock(const CopyArgs& args, const Blocking& by, int64_t run, Body body) {
  const JointGeometry& geometry = args.geometry;
  const int64_t rows = geometry.shape[by.row_axis], cols = geometry.shape[by.col_axis];
  const int64_t down = (rows + by.block_rows - 1) / by.block_rows;
  const int64_t across = (cols + by.block_cols - 1) / by.block_cols;
  const int64_t grain = ElementGrain(by.block_rows * by.block_cols * run);
  ParallelFor(
      args.count / (rows * cols * run) * down * across, grain, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
          const int64_t row = task / across % down * by.block_rows;
          const int64_t col = task % across * by.block_cols;
          const T* from = static_cast<const T*>(args.from);
          T* to = static_cast<T*>(args.to);
          int64_t rest = task / (down * across);
          for (int axis = geometry.shape.rank(); axis-- > 0;) {
            int64_t index = axis == by.row_axis ? row : axis == by.col_axis ? col : 0;
            if (axis != by.row_axis && axis != by.col_axis &&
                (run == 1 || axis < geometry.shape.rank() - 1)) {
              index = rest % geometry.shape[axis];
              rest /= geometry.shape[axis];
            }
            from += index * geometry.strides[0][axis];
            to += index * geometry.strides[1][axis];
          }
          body(from, to, std::min(by.block_rows, rows - row), std::min(by.block_cols, cols - col));
        }
      });
}

/// Up to so many bytes stay in the second-level cache beside their copy, where it does not matter
/// in which order they are written.
constexpr int64_t kNearBytes = int64_t{1} << 18;

/// Source columns and target rows lie side by side. Beyond the caches, blocks pass through the
/// first level, so that rows of the target are written whole.
template <typename T>
void TransposeAll(const CopyArgs& args, int row_axis, int col_axis) {
  constexpr int64_t kBlock = 16384 / sizeof(T), kSide = 64;
  const int64_t rows = args.geometry.shape[row_axis], cols = args.geometry.shape[col_axis];
  const int64_t from_stride = args.geometry.strides[0][row_axis];
  const int64_t to_stride = args.geometry.strides[1][col_axis];
  // As square as the matrix allows: a narrow one has longer blocks.
  const int64_t block_rows = std::min(rows, std::max(kSide, kBlock / std::min(cols, kSide)));
  const int64_t block_cols = std::min(cols, std::max<int64_t>(1, kBlock / block_rows));
  const bool near = args.count * static_cast<int64_t>(sizeof(T)) <= kNearBytes;
  const Storing<T> storing(args.count);
  ForEachBlock<T>(args, {row_axis, col_axis, block_rows, block_cols}, 1,
                  [&](const T* from, T* to, int64_t height, int64_t width) {
                    if (rows == 3 && to_stride == 3) {
                      return InterleaveThree(from, from_stride, width, to);
                    }
                    if (cols == 3 && from_stride == 3) {
                      return SeparateThree(from, height, to, to_stride);
                    }
                    if (near) {
                      return TransposeBlock(from, from_stride, height, width, to, to_stride);
                    }
                    HWY_ALIGN T block[kBlock];
                    TransposeBlock(from, from_stride, height, width, block, block_rows);
                    for (int64_t c = 0; c < width; ++c) {
                      CopyRun(block + c * block_rows, height, storing, to + c * to_stride);
                    }
                    storing.Finish();
                  });
}
// #endregion transpose

/// Runs of neighbours in both, in another order.
template <typename T>
void MoveRuns(const CopyArgs& args, int row_axis, int col_axis) {
  constexpr int64_t kSide = 16;
  const JointGeometry& geometry = args.geometry;
  const int64_t run = geometry.shape.back();
  const Strides &from_strides = geometry.strides[0], &to_strides = geometry.strides[1];
  const int64_t from_down = from_strides[row_axis], from_across = from_strides[col_axis];
  const int64_t to_down = to_strides[row_axis], to_across = to_strides[col_axis];
  const bool streams = args.count * static_cast<int64_t>(sizeof(T)) >= kStreamBytes;
  const Storing<T> storing(args.count);
  ForEachBlock<T>(args, {row_axis, col_axis, kSide, kSide}, run,
                  [&](const T* from, T* to, int64_t height, int64_t width) {
                    for (int64_t c = 0; c < width; ++c) {
                      const T* from_row = from + c * from_across;
                      T* to_row = to + c * to_across;
                      for (int64_t r = 0; r < height;
                           ++r, from_row += from_down, to_row += to_down) {
                        if (streams) {
                          CopyRun(from_row, run, storing, to_row);
                        } else {
                          CopyShortRun(from_row, run, to_row);
                        }
                      }
                    }
                    storing.Finish();
                  });
}

template <typename T>
void CopyTyped(const CopyArgs& args) {
  const JointGeometry& geometry = args.geometry;
  const int rank = geometry.shape.rank();
  const int64_t from_step = geometry.strides[0].back(), to_step = geometry.strides[1].back();
  const int row_axis = ClosestAxis(geometry.strides[1], rank);
  const int col_axis = ClosestAxis(geometry.strides[0], rank);
  if (row_axis != col_axis && geometry.strides[1][row_axis] == 1 &&
      geometry.strides[0][col_axis] == 1) {
    return TransposeAll<T>(args, row_axis, col_axis);
  }
  if (from_step == 1 && to_step == 1 && rank > 2) {
    const int to_axis = ClosestAxis(geometry.strides[1], rank - 1);
    const int from_axis = ClosestAxis(geometry.strides[0], rank - 1);
    if (to_axis != from_axis) return MoveRuns<T>(args, to_axis, from_axis);
  }
  const Storing<T> storing(args.count);
  ParallelFor(args.count, kElementGrain, [&](int64_t begin, int64_t end) {
    ForEachRun(geometry, begin, end, [&](const int64_t* offsets, int64_t length) {
      const T* from = static_cast<const T*>(args.from) + offsets[0];
      T* to = static_cast<T*>(args.to) + offsets[1];
      if (from_step == 1 && to_step == 1) return CopyRun(from, length, storing, to);
      if (from_step == 0 && to_step == 1) return (void)std::fill_n(to, length, *from);
      for (int64_t i = 0; i < length; ++i) to[i * to_step] = from[i * from_step];
    });
    storing.Finish();
  });
}

void CopyElements(const CopyArgs& args) {
  VisitBits(args.item_size, [&](auto type) { CopyTyped<typename decltype(type)::type>(args); });
}

// #region convert
/// Conversions by the bits, as `float16` and `bfloat16` do them one by one.
using Words = hn::ScalableTag<uint32_t>;
using Word = hn::Vec<Words>;

HWY_INLINE Word ToBits(DType from, Word half) {
  const Words d;
  if (from == DType::kBFloat16) return hn::ShiftLeft<16>(half);
  const hn::RebindToFloat<Words> df;
  const hn::RebindToSigned<Words> di;
  const auto sign = hn::ShiftLeft<16>(hn::And(half, hn::Set(d, 0x8000)));
  const auto magnitude = hn::And(half, hn::Set(d, 0x7FFF));
  // Exponents 0 and 31, subnormal and infinite or NaN, are not those of a float moved by 112.
  const auto moved = hn::Add(hn::ShiftLeft<13>(magnitude), hn::Set(d, 112u << 23));
  const auto beyond = hn::Add(moved, hn::Set(d, 112u << 23));
  const auto number = hn::ConvertTo(df, hn::BitCast(di, magnitude));
  const auto tiny = hn::BitCast(d, hn::Mul(number, hn::Set(df, 0x1p-24f)));
  auto bits = hn::IfThenElse(hn::Gt(magnitude, hn::Set(d, 0x7BFF)), beyond, moved);
  bits = hn::IfThenElse(hn::Lt(magnitude, hn::Set(d, 0x0400)), tiny, bits);
  return hn::Or(sign, bits);
}

HWY_INLINE Word FromBits(DType to, Word word) {
  const Words d;
  const auto magnitude = hn::And(word, hn::Set(d, 0x7FFFFFFF));
  const auto nan = hn::Gt(magnitude, hn::Set(d, 0x7F800000));
  const auto one = hn::Set(d, 1);
  if (to == DType::kBFloat16) {
    const auto even = hn::And(hn::ShiftRight<16>(word), one);
    const auto rounded = hn::ShiftRight<16>(hn::Add(hn::Add(word, hn::Set(d, 0x7FFF)), even));
    const auto quiet = hn::Or(hn::ShiftRight<16>(word), hn::Set(d, 0x0040));
    return hn::IfThenElse(nan, quiet, rounded);
  }
  const hn::RebindToFloat<Words> df;
  const auto sign = hn::And(hn::ShiftRight<16>(word), hn::Set(d, 0x8000));
  const auto even = hn::And(hn::ShiftRight<13>(magnitude), one);
  const auto biased = hn::Sub(magnitude, hn::Set(d, 0x38000000 - 0xFFF));
  auto bits = hn::ShiftRight<13>(hn::Add(biased, even));
  // Subnormal: adding 0.5 lets the adder round at the last place of binary16.
  const auto shifted = hn::Add(hn::BitCast(df, magnitude), hn::Set(df, 0.5f));
  const auto tiny = hn::Sub(hn::BitCast(d, shifted), hn::Set(d, 0x3F000000));
  bits = hn::IfThenElse(hn::Lt(magnitude, hn::Set(d, 0x38800000)), tiny, bits);
  // From 65520 on, infinity.
  bits = hn::IfThenElse(hn::Gt(magnitude, hn::Set(d, 0x477FEFFF)), hn::Set(d, 0x7C00), bits);
  bits = hn::IfThenElse(nan, hn::Set(d, 0x7E00), bits);
  return hn::Or(sign, bits);
}

/// to[i] = convert(from[i]), `convert` from a vector of From to as many of To.
template <typename From, typename To, typename Convert>
void ConvertAll(const ConvertArgs& args, Convert convert) {
  using Wider = std::conditional_t<(sizeof(From) > sizeof(To)), From, To>;
  const hn::ScalableTag<Wider> wider;
  const hn::Rebind<From, decltype(wider)> d_from;
  const hn::Rebind<To, decltype(wider)> d_to;
  const Storing<To> storing(args.count);
  ParallelFor(args.count, kElementGrain, [&](int64_t begin, int64_t end) {
    const From* from = static_cast<const From*>(args.from) + begin;
    storing.Store(
        d_to, end - begin, static_cast<To*>(args.to) + begin,
        [&](int64_t i) { return convert(hn::LoadU(d_from, from + i)); },
        [&](int64_t i, int64_t rest) {
          return convert(LoadPartial(d_from, from + i, rest, From(0)));
        });
    storing.Finish();
  });
}

void Convert(const ConvertArgs& args) {
  if (args.to_dtype == DType::kFloat64) {
    const hn::ScalableTag<double> d;
    return ConvertAll<float, double>(args, [&](auto v) { return hn::PromoteTo(d, v); });
  }
  const Words words;
  if (args.to_dtype == DType::kFloat32) {
    return ConvertAll<uint16_t, uint32_t>(
        args, [&](auto v) { return ToBits(args.from_dtype, hn::PromoteTo(words, v)); });
  }
  const hn::Rebind<uint16_t, Words> halves;
  const hn::RebindToSigned<Words> signed_words;
  ConvertAll<uint32_t, uint16_t>(args, [&](auto v) {
    return hn::DemoteTo(halves, hn::BitCast(signed_words, FromBits(args.to_dtype, v)));
  });
}
// #endregion convert

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(CopyElements);
HWY_EXPORT(Convert);
void CopyElements(const CopyArgs& args) { HWY_DYNAMIC_DISPATCH(CopyElements)(args); }
void Convert(const ConvertArgs& args) { HWY_DYNAMIC_DISPATCH(Convert)(args); }

}  // namespace prova::simd
#endif
