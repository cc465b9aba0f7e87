#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "base/philox.h"
#include "tensor/tensor.h"

namespace prova {

/// What kind of tensor a creation function makes.
struct TensorOptions {
  DType dtype = DType::kFloat32;
  Device device = default_device();
};

/// Numbers in nested braces: `tensor({{1, 2}, {3, 4}})`.
class NestedList {
 public:
  template <typename T>
  requires std::is_arithmetic_v<T> NestedList(T value)
      : dtype_(std::is_same_v<T, bool>       ? DType::kBool
               : std::is_floating_point_v<T> ? DType::kFloat32
                                             : DType::kInt64),
        number_(static_cast<double>(value)),
        integer_(static_cast<int64_t>(value)) {}
  NestedList(std::initializer_list<NestedList> items) : items_(items), is_list_(true) {}

 private:
  friend Tensor tensor(const NestedList& values, std::optional<DType> dtype);
  /// The dtype that holds every number in here; float32 when there is none.
  DType InferDType() const;
  template <typename T>
  T* Write(T* out) const;

  DType dtype_ = DType::kFloat32;
  double number_ = 0;
  int64_t integer_ = 0;
  std::vector<NestedList> items_;
  bool is_list_ = false;
};

/// A tensor of the given numbers: bool, int64 or float32 by their C++ types unless `dtype` says.
/// Errors: kShape where the braces are ragged.
Tensor tensor(const NestedList& values, std::optional<DType> dtype = {});

/// A copy of `values` in row-major order, 1-D unless `shape` says.
/// Errors: kShape unless the sizes agree.
template <typename T>
Tensor from_span(std::span<const T> values, const Shape& shape);
template <typename T>
Tensor from_vector(const std::vector<T>& values, const Shape& shape) {
  return from_span(std::span<const T>(values), shape);
}

/// Uninitialized memory of a shape. Errors for all of these: kShape, kMemory, kDevice.
Tensor empty(const Shape& shape, const TensorOptions& options = {});
Tensor zeros(const Shape& shape, const TensorOptions& options = {});
Tensor ones(const Shape& shape, const TensorOptions& options = {});
Tensor full(const Shape& shape, double value, const TensorOptions& options = {});
Tensor empty_like(const Tensor& x);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);

/// 0, 1, …, n-1.
Tensor arange(int64_t n, const TensorOptions& options = {.dtype = DType::kInt64});

/// A square matrix with ones on its diagonal.
Tensor eye(int64_t n, const TensorOptions& options = {});

/// Random numbers are made on the processor whatever their device, so that one seed gives the same
/// bits everywhere.

/// Uniform in [0, 1), element i from word i of the generator's blocks (double: words 2i, 2i+1): as
/// many of its upper bits as the dtype holds exactly. Errors: kDType unless floating.
Tensor rand(const Shape& shape, Rng& rng, const TensorOptions& options = {});

/// Standard normal by the Box-Muller transform. Errors: kDType unless floating.
Tensor randn(const Shape& shape, Rng& rng, const TensorOptions& options = {});

/// Uniform integers in [low, high). Errors: kValue unless low < high; kDType for floating or bool.
Tensor randint(int64_t low, int64_t high, const Shape& shape, Rng& rng,
               const TensorOptions& options = {.dtype = DType::kInt64});

/// The numbers 0..n-1 in random order, int64 (Fisher-Yates).
Tensor randperm(int64_t n, Rng& rng);

}  // namespace prova
