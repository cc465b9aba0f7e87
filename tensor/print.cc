#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <string>
#include <vector>

#include "base/text.h"
#include "tensor/strided.h"
#include "tensor/tensor.h"

namespace prova {
namespace {

constexpr int64_t kSummarizeAbove = 1000;  // elements
constexpr int64_t kEdgeItems = 3;          // kept at each end of a shortened axis
constexpr size_t kLineWidth = 88;
constexpr int kDecimals = 4;

std::string Format(const char* format, int decimals, double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char text[64];
  std::snprintf(text, sizeof(text), format, decimals, value);
  return text;
}

/// One notation and one number of decimals for all `values`: the fewest that show as much as four.
std::vector<std::string> FormatFloats(const std::vector<double>& values) {
  double largest = 0, smallest = INFINITY;
  bool whole = true;
  for (double value : values) {
    if (!std::isfinite(value) || value == 0) continue;
    whole = whole && value == std::trunc(value);
    largest = std::max(largest, std::abs(value));
    smallest = std::min(smallest, std::abs(value));
  }
  const bool scientific = largest >= 1e8 || smallest < 1e-4;
  const char* format = scientific ? "%.*e" : whole ? "%#.*f" : "%.*f";
  auto suffice = [&](int decimals) {
    return std::all_of(values.begin(), values.end(), [&](double value) {
      return !std::isfinite(value) || std::atof(Format(format, decimals, value).c_str()) ==
                                          std::atof(Format(format, kDecimals, value).c_str());
    });
  };
  int decimals = whole && !scientific ? 0 : 1;
  while (decimals < kDecimals && !suffice(decimals)) ++decimals;
  std::vector<std::string> texts;
  for (double value : values) texts.push_back(Format(format, decimals, value));
  return texts;
}

/// Writes the shown elements in nested brackets, each as wide as the widest.
class Printer {
 public:
  Printer(std::ostream& out, const Tensor& x)
      : out_(out), x_(x), shorten_(x.numel() > kSummarizeAbove) {
    VisitDType(x.dtype(), [&](auto tag) { FormatShown<typename decltype(tag)::type>(); });
    for (const std::string& text : texts_) width_ = std::max(width_, text.size());
  }

  void Print() {
    if (x_.rank() == 0) {
      out_ << texts_.front();
    } else {
      Print(0, 1);
    }
  }

 private:
  bool Shortened(int axis) const { return shorten_ && x_.shape()[axis] > 2 * kEdgeItems; }

  template <typename Visit>
  void ForEachShown(int axis, Visit visit) const {
    const int64_t size = x_.shape()[axis];
    for (int64_t i = 0; i < size; ++i) {
      if (Shortened(axis) && i == kEdgeItems) i = size - kEdgeItems;
      visit(i);
    }
  }

  template <typename Visit>
  void ForEachShownOffset(int axis, int64_t offset, Visit visit) const {
    if (axis == x_.rank()) return visit(offset);
    ForEachShown(axis, [&](int64_t i) {
      ForEachShownOffset(axis + 1, offset + i * x_.strides()[axis], visit);
    });
  }

  template <typename T>
  void FormatShown() {
    std::vector<double> numbers;
    ForEachShownOffset(0, 0, [&](int64_t offset) {
      const T value = x_.data<T>()[offset];
      if constexpr (std::is_same_v<T, bool>) {
        texts_.push_back(value ? "true" : "false");
      } else if constexpr (std::is_integral_v<T>) {
        texts_.push_back(std::to_string(value));
      } else {
        numbers.push_back(value);
      }
    });
    if (IsFloating(kDTypeOf<T>)) texts_ = FormatFloats(numbers);
  }

  void Print(int axis, size_t indent) {
    out_ << '[';
    if (axis == x_.rank() - 1) {
      PrintRow(indent);
    } else {
      const std::string separator =
          "," + std::string(x_.rank() - 1 - axis, '\n') + std::string(indent, ' ');
      ForEachShown(axis, [&](int64_t i) {
        if (i > 0) out_ << separator;
        if (Shortened(axis) && i == x_.shape()[axis] - kEdgeItems) out_ << "..." << separator;
        Print(axis + 1, indent + 1);
      });
    }
    out_ << ']';
  }

  void PrintRow(size_t indent) {
    const int axis = x_.rank() - 1;
    size_t column = indent;
    auto print_item = [&](int64_t i, const std::string& text) {
      if (i > 0) {
        // One column more for the comma or bracket that follows.
        const bool wraps = column + 2 + text.size() + 1 > kLineWidth;
        out_ << (wraps ? ",\n" + std::string(indent, ' ') : ", ");
        column = wraps ? indent : column + 2;
      }
      out_ << text;
      column += text.size();
    };
    ForEachShown(axis, [&](int64_t i) {
      if (Shortened(axis) && i == x_.shape()[axis] - kEdgeItems) print_item(i, "...");
      const std::string& text = texts_[next_++];
      print_item(i, std::string(width_ - text.size(), ' ') + text);
    });
  }

  std::ostream& out_;
  const Tensor x_;
  const bool shorten_;
  std::vector<std::string> texts_;  // of the shown elements, in row-major order
  size_t width_ = 0;
  size_t next_ = 0;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  if (!tensor.defined()) return out << "undefined tensor";
  if (tensor.numel() == 0) {
    out << "[]";
  } else {
    Printer(out, To(tensor, kCpu)).Print();
  }
  const DType dtype = tensor.dtype();
  const bool plain = dtype == DType::kFloat32 || dtype == DType::kInt64 || dtype == DType::kBool;
  std::string note;
  if (tensor.numel() == 0 || tensor.numel() > kSummarizeAbove) note = Cat("shape ", tensor.shape());
  if (!plain || tensor.numel() == 0) note = Cat(ToString(dtype), note.empty() ? "" : ", ", note);
  if (tensor.device() != kCpu) note += Cat(note.empty() ? "" : ", ", tensor.device());
  return note.empty() ? out : out << "  (" << note << ')';
}

std::string ToString(const Tensor& tensor) { return Cat(tensor); }

}  // namespace prova
