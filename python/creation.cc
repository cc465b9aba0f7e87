#include "python/creation.h"

#include <cmath>
#include <vector>

#include "autograd/leaf.h"
#include "autograd/movement.h"
#include "python/define.h"
#include "python/exchange.h"
#include "python/movement.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova::python {
namespace {

using nb::literals::operator""_a;

bool IsList(nb::handle object) { return PyList_Check(object.ptr()) || PyTuple_Check(object.ptr()); }

/// Nested lists read in two passes: the shape and the dtype, then the numbers.
class NestedLists {
 public:
  explicit NestedLists(const Place& at) : at_(at) {}

  Tensor Read(nb::handle lists, std::optional<DType> wanted) {
    for (nb::object level = nb::borrow(lists); IsList(level); level = level[0]) {
      const auto size = static_cast<int64_t>(nb::len(level));
      shape_.push_back(size);
      if (size == 0) break;
    }
    Collect(lists, 0);
    const DType dtype = wanted.value_or(numbers_.empty() ? DType::kFloat32 : kind_);
    const Tensor result = empty(shape_, {.dtype = dtype, .device = kCpu});
    VisitDType(dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      T* out = result.mutable_data<T>();
      for (const Number& number : numbers_) {
        *out++ = number.is_whole ? ConvertElement<T>(number.whole) : ConvertElement<T>(number.real);
      }
    });
    return To(result, default_device());
  }

 private:
  struct Number {
    bool is_whole;
    union {
      int64_t whole;
      double real;
    };
  };

  [[noreturn]] void FailRagged() const {
    Fail(ErrorCode::kShape, {.where = at_.function,
                             .given = Cat("lists of different lengths within ", at_.argument),
                             .need = Cat("shape ", shape_, " throughout")});
  }

  void Collect(nb::handle object, int depth) {
    if (depth == shape_.rank()) return Append(object);
    if (!IsList(object) || static_cast<int64_t>(nb::len(object)) != shape_[depth]) FailRagged();
    int64_t count = 0;
    for (nb::handle item : nb::borrow<nb::sequence>(object)) {
      // A list may change while numbers of a user's class are read.
      if (++count > shape_[depth]) FailRagged();
      Collect(item, depth + 1);
    }
    if (count != shape_[depth]) FailRagged();
  }

  void Append(nb::handle item) {
    if (IsList(item)) FailRagged();
    Number number = {.is_whole = true, .whole = 0};
    DType kind = DType::kInt64;
    if (PyBool_Check(item.ptr())) {
      number.whole = item.ptr() == Py_True;
      kind = DType::kBool;
    } else if (!ReadInteger(at_, item, number.whole)) {
      if (PyUnicode_Check(item.ptr()) || PyComplex_Check(item.ptr()) || item.is_none()) {
        FailArgument({at_.function, "an element"}, item, "a number");
      }
      number = {.is_whole = false, .real = 0};
      number.real = Argument<double>::Take({at_.function, "an element"}, item);
      kind = DType::kFloat32;
    }
    kind_ = promote_types(kind_, kind);
    numbers_.push_back(number);
  }

  const Place at_;
  Shape shape_;
  DType kind_ = DType::kBool;
  std::vector<Number> numbers_;
};

bool IsNumber(nb::handle object) {
  return PyBool_Check(object.ptr()) || PyLong_Check(object.ptr()) || PyFloat_Check(object.ptr());
}

/// x as dtype on device, copied where `copy` says so; false refuses to copy.
Tensor Convert(const char* function, const Tensor& x, std::optional<DType> dtype,
               const std::optional<Device>& device, std::optional<bool> copy) {
  const bool changes = (dtype && *dtype != x.dtype()) || (device && *device != x.device());
  if (copy == false && changes) {
    Fail(ErrorCode::kValue, {.where = function,
                             .given = "another dtype or device with copy=False",
                             .need = "those that the values have, or a copy"});
  }
  if (!changes) return copy == true ? Duplicate(x) : x;
  return to(cast(x, dtype.value_or(x.dtype())), device.value_or(x.device()));
}

/// A tensor that stays as it is stays the same object.
TensorObject AsArray(const nb::object& obj, std::optional<DType> dtype,
                     const std::optional<Device>& device, std::optional<bool> copy) {
  const Place at = {"asarray", "obj"};
  if (const Tensor* x = TensorIn(obj)) {
    const Tensor y = Convert("asarray", *x, dtype, device, copy);
    return &y.shape() == &x->shape() ? obj : nb::object(nb::cast(y));
  }
  if (Tensor shared = FromMemory(at, obj); shared.defined()) {
    return nb::cast(Convert("asarray", shared, dtype, device, copy));
  }
  if (copy == false) {
    Fail(ErrorCode::kValue, {.where = "asarray",
                             .given = Cat(Describe(obj), " with copy=False"),
                             .need = "an array whose memory can be shared"});
  }
  return nb::cast(Convert("asarray", AsTensor(at, obj, dtype), dtype, device, {}));
}

Tensor MakeTensor(const nb::object& data, std::optional<DType> dtype,
                  const std::optional<Device>& device, bool requires_grad) {
  const Tensor* given = TensorIn(data);
  Tensor x = given != nullptr ? detach(*given) : AsTensor({"tensor", "data"}, data, dtype);
  // A conversion is a copy already, and so is reading lists.
  const bool is_new = (dtype && *dtype != x.dtype()) || IsList(data) || IsNumber(data);
  x = Convert("tensor", x, dtype, device, is_new ? std::nullopt : std::optional(true));
  if (requires_grad) follow(x, true);
  return x;
}

TensorOptions OptionsOf(std::optional<DType> dtype, const std::optional<Device>& device,
                        DType otherwise = DType::kFloat32) {
  return {.dtype = dtype.value_or(otherwise), .device = device.value_or(default_device())};
}

TensorOptions OptionsLike(const Tensor& x, std::optional<DType> dtype,
                          const std::optional<Device>& device) {
  return {.dtype = dtype.value_or(x.dtype()), .device = device.value_or(x.device())};
}

/// One number everywhere, exactly.
Tensor Full(const Shape& shape, const nb::object& value, const TensorOptions& options) {
  if (PyFloat_Check(value.ptr())) {
    return full(shape, PyFloat_AS_DOUBLE(value.ptr()), options);
  }
  const Tensor number = AsTensor({"full", "fill_value"}, value, options.dtype);
  if (number.rank() != 0) FailArgument({"full", "fill_value"}, value, "a number");
  return Copy(view::Expand(To(Cast(detach(number), options.dtype), options.device), shape));
}

DType KindOf(const Place& at, nb::handle number) {
  if (PyBool_Check(number.ptr())) return DType::kBool;
  int64_t whole = 0;
  return ReadInteger(at, number, whole) ? DType::kInt64 : DType::kFloat32;
}

/// start, start + step, … up to, and without, stop.
Tensor Range(const nb::object& start, const nb::object& stop, const nb::object& step,
             std::optional<DType> dtype, const std::optional<Device>& device) {
  const nb::object from = stop.is_none() ? nb::object(nb::int_(0)) : start;
  const nb::object end = stop.is_none() ? start : stop;
  const Place first = {"arange", "start"}, last = {"arange", "stop"}, by = {"arange", "step"};
  const double low = Argument<double>::Take(first, from), high = Argument<double>::Take(last, end);
  const double stride = Argument<double>::Take(by, step);
  if (stride == 0 || !std::isfinite(high - low) || !std::isfinite(stride)) {
    Fail(ErrorCode::kValue, {.where = "arange",
                             .given = Cat("from ", low, " to ", high, " by ", stride),
                             .need = "finite bounds and a step other than 0"});
  }
  const bool whole = KindOf(first, from) == DType::kInt64 && KindOf(last, end) == DType::kInt64 &&
                     KindOf(by, step) == DType::kInt64;
  const double count = std::max(0.0, std::ceil((high - low) / stride));
  const TensorOptions options = OptionsOf(dtype, device, whole ? DType::kInt64 : DType::kFloat32);
  const auto n = ConvertElement<int64_t>(count);
  const Tensor result = empty({n}, {.dtype = options.dtype, .device = kCpu});
  const int64_t whole_low = whole ? Argument<int64_t>::Take(first, from) : 0;
  const int64_t whole_step = whole ? Argument<int64_t>::Take(by, step) : 0;
  VisitDType(options.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* out = result.mutable_data<T>();
    for (int64_t i = 0; i < n; ++i) {
      out[i] = whole ? ConvertElement<T>(whole_low + i * whole_step)
                     : ConvertElement<T>(low + static_cast<double>(i) * stride);
    }
  });
  return To(result, options.device);
}

void DefineFilled(nb::module_& module) {
  using Kind = std::optional<DType>;
  using Where = std::optional<Device>;
  const auto dtype = "dtype"_a = nb::none();
  const auto device = "device"_a = nb::none();
  Define(
      module, "empty", "Uninitialized memory of a shape; float32 unless dtype says.",
      [](const Shape& shape, Kind dtype, Where device) {
        return empty(shape, OptionsOf(dtype, device));
      },
      "shape"_a, dtype, device);
  Define(
      module, "zeros", "Zeros; float32 unless dtype says.",
      [](const Shape& shape, Kind dtype, Where device) {
        return zeros(shape, OptionsOf(dtype, device));
      },
      "shape"_a, dtype, device);
  Define(
      module, "ones", "Ones; float32 unless dtype says.",
      [](const Shape& shape, Kind dtype, Where device) {
        return ones(shape, OptionsOf(dtype, device));
      },
      "shape"_a, dtype, device);
  Define(
      module, "full", "One number everywhere; of its own kind unless dtype says.",
      [](const Shape& shape, const nb::object& value, Kind dtype, Where device) {
        const DType kind = KindOf({"full", "fill_value"}, value);
        return Full(shape, value, OptionsOf(dtype, device, kind));
      },
      "shape"_a, "fill_value"_a, dtype, device);
  Define(
      module, "empty_like", "Uninitialized memory of x's shape.",
      [](const Tensor& x, Kind dtype, Where device) {
        return empty(x.shape(), OptionsLike(x, dtype, device));
      },
      "x"_a, dtype, device);
  Define(
      module, "zeros_like", "Zeros in x's shape.",
      [](const Tensor& x, Kind dtype, Where device) {
        return zeros(x.shape(), OptionsLike(x, dtype, device));
      },
      "x"_a, dtype, device);
  Define(
      module, "ones_like", "Ones in x's shape.",
      [](const Tensor& x, Kind dtype, Where device) {
        return ones(x.shape(), OptionsLike(x, dtype, device));
      },
      "x"_a, dtype, device);
  Define(
      module, "full_like", "One number everywhere, in x's shape.",
      [](const Tensor& x, const nb::object& value, Kind dtype, Where device) {
        return Full(x.shape(), value, OptionsLike(x, dtype, device));
      },
      "x"_a, "fill_value"_a, dtype, device);
  Define(
      module, "arange",
      "start, start + step, ... without stop; from 0 to start where stop is None. int64 for ints, "
      "else float32, unless dtype says.",
      Range, "start"_a, "stop"_a = nb::none(), "step"_a = 1, dtype, device);
  Define(
      module, "eye", "A square matrix with ones on its diagonal.",
      [](int64_t n_rows, Kind dtype, Where device) {
        return eye(n_rows, OptionsOf(dtype, device));
      },
      "n_rows"_a, dtype, device);
}

void DefineRandom(nb::module_& module) {
  using Kind = std::optional<DType>;
  using Where = std::optional<Device>;
  const auto dtype = "dtype"_a = nb::none();
  const auto device = "device"_a = nb::none();
  Define(
      module, "rand", "Uniform numbers in [0, 1).",
      [](const Shape& shape, Rng& rng, Kind dtype, Where device) {
        return rand(shape, rng, OptionsOf(dtype, device));
      },
      "shape"_a, "rng"_a, dtype, device);
  Define(
      module, "randn", "Numbers of the standard normal distribution.",
      [](const Shape& shape, Rng& rng, Kind dtype, Where device) {
        return randn(shape, rng, OptionsOf(dtype, device));
      },
      "shape"_a, "rng"_a, dtype, device);
  Define(
      module, "randint", "Uniform integers in [low, high).",
      [](int64_t low, int64_t high, const Shape& shape, Rng& rng, Kind dtype, Where device) {
        return randint(low, high, shape, rng, OptionsOf(dtype, device, DType::kInt64));
      },
      "low"_a, "high"_a, "shape"_a, "rng"_a, dtype, device);
  Define(
      module, "randperm", "The numbers 0..n-1 in random order.",
      [](int64_t n, Rng& rng) { return randperm(n, rng); }, "n"_a, "rng"_a);
}

}  // namespace

Tensor AsTensor(const Place& at, nb::handle object, std::optional<DType> dtype) {
  if (const Tensor* x = TensorIn(object)) return *x;
  if (IsList(object) || IsNumber(object)) return NestedLists(at).Read(object, dtype);
  if (Tensor shared = FromMemory(at, object); shared.defined()) return shared;
  FailArgument(at, object, "a number, nested lists of numbers, or an array");
}

void DefineCreation(nb::module_& module) {
  const auto dtype = "dtype"_a = nb::none();
  const auto device = "device"_a = nb::none();
  Define(
      module, "asarray",
      "A tensor of numbers, nested lists, or an array, whose memory it shares unless dtype, device "
      "or copy=True ask for a copy; copy=False raises ValueError instead of copying.",
      AsArray, "obj"_a, dtype, device, "copy"_a = nb::none());
  Define(
      module, "tensor",
      "A new tensor of numbers, nested lists, or a copy of an array. With requires_grad the tape "
      "follows it.",
      MakeTensor, "data"_a, dtype, device, "requires_grad"_a = false);
  Define(
      module, "from_dlpack", "A tensor over the memory of an array that speaks DLPack.",
      [](const nb::object& x, std::optional<Device> device, std::optional<bool> copy) {
        const Tensor* own = TensorIn(x);
        const Tensor shared = own != nullptr ? *own : FromDLPack({"from_dlpack", "x"}, x);
        return Convert("from_dlpack", shared, {}, device, copy);
      },
      "x"_a, device, "copy"_a = nb::none());
  DefineFilled(module);
  DefineRandom(module);
}

}  // namespace prova::python
