#include "python/exchange.h"

#include <map>
#include <memory>

#include "autograd/tape.h"
#include "python/define.h"
#include "python/dlpack.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova::python {
namespace {

using nb::literals::operator""_a;
using namespace dlpack;  // NOLINT(google-build-using-namespace)

/// Storages whose memory was lent to others. When it comes back, as the memory of an array of
/// theirs, it is recognized, so that passing it to and fro makes no chain of owners.
class Exported {
 public:
  void Add(const std::shared_ptr<Storage>& storage) {
    if (storages_.size() >= limit_) {
      std::erase_if(storages_, [](const auto& entry) { return entry.second.expired(); });
      limit_ = 2 * storages_.size() + 64;
    }
    storages_.insert_or_assign(static_cast<const char*>(storage->data()), storage);
  }

  /// The living storage that holds these bytes, or null.
  std::shared_ptr<Storage> Find(const char* data, size_t bytes) const {
    auto next = storages_.upper_bound(data);
    if (next == storages_.begin() || bytes == 0) return nullptr;
    std::shared_ptr<Storage> storage = std::prev(next)->second.lock();
    if (storage == nullptr) return nullptr;
    const size_t before = data - static_cast<const char*>(storage->data());
    return before + bytes <= storage->bytes() ? storage : nullptr;
  }

 private:
  std::map<const char*, std::weak_ptr<Storage>> storages_;  ///< by their first byte
  size_t limit_ = 64;
};

/// The interpreter's lock guards it.
Exported& AllExported() {
  static Exported* exported = new Exported();
  return *exported;
}

/// Others must not write what the tape may still read, nor what was lent for reading, nor elements
/// that share a place.
bool IsReadOnly(const Tensor& x) {
  if (x.storage()->read_only() || is_tracked(x)) return true;
  for (int i = 0; i < x.rank(); ++i) {
    if (x.strides()[i] == 0 && x.shape()[i] > 1) return true;
  }
  return false;
}

/// Memory that is offered, and how to give it back.
struct Offer {
  void* data = nullptr;  ///< the first element
  DType dtype = DType::kUInt8;
  Shape shape;
  Strides strides;
  bool read_only = false;
  void* owner = nullptr;
  void (*release)(void* owner) = nullptr;
};

/// A tensor over the memory offered.
Tensor Adopt(const Offer& offer) {
  const int64_t size = ItemSize(offer.dtype);
  int64_t low = 0, high = NumElements(offer.shape) == 0 ? 0 : 1;  // of the elements' places
  if (high > 0) {
    for (int i = 0; i < offer.shape.rank(); ++i) {
      const int64_t reach = (offer.shape[i] - 1) * offer.strides[i];
      (reach < 0 ? low : high) += reach;
    }
  }
  char* begin = static_cast<char*>(offer.data) + low * size;
  const size_t bytes = static_cast<size_t>((high - low) * size);
  if (auto storage = AllExported().Find(begin, bytes);
      storage != nullptr && storage->read_only() == offer.read_only) {
    const int64_t offset = static_cast<char*>(offer.data) - static_cast<char*>(storage->data());
    offer.release(offer.owner);
    return Tensor(std::move(storage), offer.dtype, offer.shape, offer.strides, offset / size);
  }
  auto storage = std::make_shared<Storage>(ForeignMemory{.data = begin,
                                                         .bytes = bytes,
                                                         .read_only = offer.read_only,
                                                         .owner = offer.owner,
                                                         .release = offer.release});
  return Tensor(std::move(storage), offer.dtype, offer.shape, offer.strides, -low);
}

[[noreturn]] void FailElements(const Place& at, const std::string& given) {
  std::string names;
  for (DType dtype : kAllDTypes) names += (names.empty() ? "" : ", ") + Cat(dtype);
  Fail(ErrorCode::kDType, {.where = at.function, .given = given, .need = names});
}

[[noreturn]] void FailLayout(const Place& at) {
  Fail(ErrorCode::kUnsupported,
       {.where = at.function,
        .given = "memory whose elements do not lie at multiples of their size",
        .need = "aligned elements",
        .hint = "copy it with numpy.array first"});
}

// --- The buffer protocol ------------------------------------------------------------------------

/// Format characters of the module `struct`, native, for our dtypes; null for bfloat16.
const char* FormatOf(DType dtype) {
  switch (dtype) {
    case DType::kBool: return "?";
    case DType::kUInt8: return "B";
    case DType::kInt8: return "b";
    case DType::kInt16: return "h";
    case DType::kInt32: return "i";
    case DType::kInt64: return "q";
    case DType::kFloat16: return "e";
    case DType::kBFloat16: return nullptr;
    case DType::kFloat32: return "f";
    case DType::kFloat64: return "d";
  }
  return nullptr;
}

std::optional<DType> DTypeOfFormat(const char* format, Py_ssize_t size) {
  if (format == nullptr) return size == 1 ? std::optional(DType::kUInt8) : std::nullopt;
  if (*format == '@' || *format == '=' || *format == '<') ++format;
  if (*format == '\0' || format[1] != '\0') return {};
  if (std::string("bhilq").find(*format) != std::string::npos) {
    if (size == 1) return DType::kInt8;
    if (size == 2) return DType::kInt16;
    return size == 4 ? DType::kInt32 : DType::kInt64;
  }
  for (DType dtype : kAllDTypes) {
    const char* ours = FormatOf(dtype);
    if (ours != nullptr && *ours == *format) return dtype;
  }
  return {};
}

void ReleaseBuffer(void* owner) {
  auto* view = static_cast<Py_buffer*>(owner);
  // After the interpreter has gone there is nobody to give it back to.
  if (!Py_IsInitialized()) return;
  const nb::gil_scoped_acquire lock;
  PyBuffer_Release(view);
  delete view;
}

/// The memory that `object` offers by the buffer protocol; empty where it offers none.
std::optional<Offer> OfferOfBuffer(const Place& at, nb::handle object) {
  if (!PyObject_CheckBuffer(object.ptr())) return {};
  auto view = std::make_unique<Py_buffer>();
  if (PyObject_GetBuffer(object.ptr(), view.get(), PyBUF_RECORDS_RO) != 0) {
    PyErr_Clear();
    return {};
  }
  std::unique_ptr<Py_buffer, decltype(&PyBuffer_Release)> lent(view.get(), PyBuffer_Release);
  const std::optional<DType> dtype = DTypeOfFormat(view->format, view->itemsize);
  if (!dtype) FailElements(at, Cat("elements of format '", view->format, "'"));
  Offer offer{.data = view->buf, .dtype = *dtype, .read_only = view->readonly != 0};
  bool is_aligned = reinterpret_cast<uintptr_t>(view->buf) % view->itemsize == 0;
  for (int i = 0; i < view->ndim; ++i) {
    offer.shape.push_back(view->shape[i]);
    offer.strides.push_back(view->strides[i] / view->itemsize);
    is_aligned = is_aligned && (view->strides[i] % view->itemsize == 0 || view->shape[i] <= 1);
  }
  if (!is_aligned && NumElements(offer.shape) > 0) FailLayout(at);
  // The lending lasts until the last tensor over it is gone.
  lent.release();
  offer.owner = view.release();
  offer.release = ReleaseBuffer;
  return offer;
}

/// What a buffer view of ours points into.
struct ViewGeometry {
  Py_ssize_t shape[kMaxRank];
  Py_ssize_t strides[kMaxRank];
};

bool IsColumnMajor(const Tensor& x) {
  Dims order;
  for (int i = x.rank() - 1; i >= 0; --i) order.push_back(i);
  return view::Permute(x, order).is_contiguous();
}

int RefuseBuffer(const char* why) {
  PyErr_SetString(PyExc_BufferError, why);
  return -1;
}

int FillBuffer(PyObject* self, Py_buffer* out, int flags) {
  const Tensor* tensor = TensorIn(self);
  if (tensor == nullptr) return RefuseBuffer("Tensor: an instance without a value");
  const Tensor& x = *tensor;
  const char* format = FormatOf(x.dtype());
  if (x.device() != kCpu) return RefuseBuffer("Tensor: memory of a GPU; move with .to('cpu')");
  if (format == nullptr) {
    return RefuseBuffer("Tensor: the buffer protocol has no bfloat16; use DLPack or astype");
  }
  const bool read_only = IsReadOnly(x);
  if (read_only && (flags & PyBUF_WRITABLE)) return RefuseBuffer("Tensor: read-only memory");
  const auto wants = [&](int flag) { return (flags & flag) == flag; };
  const bool rows = x.is_contiguous();
  if ((wants(PyBUF_C_CONTIGUOUS) && !rows) || (wants(PyBUF_F_CONTIGUOUS) && !IsColumnMajor(x)) ||
      (wants(PyBUF_ANY_CONTIGUOUS) && !rows && !IsColumnMajor(x)) ||
      (!wants(PyBUF_STRIDES) && !rows)) {
    return RefuseBuffer("Tensor: its elements do not lie in the order asked for");
  }
  auto* geometry = new ViewGeometry;
  const int64_t size = ItemSize(x.dtype());
  for (int i = 0; i < x.rank(); ++i) {
    geometry->shape[i] = x.shape()[i];
    geometry->strides[i] = x.strides()[i] * size;
  }
  AllExported().Add(x.storage());
  out->buf = const_cast<void*>(x.raw_data());
  out->obj = Py_NewRef(self);
  out->len = x.numel() * size;
  out->itemsize = size;
  out->readonly = read_only;
  out->ndim = x.rank();
  out->format = wants(PyBUF_FORMAT) ? const_cast<char*>(format) : nullptr;
  out->shape = wants(PyBUF_ND) ? geometry->shape : nullptr;
  out->strides = wants(PyBUF_STRIDES) ? geometry->strides : nullptr;
  out->suboffsets = nullptr;
  out->internal = geometry;
  return 0;
}

int GetBuffer(PyObject* self, Py_buffer* out, int flags) noexcept {
  out->obj = nullptr;
  try {
    return FillBuffer(self, out, flags);
  } catch (const std::exception& error) {
    return RefuseBuffer(error.what());
  }
}

void ReleaseGeometry(PyObject*, Py_buffer* view) {
  delete static_cast<ViewGeometry*>(view->internal);
}

// --- DLPack -------------------------------------------------------------------------------------

std::optional<DType> DTypeOf(const DLType& type) {
  if (type.lanes != 1) return {};
  const auto is = [&](TypeCode code, int bits) { return type.code == code && type.bits == bits; };
  if (is(kDLBool, 8)) return DType::kBool;
  if (is(kDLUInt, 8)) return DType::kUInt8;
  if (is(kDLInt, 8)) return DType::kInt8;
  if (is(kDLInt, 16)) return DType::kInt16;
  if (is(kDLInt, 32)) return DType::kInt32;
  if (is(kDLInt, 64)) return DType::kInt64;
  if (is(kDLFloat, 16)) return DType::kFloat16;
  if (is(kDLBfloat, 16)) return DType::kBFloat16;
  if (is(kDLFloat, 32)) return DType::kFloat32;
  if (is(kDLFloat, 64)) return DType::kFloat64;
  return {};
}

DLType TypeOf(DType dtype) {
  const auto bits = static_cast<uint8_t>(8 * ItemSize(dtype));
  if (dtype == DType::kBool) return {kDLBool, bits, 1};
  if (dtype == DType::kUInt8) return {kDLUInt, bits, 1};
  if (dtype == DType::kBFloat16) return {kDLBfloat, bits, 1};
  return {IsFloating(dtype) ? kDLFloat : kDLInt, bits, 1};
}

template <typename Managed>
void Delete(void* owner) {
  auto* managed = static_cast<Managed*>(owner);
  // The deleter of a Python library may need the interpreter.
  if (managed->deleter == nullptr || !Py_IsInitialized()) return;
  const nb::gil_scoped_acquire lock;
  managed->deleter(managed);
}

Offer OfferOf(const Place& at, const DLTensor& tensor) {
  const std::optional<DType> dtype = DTypeOf(tensor.type);
  if (tensor.device.type != kDLCpu) {
    Fail(ErrorCode::kDevice, {.where = at.function,
                              .given = Cat("memory of DLPack device type ", tensor.device.type),
                              .need = "cpu",
                              .hint = "copy it to the processor first"});
  }
  if (!dtype) {
    FailElements(at, Cat("elements of DLPack type code ", int{tensor.type.code}, " with ",
                         int{tensor.type.bits}, " bits"));
  }
  Offer offer{.data = static_cast<char*>(tensor.data) + tensor.byte_offset, .dtype = *dtype};
  for (int i = 0; i < tensor.rank; ++i) offer.shape.push_back(tensor.shape[i]);
  offer.strides = ContiguousStrides(offer.shape);
  if (tensor.strides != nullptr) std::copy_n(tensor.strides, tensor.rank, offer.strides.begin());
  if (reinterpret_cast<uintptr_t>(offer.data) % ItemSize(*dtype) != 0) FailLayout(at);
  return offer;
}

/// The tensor in a capsule, which is used up.
template <typename Managed>
Tensor Unpack(const Place& at, nb::handle capsule, const char* name, const char* used_name) {
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule.ptr(), name));
  bool read_only = false;
  if constexpr (std::is_same_v<Managed, DLManagedVersioned>) {
    if (managed->version.major != kVersion.major) {
      Fail(ErrorCode::kUnsupported, {.where = at.function,
                                     .given = Cat("DLPack of version ", managed->version.major),
                                     .need = Cat("version ", kVersion.major)});
    }
    read_only = managed->flags & kReadOnly;
  }
  Offer offer = OfferOf(at, managed->tensor);
  offer.read_only = read_only;
  offer.owner = managed;
  offer.release = Delete<Managed>;
  PyCapsule_SetName(capsule.ptr(), used_name);
  return Adopt(offer);
}

/// A tensor handed out, and the arrays that its description points to.
template <typename Managed>
struct Lent {
  Managed managed = {};
  Tensor tensor;
  int64_t shape[kMaxRank];
  int64_t strides[kMaxRank];
};

template <typename Managed>
nb::object Pack(const Tensor& x, uint64_t flags, const char* name) {
  auto* lent = new Lent<Managed>{.tensor = x};
  std::copy(x.shape().begin(), x.shape().end(), lent->shape);
  std::copy(x.strides().begin(), x.strides().end(), lent->strides);
  Managed& managed = lent->managed;
  managed.tensor = {.data = const_cast<void*>(x.raw_data()),
                    .device = {kDLCpu, 0},
                    .rank = x.rank(),
                    .type = TypeOf(x.dtype()),
                    .shape = lent->shape,
                    .strides = lent->strides,
                    .byte_offset = 0};
  managed.owner = lent;
  managed.deleter = [](Managed* self) { delete static_cast<Lent<Managed>*>(self->owner); };
  if constexpr (std::is_same_v<Managed, DLManagedVersioned>) {
    managed.version = kVersion;
    managed.flags = flags;
  }
  return nb::steal(PyCapsule_New(&managed, name, [](PyObject* capsule) {
    // Whoever used it has renamed it, and deletes what is in it.
    const char* name = PyCapsule_GetName(capsule);
    if (std::string_view(name).starts_with("used_")) return;
    auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, name));
    managed->deleter(managed);
  }));
}

/// `stream` is of no use on the processor.
nb::object ToDLPack(const Tensor& self, const std::optional<nb::object>&,
                    const std::optional<Dims>& max_version, const std::optional<Dims>& dl_device,
                    const std::optional<bool>& copy) {
  if (self.device() != kCpu) throw nb::buffer_error("__dlpack__: memory of a GPU");
  if (dl_device && *dl_device != Dims{kDLCpu, 0}) {
    throw nb::buffer_error("__dlpack__: only the processor, device (1, 0), is offered");
  }
  const Tensor x = copy.value_or(false) ? Copy(self) : self;
  const bool versioned = max_version && max_version->rank() > 0 && (*max_version)[0] >= 1;
  uint64_t flags = copy.value_or(false) ? kCopied : 0;
  if (IsReadOnly(x)) flags |= kReadOnly;
  if (!versioned && (flags & kReadOnly)) {
    throw nb::buffer_error(
        "__dlpack__: this tensor is read-only (lent for reading, broadcast, or followed by the "
        "tape), which DLPack before version 1 cannot say; use detach() or a copy");
  }
  AllExported().Add(x.storage());
  return versioned ? Pack<DLManagedVersioned>(x, flags, "dltensor_versioned")
                   : Pack<DLManaged>(x, flags, "dltensor");
}

/// What object.__dlpack__ gives, by the newest protocol that it knows.
nb::object CallDLPack(nb::handle object) {
  const nb::object method = object.attr("__dlpack__");
  nb::dict options;
  options["max_version"] = nb::make_tuple(kVersion.major, kVersion.minor);
  try {
    return method(**options);
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_TypeError)) throw;
  }
  return method();
}

// --- NumPy --------------------------------------------------------------------------------------

nb::object ToNumpy(const nb::object& self, const nb::object& dtype, const nb::object& copy) {
  if (Argument<Tensor>::Take({"__array__", "self"}, self).dtype() == DType::kBFloat16) {
    Fail(ErrorCode::kDType, {.where = "__array__",
                             .given = "a tensor of bfloat16",
                             .need = "a dtype that NumPy has",
                             .hint = "convert with astype(prova.float32)"});
  }
  const nb::module_ numpy = nb::module_::import_("numpy");
  const nb::object shared = numpy.attr("asarray")(nb::steal(PyMemoryView_FromObject(self.ptr())));
  nb::object array = dtype.is_none() ? shared : shared.attr("astype")(dtype, "copy"_a = false);
  if (copy.ptr() == Py_True && array.is(shared)) array = array.attr("copy")();
  if (copy.ptr() == Py_False && !array.is(shared)) {
    Fail(ErrorCode::kValue, {.where = "__array__",
                             .given = "another dtype with copy=False",
                             .need = "the tensor's own dtype, or a copy"});
  }
  return array;
}

}  // namespace

PyType_Slot kTensorSlots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(GetBuffer)},
                              {Py_bf_releasebuffer, reinterpret_cast<void*>(ReleaseGeometry)},
                              {0, nullptr}};

Tensor FromDLPack(const Place& at, nb::handle object) {
  if (!nb::hasattr(object, "__dlpack__")) {
    FailArgument(at, object, "an array that speaks DLPack (has __dlpack__)");
  }
  const nb::object capsule = CallDLPack(object);
  if (PyCapsule_IsValid(capsule.ptr(), "dltensor_versioned")) {
    return Unpack<DLManagedVersioned>(at, capsule, "dltensor_versioned", "used_dltensor_versioned");
  }
  if (PyCapsule_IsValid(capsule.ptr(), "dltensor")) {
    return Unpack<DLManaged>(at, capsule, "dltensor", "used_dltensor");
  }
  FailArgument(at, object, "an array whose __dlpack__ returns an unused capsule");
}

Tensor FromMemory(const Place& at, nb::handle object) {
  if (std::optional<Offer> offer = OfferOfBuffer(at, object)) return Adopt(*offer);
  const bool is_class = PyType_Check(object.ptr());
  if (!is_class && nb::hasattr(object, "__dlpack__")) return FromDLPack(at, object);
  if (is_class || !nb::hasattr(object, "__array__")) return {};
  const nb::object array = object.attr("__array__")();
  if (std::optional<Offer> offer = OfferOfBuffer(at, array)) return Adopt(*offer);
  return {};
}

Tensor AsBytes(const Tensor& x) {
  const Tensor whole = Contiguous(To(x, kCpu));
  const int64_t size = ItemSize(x.dtype());
  return Tensor(whole.storage(), DType::kUInt8, {whole.numel() * size}, {1}, whole.offset() * size);
}

Tensor FromBytes(const Tensor& bytes, DType dtype, const Shape& shape) {
  const int64_t size = ItemSize(dtype);
  const bool is_aligned = reinterpret_cast<uintptr_t>(bytes.raw_data()) % size == 0;
  if (bytes.dtype() != DType::kUInt8 || bytes.rank() != 1 || !bytes.is_contiguous() ||
      bytes.numel() / size != NumElements(shape) || bytes.numel() % size != 0) {
    Fail(ErrorCode::kFormat, {.where = "unpickle",
                              .given = Cat(bytes.numel(), " bytes for ", dtype, shape),
                              .need = "the bytes of all elements"});
  }
  // Tensors of their own may be written, and begin where kernels like it.
  const bool is_own = !bytes.storage()->read_only() && is_aligned && bytes.offset() % size == 0;
  const Tensor memory = is_own ? bytes : Copy(bytes);
  return Tensor(memory.storage(), dtype, shape, ContiguousStrides(shape), memory.offset() / size);
}

void DefineExchange(nb::module_& module, nb::class_<Tensor>& tensor) {
  Define(
      tensor, "__dlpack__",
      "A DLPack capsule over the tensor's memory. Raises BufferError where that cannot be shared.",
      ToDLPack, "stream"_a = nb::none(), "max_version"_a = nb::none(), "dl_device"_a = nb::none(),
      "copy"_a = nb::none());
  Define(tensor, "__dlpack_device__", "DLPack's type and number of the device.",
         [](const Tensor& self) -> nb::tuple {
           if (self.device() != kCpu) throw nb::buffer_error("__dlpack_device__: memory of a GPU");
           return nb::make_tuple(static_cast<int>(kDLCpu), 0);
         });
  Define(tensor, "__array__",
         "A NumPy array over the tensor's memory; a copy where dtype or copy ask for one.", ToNumpy,
         "dtype"_a = nb::none(), "copy"_a = nb::none());
  Define(module, "_as_bytes", "The elements in row-major order as bytes.", AsBytes, "x"_a);
  Define(module, "_from_bytes", "A tensor over bytes, or over a copy where they cannot be written.",
         FromBytes, "bytes"_a, "dtype"_a, "shape"_a);
}

}  // namespace prova::python
