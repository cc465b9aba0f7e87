#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"
#include "tensor/storage.h"

namespace prova {

/// What another room attaches to a tensor; autograd hangs its tape here.
struct TensorAttachment {
  virtual ~TensorAttachment() = default;
};

/// An n-dimensional array: a cheap handle over shared storage, row-major, with any strides.
///
/// Copying a handle shares the value; values never change under a user's hands (only optimizers
/// and `assign` write). Operations are free functions. A default-made handle is undefined.
class Tensor {
 public:
  Tensor() = default;
  /// A new tensor over `storage`; the caller promises that geometry and storage agree.
  Tensor(std::shared_ptr<Storage> storage, DType dtype, const Shape& shape, const Strides& strides,
         int64_t offset);
  /// A new tensor whose elements lie in row-major order from the start of `storage`.
  Tensor(std::shared_ptr<Storage> storage, DType dtype, const Shape& shape);

  bool defined() const { return impl_ != nullptr; }
  DType dtype() const { return impl().dtype; }
  const Shape& shape() const { return impl().shape; }
  const Strides& strides() const { return impl().strides; }
  int rank() const { return shape().rank(); }
  int64_t numel() const { return impl().numel; }
  Device device() const { return impl().storage->device(); }
  /// The size of one axis, counted from the back if negative. Errors: kIndex.
  int64_t size(int64_t axis) const;
  /// Whether the elements lie in row-major order without gaps.
  bool is_contiguous() const { return impl().is_contiguous; }

  /// The first element, in the memory of `device()`; step through others by `strides()`.
  /// Errors: kDType unless T is the dtype.
  template <typename T>
  const T* data() const {
    RequireType(kDTypeOf<T>);
    return static_cast<const T*>(raw_data());
  }
  /// As `data`, for those who make or overwrite a value; counts as a write.
  template <typename T>
  T* mutable_data() const {
    RequireType(kDTypeOf<T>);
    return static_cast<T*>(raw_mutable_data());
  }
  const void* raw_data() const {
    const Impl& self = impl();
    return static_cast<const char*>(self.storage->data()) + self.offset * ItemSize(self.dtype);
  }
  void* raw_mutable_data() const {
    impl().storage->CountWrite();
    return const_cast<void*>(raw_data());
  }

  /// The value of a tensor of one element, converted. Errors: kShape for any other size.
  template <typename T = double>
  T item() const;
  /// All elements in row-major order, converted.
  template <typename T>
  std::vector<T> to_vector() const;

  const std::shared_ptr<Storage>& storage() const { return impl().storage; }
  int64_t offset() const { return impl().offset; }

  /// The same value and geometry in a new handle that carries no attachment.
  Tensor Alias() const;
  const std::shared_ptr<TensorAttachment>& attachment() const { return impl().attachment; }
  void Attach(std::shared_ptr<TensorAttachment> attachment) const;

  /// A reference that does not keep the tensor alive.
  class Weak;

 private:
  struct Impl {
    Impl(std::shared_ptr<Storage> storage, DType dtype, const Shape& shape, const Strides& strides,
         int64_t offset);
    Impl(std::shared_ptr<Storage> storage, DType dtype, const Shape& shape);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    std::shared_ptr<Storage> storage;
    std::shared_ptr<TensorAttachment> attachment;
    Shape shape;
    Strides strides;
    int64_t numel;
    int64_t offset;
    DType dtype;
    bool is_contiguous;
  };

  Impl& impl() const {
    if (impl_ == nullptr) FailUndefined();
    return *impl_;
  }
  [[noreturn]] static void FailUndefined();
  void RequireType(DType wanted) const;

  std::shared_ptr<Impl> impl_;
};

class Tensor::Weak {
 public:
  Weak() = default;
  explicit Weak(const Tensor& tensor) : impl_(tensor.impl_) {}
  /// The tensor, or an undefined handle when it is gone.
  Tensor Lock() const {
    Tensor tensor;
    tensor.impl_ = impl_.lock();
    return tensor;
  }

 private:
  std::weak_ptr<Impl> impl_;
};

/// Tensors alive in this process; a program that does not leak returns to its start.
int64_t LiveTensorCount();

/// Prints values aligned in nested brackets, long axes cut to their ends, then dtype and shape
/// where they are not plain from the values.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);
std::string ToString(const Tensor& tensor);

/// Copies `source` (broadcast and converted) into the storage of `target`: the one way for a user
/// to overwrite a value. Errors: kShape unless `source` broadcasts to the shape of `target`,
/// kValue where elements of `target` overlap.
void assign(const Tensor& target, const Tensor& source);

}  // namespace prova
