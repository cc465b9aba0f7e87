#include "tensor/tensor.h"

#include <atomic>
#include <utility>

#include "base/block_pool.h"
#include "base/text.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {
namespace {

std::atomic<int64_t> live_tensors{0};

/// Whether the elements lie in row-major order without gaps.
bool IsContiguous(const Shape& shape, const Strides& strides, int64_t numel) {
  if (numel == 0) return true;
  int64_t expected = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] == 1) continue;
    if (strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

}  // namespace

Tensor::Impl::Impl(std::shared_ptr<Storage> storage, DType dtype, const Shape& shape,
                   const Strides& strides, int64_t offset)
    : storage(std::move(storage)),
      shape(shape),
      strides(strides),
      numel(NumElements(shape)),
      offset(offset),
      dtype(dtype),
      is_contiguous(IsContiguous(shape, strides, numel)) {
  ++live_tensors;
}

Tensor::Impl::Impl(std::shared_ptr<Storage> storage, DType dtype, const Shape& shape)
    : storage(std::move(storage)),
      shape(shape),
      strides(ContiguousStrides(shape)),
      numel(NumElements(shape)),
      offset(0),
      dtype(dtype),
      is_contiguous(true) {
  ++live_tensors;
}

Tensor::Impl::~Impl() { --live_tensors; }

Tensor::Tensor(std::shared_ptr<Storage> storage, DType dtype, const Shape& shape,
               const Strides& strides, int64_t offset)
    : impl_(MakePooled<Impl>(std::move(storage), dtype, shape, strides, offset)) {}

Tensor::Tensor(std::shared_ptr<Storage> storage, DType dtype, const Shape& shape)
    : impl_(MakePooled<Impl>(std::move(storage), dtype, shape)) {}

int64_t Tensor::size(int64_t axis) const { return shape()[NormalizeAxis(axis, shape(), "size")]; }

template <typename T>
T Tensor::item() const {
  if (numel() != 1) {
    Fail(ErrorCode::kShape, {.where = "item",
                             .given = Cat("a tensor of shape ", shape()),
                             .need = "exactly one element"});
  }
  const Tensor here = To(*this, kCpu);
  return VisitDType(dtype(), [&](auto tag) {
    return ConvertElement<T>(*here.data<typename decltype(tag)::type>());
  });
}

template <typename T>
std::vector<T> Tensor::to_vector() const {
  std::vector<T> values;
  values.reserve(numel());
  const Tensor here = To(*this, kCpu);
  VisitDType(dtype(), [&](auto tag) {
    const auto* first = here.data<typename decltype(tag)::type>();
    ForEachOffset(shape(), here.strides(),
                  [&](int64_t offset) { values.push_back(ConvertElement<T>(first[offset])); });
  });
  return values;
}

Tensor Tensor::Alias() const {
  const Impl& self = impl();
  return Tensor(self.storage, self.dtype, self.shape, self.strides, self.offset);
}

void Tensor::Attach(std::shared_ptr<TensorAttachment> attachment) const {
  impl().attachment = std::move(attachment);
}

void Tensor::FailUndefined() {
  Fail(ErrorCode::kValue, {.where = "tensor",
                           .given = "an undefined tensor",
                           .need = "a value",
                           .hint = "make one with zeros, tensor or an operation"});
}

void Tensor::RequireType(DType wanted) const {
  if (dtype() == wanted) return;
  Fail(ErrorCode::kDType, {.where = "data",
                           .given = Cat("a tensor of ", dtype()),
                           .need = ToString(wanted),
                           .hint = "convert with cast(x, DType) first"});
}

int64_t LiveTensorCount() { return live_tensors; }

void assign(const Tensor& target, const Tensor& source) {
  const Tensor values = view::Expand(source, target.shape(), "assign");
  for (int i = 0; i < target.rank(); ++i) {
    if (target.strides()[i] == 0 && target.shape()[i] > 1) {
      Fail(ErrorCode::kValue, {.where = "assign",
                               .given = "a target that is an expanded view",
                               .need = "elements with places of their own"});
    }
  }
  // A source in the same storage may overlap the target in any order: copy it first.
  const bool shared = values.storage() == target.storage();
  CopyElements(shared ? Copy(values) : values, target);
}

#define PROVA_INSTANTIATE(T)          \
  template T Tensor::item<T>() const; \
  template std::vector<T> Tensor::to_vector<T>() const;
PROVA_INSTANTIATE(bool)
PROVA_INSTANTIATE(uint8_t)
PROVA_INSTANTIATE(int8_t)
PROVA_INSTANTIATE(int16_t)
PROVA_INSTANTIATE(int32_t)
PROVA_INSTANTIATE(int64_t)
PROVA_INSTANTIATE(float16)
PROVA_INSTANTIATE(bfloat16)
PROVA_INSTANTIATE(float)
PROVA_INSTANTIATE(double)
#undef PROVA_INSTANTIATE

}  // namespace prova
