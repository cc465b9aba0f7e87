#include "python/indexing.h"

#include "autograd/movement.h"
#include "python/creation.h"

namespace prova::python {
namespace {

constexpr Place kKey = {"index", "a key"};

/// One bound of a slice, or nothing.
std::optional<int64_t> Bound(nb::handle bound) {
  if (bound.is_none()) return {};
  int64_t value = 0;
  if (ReadInteger({"index", "a slice's bound"}, bound, value)) return value;
  FailArgument({"index", "a slice's bound"}, bound, "an int or nothing");
}

/// Walks the keys, the axis of x and the axis of the result side by side.
class Indexer {
 public:
  explicit Indexer(const Tensor& x) : result_(x), rank_(x.rank()) {}

  Tensor Apply(const nb::object& key) {
    if (!PyTuple_Check(key.ptr())) {
      CountKey(key);
      ApplyOne(key);
      return result_;
    }
    const auto keys = nb::borrow<nb::tuple>(key);
    for (nb::handle each : keys) CountKey(each);
    for (nb::handle each : keys) ApplyOne(each);
    return result_;
  }

 private:
  /// Keys that use up an axis; an Ellipsis stands for those that no other key does.
  void CountKey(nb::handle key) {
    if (key.ptr() == Py_Ellipsis) {
      if (++ellipses_ > 1) {
        Fail(ErrorCode::kIndex, {.where = "index", .given = "two ellipses", .need = "at most one"});
      }
    } else if (!key.is_none() && ++used_ > rank_) {
      Fail(ErrorCode::kIndex,
           {.where = "index",
            .given = Cat("more indices than the axes of shape ", result_.shape()),
            .need = Cat("at most ", rank_)});
    }
  }

  void ApplyOne(nb::handle key) {
    int64_t at = 0;
    if (key.is_none()) {
      result_ = unsqueeze(result_, axis_++);
    } else if (key.ptr() == Py_Ellipsis) {
      axis_ += rank_ - used_;
    } else if (PySlice_Check(key.ptr())) {
      const auto* bounds = reinterpret_cast<const PySliceObject*>(key.ptr());
      const SliceSpec spec = {Bound(bounds->start), Bound(bounds->stop),
                              Bound(bounds->step).value_or(1)};
      const bool takes_all = !spec.start && !spec.stop && spec.step == 1;
      if (!takes_all) result_ = slice(result_, axis_, spec);
      ++axis_;
    } else if (ReadIndex(key, at)) {
      TakeOne(at);
    } else {
      FailArgument(kKey, key, "an int, a slice, None or ...",
                   "rows by number: prova.embedding(indices, x); by condition: prova.where");
    }
  }

  /// Whether `key` is one integer; tensors and arrays are only where they have no axes.
  static bool ReadIndex(nb::handle key, int64_t& at) {
    const Tensor* x = TensorIn(key);
    if (x != nullptr && (x->rank() > 0 || !IsInteger(x->dtype()))) return false;
    return ReadInteger(kKey, key, at);
  }

  void TakeOne(int64_t at) {
    const int64_t size = result_.size(axis_);
    if (at < -size || at >= size) {
      Fail(ErrorCode::kIndex,
           {.where = "index",
            .given = Cat(at, " is out of range for axis of size ", size),
            .need = size == 0 ? "an axis with elements" : Cat(-size, "..", size - 1)});
    }
    const int64_t begin = at < 0 ? at + size : at;
    result_ = slice(result_, axis_, {.start = begin, .stop = begin + 1});
    result_ = squeeze(result_, {axis_});
  }

  Tensor result_;
  const int rank_;
  int axis_ = 0;  // of the result, where the next key applies
  int used_ = 0;  // axes of x that keys use up
  int ellipses_ = 0;
};

}  // namespace

Tensor GetItem(const Tensor& x, const nb::object& key) {
  const Tensor y = Indexer(x).Apply(key);
  // x[...] is a new handle: what is done to its place on the tape is not done to that of x.
  return y.attachment() == nullptr && &y.shape() == &x.shape() ? y.Alias() : y;
}

void SetItem(const Tensor& x, const nb::object& key, const nb::object& value) {
  const Tensor* source = TensorIn(value);
  const bool tracks = is_tracked(x) || (source != nullptr && is_tracked(*source));
  if (tracks && IsRecording()) {
    Fail(ErrorCode::kGradient,
         {.where = "assign",
          .given =
              is_tracked(x) ? "a tensor that the tape follows" : "a value that the tape follows",
          .need = "tensors that it does not",
          .hint = "compute with prova.where, or write inside prova.no_grad()"});
  }
  const Tensor target = no_grad([&] { return Indexer(x).Apply(key); });
  const Tensor values =
      source != nullptr ? *source : AsTensor({"assign", "value"}, value, x.dtype());
  assign(target, values);
}

}  // namespace prova::python
