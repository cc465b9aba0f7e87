#include "tensor/strided.h"

#include <algorithm>
#include <vector>

#include "base/parallel_for.h"
#include "cuda/runtime.h"
#include "tensor/accumulate_kernels.h"
#include "tensor/copy_kernels.h"
#include "tensor/create.h"

namespace prova {
namespace {

bool IsOneRun(const JointGeometry& geometry) {
  return geometry.shape.rank() == 1 && geometry.strides[0][0] == 1 && geometry.strides[1][0] == 1;
}

/// target[...] = combine(target[...], source[...]), element by element.
template <typename T, typename From, typename Combine>
void CombineTyped(const JointGeometry& geometry, const From* source, T* target, Combine combine) {
  const int64_t source_step = geometry.strides[0].back();
  const int64_t target_step = geometry.strides[1].back();
  ParallelFor(NumElements(geometry.shape), kElementGrain, [&](int64_t begin, int64_t end) {
    ForEachRun(geometry, begin, end, [&](const int64_t* offsets, int64_t length) {
      const From* from = source + offsets[0];
      T* to = target + offsets[1];
      for (int64_t i = 0; i < length; ++i) {
        combine(to[i * target_step], from[i * source_step]);
      }
    });
  });
}

/// How many pieces of the first axis receive sums of their own: enough to share among threads,
/// never so many that the sums are as long as what is summed. From sizes alone.
int64_t AccumulatePieces(int64_t length, int64_t count, int64_t sums) {
  constexpr int64_t kMostPieces = 64;
  return std::max<int64_t>(
      1, std::min({kMostPieces, length, count / kElementGrain, count / (4 * sums)}));
}

/// What `target` receives in each place of its own: shape `kept`, whose summed axes have size 1.
std::vector<double> SumsOfPlaces(const Tensor& source, const Shape& kept) {
  const Tensor terms = Cast(source, ComputeType(source.dtype()));
  Strides strides = ContiguousStrides(kept);
  for (int i = 0; i < kept.rank(); ++i) {
    if (kept[i] < terms.shape()[i]) strides[i] = 0;
  }
  const JointGeometry geometry = Collapse(terms.shape(), {&terms.strides(), &strides});
  const int64_t size = NumElements(kept);
  const bool split = geometry.strides[1][0] == 0;
  const int64_t pieces = AccumulatePieces(geometry.shape[0], terms.numel(), split ? size : 1);
  std::vector<double> sums(static_cast<size_t>(size * (split ? pieces : 1)));
  simd::Accumulate({terms.dtype(), terms.raw_data(), sums.data(), geometry, pieces, size});
  for (int64_t piece = 1; split && piece < pieces; ++piece) {
    for (int64_t i = 0; i < size; ++i) sums[i] += sums[piece * size + i];
  }
  return sums;
}

/// The shape of what receives sums of its own: `target` with its repeated axes of size 1.
Shape KeptShape(const Tensor& target) {
  Shape kept = target.shape();
  for (int i = 0; i < target.rank(); ++i) {
    if (target.strides()[i] == 0) kept[i] = 1;
  }
  return kept;
}

template <typename T>
void AccumulateTyped(const Tensor& source, const Tensor& target) {
  const Shape kept = KeptShape(target);
  const auto add = [](T& place, auto term) {
    place = ConvertElement<T>(static_cast<double>(place) + static_cast<double>(term));
  };
  const T* from = source.data<T>();
  if (kept == target.shape()) {
    const JointGeometry all = Collapse(kept, {&source.strides(), &target.strides()});
    return CombineTyped(all, from, target.mutable_data<T>(), add);
  }
  const std::vector<double> sums = SumsOfPlaces(source, kept);
  const Strides places = ContiguousStrides(kept);
  const JointGeometry all = Collapse(kept, {&places, &target.strides()});
  CombineTyped(all, sums.data(), target.mutable_data<T>(), add);
}

bool IsOnGpu(const Tensor& x) { return x.device().kind == DeviceKind::kCuda; }

/// Between devices only whole blocks of bytes move: both sides are made contiguous first.
void CopyAcross(const Tensor& source, const Tensor& target) {
  const Tensor from = Cast(Contiguous(source), target.dtype());
  const Tensor to = target.is_contiguous() ? target : empty_like(target);
  const int64_t bytes = to.numel() * ItemSize(to.dtype());
  const Device device = IsOnGpu(to) ? to.device() : from.device();
  // The copy is in the order of the target's work; the source's must be done.
  if (IsOnGpu(from) && IsOnGpu(to)) cuda::synchronize(from.device().index);
  cuda::CopyBytes(device.index, to.raw_mutable_data(), from.raw_data(), static_cast<size_t>(bytes));
  if (!target.is_contiguous()) CopyElements(to, target);
}

void CopyOnGpu(const Tensor& source, const Tensor& target, const JointGeometry& geometry) {
  cuda::Enter("copy", target.device().index);
  const DType from = source.dtype(), to = target.dtype();
  if (from == to) {
    return cuda::CopyElements(
        {ItemSize(to), source.raw_data(), target.raw_mutable_data(), source.numel(), geometry});
  }
  cuda::Convert({from, source.raw_data(), to, target.raw_mutable_data(), source.numel(), geometry});
}

/// Terms that one thread of the GPU should at least sum, where there are many for a place.
constexpr int64_t kTermsOfAPiece = 1024;
/// Pieces of all places together that keep a GPU busy.
constexpr int64_t kMostPartials = 1 << 16;

void AccumulateOnGpu(const Tensor& source, const Tensor& target) {
  const Shape kept = KeptShape(target);
  // Axes of `kept` lead from place to place, the others from term to term.
  Shape summed = source.shape();
  for (int i = 0; i < kept.rank(); ++i) {
    if (kept[i] == source.shape()[i]) summed[i] = 1;
  }
  const JointGeometry places = Collapse(kept, {&target.strides(), &source.strides()});
  const JointGeometry terms = Collapse(summed, {&source.strides()});
  const int64_t place_count = NumElements(kept), term_count = NumElements(summed);
  const int64_t pieces = std::clamp<int64_t>(
      std::min(term_count / kTermsOfAPiece, kMostPartials / place_count), 1, 4096);
  const Tensor partials =
      empty({pieces, place_count}, {.dtype = DType::kFloat64, .device = target.device()});
  // Refuses a source of another dtype.
  const void* from = VisitDType(target.dtype(), [&](auto tag) -> const void* {
    return source.data<typename decltype(tag)::type>();
  });
  cuda::Enter("accumulate", target.device().index);
  cuda::AccumulateInto({target.dtype(), from, target.raw_mutable_data(), places, place_count, terms,
                        term_count, partials.mutable_data<double>(), pieces});
}

}  // namespace

JointGeometry Collapse(const Shape& shape, std::initializer_list<const Strides*> strides) {
  JointGeometry result;
  result.operands = static_cast<int>(strides.size());
  if (NumElements(shape) == 0) {
    result.shape = {0};
    std::fill_n(result.strides, result.operands, Strides{1});
    return result;
  }
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 1) continue;
    const int last = result.shape.rank() - 1;
    bool joins = last >= 0;
    int k = 0;
    for (const Strides* operand : strides) {
      joins = joins && result.strides[k++][last] == (*operand)[axis] * shape[axis];
    }
    k = 0;
    for (const Strides* operand : strides) {
      if (joins) {
        result.strides[k++].back() = (*operand)[axis];
      } else {
        result.strides[k++].push_back((*operand)[axis]);
      }
    }
    if (joins) {
      result.shape.back() *= shape[axis];
    } else {
      result.shape.push_back(shape[axis]);
    }
  }
  if (result.shape.empty()) {
    result.shape = {1};
    std::fill_n(result.strides, result.operands, Strides{1});
  }
  return result;
}

void CopyElements(const Tensor& source, const Tensor& target) {
  const int64_t count = source.numel();
  if (count == 0) return;
  if (source.device() != target.device()) return CopyAcross(source, target);
  const JointGeometry geometry = Collapse(source.shape(), {&source.strides(), &target.strides()});
  if (IsOnGpu(target)) return CopyOnGpu(source, target, geometry);
  const DType from = source.dtype(), to = target.dtype();
  if (from == to) {
    return simd::CopyElements(
        {ItemSize(to), source.raw_data(), target.raw_mutable_data(), count, geometry});
  }
  if (HasConvertKernel(from, to) && IsOneRun(geometry)) {
    return simd::Convert({from, source.raw_data(), to, target.raw_mutable_data(), count});
  }
  VisitDType(source.dtype(), [&](auto from_tag) {
    using From = typename decltype(from_tag)::type;
    VisitDType(target.dtype(), [&](auto to_tag) {
      using To = typename decltype(to_tag)::type;
      CombineTyped(geometry, source.data<From>(), target.mutable_data<To>(),
                   [](To& to, From from) { to = ConvertElement<To>(from); });
    });
  });
}

Tensor To(const Tensor& x, const Device& device) {
  if (x.device() == device) return x;
  const Tensor copy = empty(x.shape(), {.dtype = x.dtype(), .device = device});
  CopyElements(x, copy);
  return copy;
}

Tensor Copy(const Tensor& x) {
  Tensor copy = empty_like(x);
  CopyElements(x, copy);
  return copy;
}

Tensor Contiguous(const Tensor& x) { return x.is_contiguous() ? x : Copy(x); }

Tensor Cast(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor copy = empty(x.shape(), {.dtype = dtype, .device = x.device()});
  CopyElements(x, copy);
  return copy;
}

void AccumulateElements(const Tensor& source, const Tensor& target) {
  if (!IsFloating(target.dtype())) {
    Fail(ErrorCode::kDType,
         {.where = "accumulate", .given = ToString(target.dtype()), .need = "a floating dtype"});
  }
  if (source.numel() == 0) return;
  if (IsOnGpu(target)) return AccumulateOnGpu(source, target);
  VisitDType(target.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (IsFloating(kDTypeOf<T>)) AccumulateTyped<T>(source, target);
  });
}

}  // namespace prova
