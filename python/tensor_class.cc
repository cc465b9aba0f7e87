#include "python/tensor_class.h"

#include "autograd/leaf.h"
#include "autograd/movement.h"
#include "python/define.h"
#include "python/exchange.h"
#include "python/indexing.h"
#include "python/objects.h"
#include "tensor/strided.h"

namespace prova::python {
namespace {

using nb::literals::operator""_a;

/// One element as a bool, an int or a float.
template <typename T>
nb::object ToNumber(T element) {
  if constexpr (std::is_same_v<T, bool>)
    return nb::bool_(element);
  else if constexpr (std::is_integral_v<T>)
    return nb::int_(element);
  else
    return nb::float_(static_cast<double>(element));
}

nb::object Item(const Tensor& x) {
  return VisitDType(x.dtype(), [&](auto tag) -> nb::object {
    return ToNumber(x.item<typename decltype(tag)::type>());
  });
}

/// Elements from `data` on as nested lists, from `axis` on.
template <typename T>
nb::object ToList(const Tensor& x, const T* data, int axis) {
  if (axis == x.rank()) return ToNumber(*data);
  nb::list list;
  for (int64_t i = 0; i < x.shape()[axis]; ++i) {
    list.append(ToList(x, data + i * x.strides()[axis], axis + 1));
  }
  return list;
}

nb::object ToLists(const Tensor& x) {
  const Tensor here = To(x, kCpu);
  return VisitDType(x.dtype(), [&](auto tag) -> nb::object {
    return ToList(here, here.data<typename decltype(tag)::type>(), 0);
  });
}

/// `Tensor([1., 2.], float16)`: the values as C++ prints them, then what they do not show.
std::string Text(const Tensor& x) {
  const std::string head = "Tensor(";
  std::string text = ToString(x), note;
  if (const size_t at = text.rfind("  ("); at != std::string::npos) {
    note = ", " + text.substr(at + 3, text.size() - at - 4);
    text.resize(at);
  }
  const std::string indent = "\n" + std::string(head.size(), ' ');
  for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    // An empty line stays empty.
    if (at + 1 < text.size() && text[at + 1] == '\n') continue;
    text.replace(at, 1, indent);
  }
  if (is_tracked(x)) note += ", requires_grad=True";
  return head + text + note + ")";
}

std::string Escape(const std::string& text) {
  std::string html;
  for (char c : text) html += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return html;
}

/// The values and, below, what a notebook's reader asks first.
std::string Html(const Tensor& x) {
  return Cat("<pre style=\"margin-bottom:0.2em\">", Escape(ToString(x)), "</pre><small>Tensor · ",
             x.dtype(), " · shape ", x.shape(), " · ", x.device(),
             is_tracked(x) ? " · requires_grad" : "", "</small>");
}

nb::str ToStr(const std::string& text) { return nb::str(text.c_str(), text.size()); }

int64_t Length(const Tensor& self) {
  if (self.rank() > 0) return self.size(0);
  Fail(ErrorCode::kDType,
       {.where = "len", .given = "a tensor without axes", .need = "at least one axis"});
}

int64_t Index(const Tensor& self) {
  if (IsInteger(self.dtype()) && self.rank() == 0) return self.item<int64_t>();
  Fail(ErrorCode::kDType, {.where = "index",
                           .given = Cat("a tensor of ", self.dtype(), self.shape()),
                           .need = "an integer without axes"});
}

double Float(const Tensor& self) { return self.item<double>(); }

nb::int_ Int(const Tensor& self) {
  nb::object whole = nb::steal(PyNumber_Long(Item(self).ptr()));
  // Of an infinity or NaN: Python's own error.
  if (!whole.is_valid()) throw nb::python_error();
  return nb::borrow<nb::int_>(whole);
}

/// `==` and its kin are operations that do not exist yet; by identity they would lie.
nb::object RefuseComparison(const char* operator_name) {
  Fail(ErrorCode::kDType, {.where = operator_name,
                           .given = "tensors, which are not compared element by element yet",
                           .need = "NumPy arrays",
                           .hint = "compare numpy.asarray(x); for identity use `is`"});
}

void DefineAttributes(nb::class_<Tensor>& tensor) {
  tensor
      .def_prop_ro(
          "dtype", [](const Tensor& self) { return ToPython(self.dtype()); },
          nb::sig("def dtype(self) -> DType"), "The type of the elements.")
      .def_prop_ro(
          "device", [](const Tensor& self) { return ToPython(self.device()); },
          nb::sig("def device(self) -> Device"), "Where the memory lives.")
      .def_prop_ro(
          "shape", [](const Tensor& self) { return ToTuple(self.shape()); },
          nb::sig("def shape(self) -> tuple[int, ...]"), "The size of each axis.")
      .def_prop_ro(
          "strides", [](const Tensor& self) { return ToTuple(self.strides()); },
          nb::sig("def strides(self) -> tuple[int, ...]"),
          "Steps between neighbours along each axis, in elements.")
      .def_prop_ro(
          "ndim", [](const Tensor& self) { return self.rank(); }, "The number of axes.")
      .def_prop_ro(
          "size", [](const Tensor& self) { return self.numel(); }, "The number of elements.")
      .def_prop_ro(
          "T",
          [](const Tensor& self) {
            if (self.rank() == 2) return transpose(self, 0, 1);
            Fail(ErrorCode::kShape, {.where = "T",
                                     .given = Cat("shape ", self.shape()),
                                     .need = "two axes",
                                     .hint = "use mT for stacks of matrices"});
          },
          "The transposed matrix.")
      .def_prop_ro(
          "mT",
          [](const Tensor& self) {
            if (self.rank() >= 2) return transpose(self, -2, -1);
            Fail(
                ErrorCode::kShape,
                {.where = "mT", .given = Cat("shape ", self.shape()), .need = "at least two axes"});
          },
          "The last two axes exchanged.");
  // NumPy's arrays leave operators with a tensor to the tensor.
  tensor.attr("__array_priority__") = 1000;
  Define(
      tensor, "__array_namespace__", "The module prova, a namespace of the Array API.",
      [](const Tensor&, const std::optional<std::string>& api_version) -> nb::object {
        if (!api_version || *api_version == "2024.12") return nb::module_::import_("prova");
        Fail(ErrorCode::kValue, {.where = "__array_namespace__",
                                 .given = Cat("version ", *api_version),
                                 .need = "2024.12"});
      },
      "api_version"_a = nb::none());
}

void DefineNumbers(nb::class_<Tensor>& tensor) {
  Define(tensor, "item", "The value of a tensor of one element, as a Python number.", Item);
  Define(tensor, "tolist", "All elements as nested lists of Python numbers.", ToLists);
  Define(tensor, "__len__", "The size of the first axis.", Length);
  Define(tensor, "__bool__", "The truth of one element.",
         [](const Tensor& self) { return self.item<bool>(); });
  Define(tensor, "__float__", "One element as a float.", Float);
  Define(tensor, "__int__", "One element as an int.", Int);
  Define(tensor, "__index__", "An integer of any dtype as an int.", Index);
}

void DefineText(nb::class_<Tensor>& tensor) {
  Define(tensor, "__repr__", "The values, and what they do not show.",
         [](const Tensor& self) { return ToStr(Text(self)); });
  Define(tensor, "_repr_html_", "The same for notebooks.",
         [](const Tensor& self) { return ToStr(Html(self)); });
}

void DefineIndexing(nb::class_<Tensor>& tensor) {
  Define(tensor, "__getitem__", "A view by integers, slices, None and ...", GetItem, "key"_a);
  Define(tensor, "__setitem__", "Overwrites elements in place.", SetItem, "key"_a, "value"_a);
  Define(tensor, "__iter__", "The rows along the first axis.", [](const nb::object& self) {
    Length(Argument<Tensor>::Take({"iter", "self"}, self));
    return nb::steal<nb::iterator>(PySeqIter_New(self.ptr()));
  });
}

void DefineComparisons(nb::class_<Tensor>& tensor) {
  for (const char* name : {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}) {
    tensor.def(
        name, [name](nb::handle, nb::handle) { return RefuseComparison(name); }, "other"_a.none(),
        nb::sig(Cat("def ", name, "(self, other: object, /) -> typing.Any").c_str()));
  }
  tensor.def("__hash__", [](nb::handle self) {
    return static_cast<Py_hash_t>(reinterpret_cast<uintptr_t>(self.ptr()) >> 4);
  });
}

/// Cheap and deep copies, and what pickle stores: the bytes, out of band where the protocol can.
void DefineCopies(nb::class_<Tensor>& tensor) {
  Define(tensor, "__copy__", "A new handle on the same values.",
         [](const Tensor& self) { return detach(self); });
  Define(
      tensor, "__deepcopy__", "The same values in memory of their own; a leaf stays a leaf.",
      [](const Tensor& self, const nb::object&) {
        const Tensor copy = Copy(detach(self));
        if (is_tracked(self) && is_leaf(self)) follow(copy, true);
        return copy;
      },
      "memo"_a);
  tensor.def(
      "__reduce_ex__",
      [](const Tensor& self, nb::handle protocol) {
        const bool out_of_band =
            Argument<int64_t>::Take({"__reduce_ex__", "protocol"}, protocol) >= 5;
        nb::object bytes = nb::cast(AsBytes(detach(self)));
        bytes = out_of_band ? nb::steal(PyPickleBuffer_FromObject(bytes.ptr()))
                            : nb::steal(PyBytes_FromObject(bytes.ptr()));
        if (!bytes.is_valid()) throw nb::python_error();
        return nb::make_tuple(nb::module_::import_("prova._pickle").attr("tensor"),
                              nb::make_tuple(bytes, ToString(self.dtype()), ToTuple(self.shape()),
                                             is_tracked(self) && is_leaf(self)));
      },
      "protocol"_a.none(),
      nb::sig("def __reduce_ex__(self, protocol: typing.SupportsIndex, /) -> tuple[object, ...]"),
      "What pickle stores.");
}

}  // namespace

nb::class_<Tensor> DefineTensor(nb::module_& module) {
  nb::class_<Tensor> tensor(
      module, "Tensor", nb::type_slots(kTensorSlots), nb::is_weak_referenceable(),
      "An n-dimensional array: a handle over shared memory, row-major, with any strides. "
      "Operations "
      "are functions of the module prova; values change only by assignment to elements.");
  SetTensorClass(reinterpret_cast<PyTypeObject*>(tensor.ptr()));
  DefineAttributes(tensor);
  DefineNumbers(tensor);
  DefineText(tensor);
  DefineIndexing(tensor);
  DefineComparisons(tensor);
  DefineCopies(tensor);
  Define(
      module, "_unpickle", "A tensor of what pickle stored.",
      [](const nb::object& bytes, DType dtype, const Shape& shape, bool is_parameter) {
        const Place at = {"unpickle", "bytes"};
        const Tensor memory = FromMemory(at, bytes);
        if (!memory.defined()) FailArgument(at, bytes, "bytes");
        const Tensor x = FromBytes(memory, dtype, shape);
        if (is_parameter) follow(x, true);
        return x;
      },
      "bytes"_a, "dtype"_a, "shape"_a, "is_parameter"_a);
  Define(module, "_live_tensors", "Tensors alive in this process.",
         [] { return LiveTensorCount(); });
  return tensor;
}

}  // namespace prova::python
