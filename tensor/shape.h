#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace prova {

/// The largest rank of a tensor: room for the Hessian of a convolution's weight.
inline constexpr int kMaxRank = 8;

/// Up to `kMaxRank` integers, stored in place: a shape, strides, or a list of axes.
class Dims {
 public:
  Dims() : values_{} {}
  /// Rank 0 as well, but what lies behind is not cleared: cheaper, where many are made at once.
  struct Unfilled {};
  explicit Dims(Unfilled) {}
  // Number by number: what was just written in parts cannot yet be read in wider ones.
  Dims(const Dims& other) : values_{} { *this = other; }
  Dims& operator=(const Dims& other) {
    rank_ = other.rank_;
    for (int i = 0; i < rank_; ++i) values_[i] = other.values_[i];
    return *this;
  }
  Dims(std::initializer_list<int64_t> values)
      : Dims(std::span<const int64_t>(values.begin(), values.size())) {}
  Dims(const std::vector<int64_t>& values) : Dims(std::span<const int64_t>(values)) {}
  /// Errors: kShape for more than `kMaxRank` values.
  explicit Dims(std::span<const int64_t> values)
      : values_{}, rank_(static_cast<int>(values.size())) {
    if (values.size() > kMaxRank) TooManyAxes(static_cast<int64_t>(values.size()));
    for (int i = 0; i < rank_; ++i) values_[i] = values[i];
  }
  /// `rank` times `value`.
  static Dims Filled(int rank, int64_t value);

  int rank() const { return rank_; }
  bool empty() const { return rank_ == 0; }
  int64_t& operator[](int i) { return values_[i]; }
  int64_t operator[](int i) const { return values_[i]; }
  int64_t* begin() { return values_.data(); }
  int64_t* end() { return values_.data() + rank_; }
  const int64_t* begin() const { return values_.data(); }
  const int64_t* end() const { return values_.data() + rank_; }
  int64_t& back() { return values_[rank_ - 1]; }
  int64_t back() const { return values_[rank_ - 1]; }

  /// Errors: kShape beyond `kMaxRank`.
  void push_back(int64_t value) {
    if (rank_ == kMaxRank) TooManyAxes(rank_ + 1);
    values_[rank_++] = value;
  }
  void insert(int position, int64_t value);  ///< Errors: kShape beyond `kMaxRank`.
  void erase(int position);

  bool operator==(const Dims& other) const {
    bool equal = rank_ == other.rank_;
    for (int i = 0; equal && i < rank_; ++i) equal = values_[i] == other.values_[i];
    return equal;
  }

 private:
  [[noreturn]] static void TooManyAxes(int64_t rank);

  std::array<int64_t, kMaxRank> values_;
  int rank_ = 0;
};

/// The sizes of a tensor's axes; empty for a 0-d tensor.
using Shape = Dims;
/// Steps between neighbours along each axis, in elements; negative and zero steps are allowed.
using Strides = Dims;

/// `[2, 3]`.
std::string ToString(const Dims& dims);
std::ostream& operator<<(std::ostream& out, const Dims& dims);

/// The number of elements. Errors: kShape for a negative size or a product beyond int64.
int64_t NumElements(const Shape& shape);

/// Row-major strides of a contiguous tensor; all 1 where the tensor has no elements. They mean
/// nothing for a shape that `NumElements` refuses.
Strides ContiguousStrides(const Shape& shape);

/// The shape that NumPy's rules give two operands. Errors: kShape, naming the axis that differs.
Shape BroadcastShapes(const Shape& a, const Shape& b, const char* where = "broadcast");

/// `axis` counted from the front. Errors: kIndex unless -rank <= axis < rank; the text names
/// `where` and the shape.
int NormalizeAxis(int64_t axis, const Shape& shape, const char* where);

/// Sorted axes counted from the front; none given means all. Errors: kIndex as above, kValue for
/// an axis named twice.
Dims NormalizeAxes(const Dims& axes, const Shape& shape, const char* where);

}  // namespace prova
