#include "python/data.h"

#include <cstring>

#include "python/define.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "vision/digits.h"
#include "vision/warp.h"

namespace prova::python {
namespace {

using nb::literals::operator""_a;

/// x[indices[0]], x[indices[1]], … in memory of their own.
Tensor TakeRows(const Tensor& x, const Tensor& indices) {
  const char* where = "Batches";
  if (x.rank() == 0) {
    Fail(ErrorCode::kShape, {.where = where, .given = "a tensor without axes", .need = "rows"});
  }
  if (indices.dtype() != DType::kInt64 || indices.rank() != 1) {
    Fail(ErrorCode::kDType, {.where = where,
                             .given = Cat("indices of ", indices.dtype(), indices.shape()),
                             .need = "int64 along one axis"});
  }
  const Tensor source = Contiguous(To(x, kCpu)), order = Contiguous(To(indices, kCpu));
  Shape shape = x.shape();
  const int64_t rows = shape[0];
  shape[0] = order.numel();
  const Tensor taken = empty(shape, {.dtype = x.dtype(), .device = kCpu});
  const size_t bytes = rows == 0 ? 0 : x.numel() / rows * ItemSize(x.dtype());
  const auto* from = static_cast<const std::byte*>(source.raw_data());
  auto* to = static_cast<std::byte*>(taken.raw_mutable_data());
  for (const int64_t row : order.to_vector<int64_t>()) {
    if (row < 0 || row >= rows) {
      Fail(ErrorCode::kIndex,
           {.where = where, .given = Cat("row ", row, " of ", rows), .need = Cat("0..", rows - 1)});
    }
    if (bytes > 0) std::memcpy(to, from + row * bytes, bytes);
    to += bytes;
  }
  return taken;
}

}  // namespace

void DefineData(nb::module_& module) {
  Define(
      module, "_load_digits", "Images and labels to train with, then those to test with.",
      [](const std::string& folder) -> nb::object {
        Digits digits;
        {
          const Unlocked unlocked;
          digits = load_digits(folder);
        }
        return nb::make_tuple(nb::cast(digits.train.images), nb::cast(digits.train.labels),
                              nb::cast(digits.test.images), nb::cast(digits.test.labels));
      },
      "folder"_a);
  Define(module, "_take_rows", "Rows of a tensor, copied.", TakeRows, "x"_a, "indices"_a);
  Define(module, "_warp_randomly", "Images as another hand might have placed them.", warp_randomly,
         "images"_a, "rng"_a);
}

}  // namespace prova::python
