#include "tensor/create.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>

#include "base/block_pool.h"
#include "base/parallel_for.h"
#include "base/text.h"
#include "cuda/runtime.h"
#include "tensor/copy_kernels.h"
#include "tensor/strided.h"

namespace prova {
namespace {

constexpr int64_t kBlockGrain = 4096;

void RequireFloating(DType dtype, const char* where) {
  if (IsFloating(dtype)) return;
  Fail(ErrorCode::kDType, {.where = where, .given = ToString(dtype), .need = "a floating dtype"});
}

/// Fills `out` from random blocks: `draw(block, values)` turns one block into up to `per_block`.
template <typename T, typename Draw>
void FillFromBlocks(const Tensor& out, Rng& rng, int per_block, Draw draw) {
  const int64_t n = out.numel();
  const int64_t blocks = (n + per_block - 1) / per_block;
  const PhiloxBlocks source = rng.Take(blocks);
  T* target = out.mutable_data<T>();
  ParallelFor(blocks, kBlockGrain, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      T values[4];
      draw(source[b], values);
      const int64_t count = std::min<int64_t>(per_block, n - b * per_block);
      std::copy_n(values, count, target + b * per_block);
    }
  });
}

/// A pair of standard normals from u1 in (0, 1] and u2 in [0, 1).
template <typename T>
void BoxMuller(T u1, T u2, T* pair) {
  const T radius = std::sqrt(T(-2) * std::log(u1));
  const T angle = T(2 * std::numbers::pi) * u2;
  pair[0] = radius * std::cos(angle);
  pair[1] = radius * std::sin(angle);
}

}  // namespace

DType NestedList::InferDType() const {
  if (!is_list_) return dtype_;
  if (items_.empty()) return DType::kFloat32;
  DType dtype = DType::kBool;
  for (const NestedList& item : items_) dtype = promote_types(dtype, item.InferDType());
  return dtype;
}

template <typename T>
T* NestedList::Write(T* out) const {
  if (!is_list_) {
    *out = IsFloating(dtype_) ? ConvertElement<T>(number_) : ConvertElement<T>(integer_);
    return out + 1;
  }
  for (const NestedList& item : items_) out = item.Write(out);
  return out;
}

Tensor tensor(const NestedList& values, std::optional<DType> dtype) {
  // The first element at each depth gives the shape; every other must agree with it.
  Shape shape;
  std::vector<const NestedList*> level = {&values};
  auto ragged = [&] {
    Fail(ErrorCode::kShape, {.where = "tensor",
                             .given = Cat("ragged braces at depth ", shape.rank()),
                             .need = "lists of equal length at every depth"});
  };
  while (!level.empty() && level.front()->is_list_) {
    const size_t size = level.front()->items_.size();
    std::vector<const NestedList*> next;
    for (const NestedList* list : level) {
      if (!list->is_list_ || list->items_.size() != size) ragged();
      for (const NestedList& item : list->items_) next.push_back(&item);
    }
    shape.push_back(static_cast<int64_t>(size));
    level = std::move(next);
  }
  for (const NestedList* item : level) {
    if (item->is_list_) ragged();
  }
  Tensor result = empty(shape, {.dtype = dtype.value_or(values.InferDType()), .device = kCpu});
  VisitDType(result.dtype(),
             [&](auto tag) { values.Write(result.mutable_data<typename decltype(tag)::type>()); });
  return To(result, default_device());
}

template <typename T>
Tensor from_span(std::span<const T> values, const Shape& shape) {
  if (NumElements(shape) != static_cast<int64_t>(values.size())) {
    Fail(ErrorCode::kShape, {.where = "from_span",
                             .given = Cat(values.size(), " values for shape ", shape),
                             .need = Cat(NumElements(shape), " values")});
  }
  Tensor result = empty(shape, {.dtype = kDTypeOf<T>, .device = kCpu});
  if (!values.empty()) std::memcpy(result.raw_mutable_data(), values.data(), values.size_bytes());
  return To(result, default_device());
}

template Tensor from_span(std::span<const bool>, const Shape&);
template Tensor from_span(std::span<const uint8_t>, const Shape&);
template Tensor from_span(std::span<const int8_t>, const Shape&);
template Tensor from_span(std::span<const int16_t>, const Shape&);
template Tensor from_span(std::span<const int32_t>, const Shape&);
template Tensor from_span(std::span<const int64_t>, const Shape&);
template Tensor from_span(std::span<const float16>, const Shape&);
template Tensor from_span(std::span<const bfloat16>, const Shape&);
template Tensor from_span(std::span<const float>, const Shape&);
template Tensor from_span(std::span<const double>, const Shape&);

Tensor empty(const Shape& shape, const TensorOptions& options) {
  int64_t bytes = 0;
  if (__builtin_mul_overflow(NumElements(shape), ItemSize(options.dtype), &bytes)) {
    Fail(ErrorCode::kMemory, {.where = "empty",
                              .given = Cat("shape ", shape, " of ", options.dtype),
                              .need = "at most 2^63 - 1 bytes"});
  }
  return Tensor(MakePooled<Storage>(bytes, options.device), options.dtype, shape);
}

Tensor full(const Shape& shape, double value, const TensorOptions& options) {
  Tensor result = empty(shape, options);
  VisitDType(options.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* out = result.mutable_data<T>();
    const T element = ConvertElement<T>(value);
    if (options.device.kind == DeviceKind::kCuda) {
      uint64_t item = 0;
      std::memcpy(&item, &element, sizeof(T));
      cuda::Enter("full", options.device.index);
      return cuda::Fill({sizeof(T), item, out, result.numel()});
    }
    ParallelFor(result.numel(), kElementGrain,
                [&](int64_t begin, int64_t end) { std::fill(out + begin, out + end, element); });
  });
  return result;
}

Tensor zeros(const Shape& shape, const TensorOptions& options) { return full(shape, 0, options); }
Tensor ones(const Shape& shape, const TensorOptions& options) { return full(shape, 1, options); }

Tensor empty_like(const Tensor& x) {
  return empty(x.shape(), {.dtype = x.dtype(), .device = x.device()});
}
Tensor zeros_like(const Tensor& x) {
  return zeros(x.shape(), {.dtype = x.dtype(), .device = x.device()});
}
Tensor ones_like(const Tensor& x) {
  return ones(x.shape(), {.dtype = x.dtype(), .device = x.device()});
}

Tensor arange(int64_t n, const TensorOptions& options) {
  Tensor result = empty({n}, {.dtype = options.dtype, .device = kCpu});
  VisitDType(options.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* out = result.mutable_data<T>();
    for (int64_t i = 0; i < n; ++i) out[i] = ConvertElement<T>(i);
  });
  return To(result, options.device);
}

Tensor eye(int64_t n, const TensorOptions& options) {
  Tensor result = zeros({n, n}, {.dtype = options.dtype, .device = kCpu});
  VisitDType(options.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* out = result.mutable_data<T>();
    for (int64_t i = 0; i < n; ++i) out[i * n + i] = ConvertElement<T>(1.0f);
  });
  return To(result, options.device);
}

Tensor rand(const Shape& shape, Rng& rng, const TensorOptions& options) {
  RequireFloating(options.dtype, "rand");
  Tensor result =
      empty(shape, {.dtype = options.dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32,
                    .device = kCpu});
  if (options.dtype == DType::kFloat64) {
    FillFromBlocks<double>(result, rng, 2, [](const PhiloxCounter& words, double* values) {
      for (int i = 0; i < 2; ++i) values[i] = UniformDouble(words[2 * i], words[2 * i + 1]);
    });
  } else {
    // More bits than the dtype has would let a number just below 1 round to 1.
    const int digits = 1 - std::ilogb(Epsilon(options.dtype));
    const uint32_t kept = ~uint32_t{0} << (32 - digits);
    FillFromBlocks<float>(result, rng, 4, [kept](const PhiloxCounter& words, float* values) {
      for (int i = 0; i < 4; ++i) values[i] = UniformFloat(words[i] & kept);
    });
  }
  return To(Cast(result, options.dtype), options.device);
}

Tensor randn(const Shape& shape, Rng& rng, const TensorOptions& options) {
  RequireFloating(options.dtype, "randn");
  Tensor result =
      empty(shape, {.dtype = options.dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32,
                    .device = kCpu});
  // 1 - u is in (0, 1], where the logarithm is finite.
  if (options.dtype == DType::kFloat64) {
    FillFromBlocks<double>(result, rng, 2, [](const PhiloxCounter& words, double* values) {
      BoxMuller(1 - UniformDouble(words[0], words[1]), UniformDouble(words[2], words[3]), values);
    });
  } else {
    FillFromBlocks<float>(result, rng, 4, [](const PhiloxCounter& words, float* values) {
      BoxMuller(1 - UniformFloat(words[0]), UniformFloat(words[1]), values);
      BoxMuller(1 - UniformFloat(words[2]), UniformFloat(words[3]), values + 2);
    });
  }
  return To(Cast(result, options.dtype), options.device);
}

Tensor randint(int64_t low, int64_t high, const Shape& shape, Rng& rng,
               const TensorOptions& options) {
  if (low >= high) {
    Fail(ErrorCode::kValue,
         {.where = "randint", .given = Cat("low ", low, " and high ", high), .need = "low < high"});
  }
  if (!IsInteger(options.dtype)) {
    Fail(ErrorCode::kDType,
         {.where = "randint", .given = ToString(options.dtype), .need = "an integer dtype"});
  }
  Tensor result = empty(shape, {.dtype = DType::kInt64, .device = kCpu});
  int64_t* out = result.mutable_data<int64_t>();
  const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  for (int64_t i = 0; i < result.numel(); ++i) {
    out[i] = static_cast<int64_t>(static_cast<uint64_t>(low) + rng.Below(range));
  }
  return To(Cast(result, options.dtype), options.device);
}

Tensor randperm(int64_t n, Rng& rng) {
  Tensor result = arange(n, {.dtype = DType::kInt64, .device = kCpu});
  int64_t* out = result.mutable_data<int64_t>();
  for (int64_t i = n - 1; i > 0; --i) {
    std::swap(out[i], out[rng.Below(static_cast<uint64_t>(i) + 1)]);
  }
  return To(result, default_device());
}

}  // namespace prova
