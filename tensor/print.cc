#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <vector>

#include "base/text.h"
#include "tensor/strided.h"
#include "tensor/tensor.h"

namespace prova {
namespace {

constexpr int64_t kSummarizeAbove = 1000;  // elements
constexpr int64_t kEdgeItems = 3;          // kept at each end of a shortened axis
constexpr size_t kLineWidth = 88;

/// Formats elements so that columns align: one number of digits, one width.
class Printer {
 public:
  Printer(std::ostream& out, const Tensor& x)
      : out_(out), x_(x), shorten_(x.numel() > kSummarizeAbove) {
    Collect(0, 0);
    ChooseFormat();
    for (double value : shown_) width_ = std::max(width_, Text(value).size());
  }

  void Print() {
    Print(0, 0, 1);
  }

 private:
  bool Shortened(int axis) const { return shorten_ && x_.shape()[axis] > 2 * kEdgeItems; }

  double Value(int64_t offset) const {
    return VisitDType(x_.dtype(), [&](auto tag) {
      return ConvertElement<double>(x_.data<typename decltype(tag)::type>()[offset]);
    });
  }

  void Collect(int axis, int64_t offset) {
    if (x_.numel() == 0) return;
    if (axis == x_.rank()) {
      shown_.push_back(Value(offset));
      return;
    }
    ForEachShown(axis, [&](int64_t i) { Collect(axis + 1, offset + i * x_.strides()[axis]); });
  }

  template <typename Visit>
  void ForEachShown(int axis, Visit visit) const {
    const int64_t size = x_.shape()[axis];
    for (int64_t i = 0; i < size; ++i) {
      if (Shortened(axis) && i == kEdgeItems) i = size - kEdgeItems;
      visit(i);
    }
  }

  void ChooseFormat() {
    if (!IsFloating(x_.dtype())) return;
    double largest = 0, smallest = INFINITY;
    bool whole = true;
    for (double value : shown_) {
      if (!std::isfinite(value)) continue;
      whole = whole && value == std::trunc(value);
      if (value == 0) continue;
      largest = std::max(largest, std::abs(value));
      smallest = std::min(smallest, std::abs(value));
    }
    if (largest >= 1e8 || (largest > 0 && smallest < 1e-4 && !whole)) {
      format_ = "%.4e";
    } else {
      format_ = whole ? "%.0f." : "%.4f";
    }
  }

  std::string Text(double value) const {
    if (x_.dtype() == DType::kBool) return value != 0 ? "true" : "false";
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    char text[64];
    std::snprintf(text, sizeof(text), IsFloating(x_.dtype()) ? format_ : "%.0f", value);
    return text;
  }

  std::string Padded(double value) const {
    const std::string text = Text(value);
    return std::string(width_ - text.size(), ' ') + text;
  }

  void Print(int axis, int64_t offset, size_t indent) {
    if (x_.rank() == 0) {
      out_ << Text(Value(0));
      return;
    }
    const bool innermost = axis == x_.rank() - 1;
    const std::string margin(indent, ' ');
    out_ << '[';
    size_t column = indent;
    int64_t previous = -1;
    ForEachShown(axis, [&](int64_t i) {
      const bool gap = i != previous + 1;
      if (innermost) {
        if (previous >= 0) out_ << ", ";
        if (gap) out_ << "..., ";
        if (previous >= 0 && column + width_ + 2 > kLineWidth) {
          out_ << '\n' << margin;
          column = indent;
        }
        out_ << Padded(Value(offset + i * x_.strides()[axis]));
        column += width_ + 2;
      } else {
        const std::string lines(x_.rank() - 1 - axis, '\n');
        if (previous >= 0) out_ << ',' << lines << margin;
        if (gap) out_ << "...," << lines << margin;
        Print(axis + 1, offset + i * x_.strides()[axis], indent + 1);
      }
      previous = i;
    });
    out_ << ']';
  }

  std::ostream& out_;
  const Tensor& x_;
  const bool shorten_;
  std::vector<double> shown_;
  const char* format_ = "%.0f";
  size_t width_ = 0;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  if (!tensor.defined()) return out << "undefined tensor";
  Printer(out, tensor).Print();
  const DType dtype = tensor.dtype();
  const bool plain =
      dtype == DType::kFloat32 || dtype == DType::kInt64 || dtype == DType::kBool;
  std::string note;
  if (tensor.numel() == 0 || tensor.numel() > kSummarizeAbove) note = Cat("shape ", tensor.shape());
  if (!plain || tensor.numel() == 0) note = Cat(ToString(dtype), note.empty() ? "" : ", ", note);
  return note.empty() ? out : out << "  (" << note << ')';
}

std::string ToString(const Tensor& tensor) { return Cat(tensor); }

}  // namespace prova
