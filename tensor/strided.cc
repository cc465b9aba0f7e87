#include "tensor/strided.h"

#include "base/parallel_for.h"
#include "tensor/copy_kernels.h"
#include "tensor/create.h"

namespace prova {
namespace {

template <typename From, typename To>
void ConvertTyped(const JointGeometry& geometry, int64_t count, const From* source, To* target) {
  const int64_t source_step = geometry.strides[0].back();
  const int64_t target_step = geometry.strides[1].back();
  ParallelFor(count, kElementGrain, [&](int64_t begin, int64_t end) {
    ForEachRun(geometry, begin, end, [&](const int64_t* offsets, int64_t length) {
      const From* from = source + offsets[0];
      To* to = target + offsets[1];
      for (int64_t i = 0; i < length; ++i) {
        to[i * target_step] = ConvertElement<To>(from[i * source_step]);
      }
    });
  });
}

bool IsOneRun(const JointGeometry& geometry) {
  return geometry.shape.rank() == 1 && geometry.strides[0][0] == 1 && geometry.strides[1][0] == 1;
}

/// Adds the elements of `source` that share the place `target + place` along the summed axes.
template <typename T>
void AccumulateTyped(const Tensor& source, const Tensor& target) {
  Shape kept_shape, summed_shape;
  Strides kept_source, kept_target, summed_source;
  for (int i = 0; i < target.rank(); ++i) {
    const bool shares = target.strides()[i] == 0 && target.shape()[i] > 1;
    (shares ? summed_shape : kept_shape).push_back(target.shape()[i]);
    (shares ? summed_source : kept_source).push_back(source.strides()[i]);
    if (!shares) kept_target.push_back(target.strides()[i]);
  }
  const JointGeometry places = Collapse(kept_shape, {&kept_source, &kept_target});
  const JointGeometry terms = Collapse(summed_shape, {&summed_source});
  const T* from = source.data<T>();
  T* to = target.mutable_data<T>();
  const int64_t source_step = places.strides[0].back();
  const int64_t target_step = places.strides[1].back();
  const int64_t term_count = NumElements(summed_shape);
  const int64_t term_step = terms.strides[0].back();
  const int64_t grain = ElementGrain(term_count);
  ParallelFor(NumElements(kept_shape), grain, [&](int64_t begin, int64_t end) {
    ForEachRun(places, begin, end, [&](const int64_t* offsets, int64_t length) {
      for (int64_t i = 0; i < length; ++i) {
        const T* first = from + offsets[0] + i * source_step;
        T& place = to[offsets[1] + i * target_step];
        double total = static_cast<double>(place);
        ForEachRun(terms, 0, term_count, [&](const int64_t* term, int64_t count) {
          for (int64_t j = 0; j < count; ++j) {
            total += static_cast<double>(first[term[0] + j * term_step]);
          }
        });
        place = ConvertElement<T>(total);
      }
    });
  });
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

JointGeometry ContiguousGeometry(int64_t n, int operands) {
  JointGeometry result;
  result.shape = {n};
  result.operands = operands;
  std::fill_n(result.strides, operands, Strides{1});
  return result;
}

void CopyElements(const Tensor& source, const Tensor& target) {
  const int64_t count = source.numel();
  if (count == 0) return;
  const JointGeometry geometry = Collapse(source.shape(), {&source.strides(), &target.strides()});
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
      ConvertTyped(geometry, count, source.data<From>(), target.mutable_data<To>());
    });
  });
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
  VisitDType(target.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (IsFloating(kDTypeOf<T>)) AccumulateTyped<T>(source, target);
  });
}

}  // namespace prova
