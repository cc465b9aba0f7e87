#include "bench/onednn.h"

#include <memory>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"

namespace prova::onednn {
namespace {

dnnl::memory::data_type DataType(DType dtype) {
  using Type = dnnl::memory::data_type;
  switch (dtype) {
    case DType::kFloat32: return Type::f32;
    case DType::kFloat16: return Type::f16;
    case DType::kBFloat16: return Type::bf16;
    case DType::kInt32: return Type::s32;
    case DType::kInt8: return Type::s8;
    case DType::kUInt8: return Type::u8;
    default: break;
  }
  Fail(ErrorCode::kDType, {.where = "onednn",
                           .given = Cat("a tensor of ", dtype),
                           .need = "float32, float16, bfloat16, int32, int8 or uint8"});
}

using Reorders = std::vector<std::pair<dnnl::memory, dnnl::memory>>;

/// Everything that one run needs, made once.
struct Execution {
  dnnl::primitive primitive;
  std::unordered_map<int, dnnl::memory> arguments;
  Reorders before, after;  // from, to
  std::vector<dnnl::reorder> first, last;

  void Run() {
    for (size_t i = 0; i < first.size(); ++i) {
      first[i].execute(Stream(), before[i].first, before[i].second);
    }
    primitive.execute(Stream(), arguments);
    for (size_t i = 0; i < last.size(); ++i) {
      last[i].execute(Stream(), after[i].first, after[i].second);
    }
    Stream().wait();
  }
};

/// The argument at place `role`, in the layout that the primitive wants, and the user's beside it.
std::pair<dnnl::memory, dnnl::memory> Memories(const dnnl::primitive_desc_base& description,
                                               int role, const Tensor& tensor) {
  const dnnl::memory::desc want = description.query_md(dnnl::query::exec_arg_md, role);
  if (!tensor.defined()) {
    const dnnl::memory own(want, Engine());
    return {own, own};
  }
  const Shape shape(want.dims());
  const dnnl::memory::desc plain =
      shape == tensor.shape() ? Describe(tensor) : Describe(tensor, shape);
  // A peer reads the inputs; oneDNN's interface takes all memory as writable.
  const dnnl::memory user(plain, Engine(), const_cast<void*>(tensor.raw_data()));
  if (plain == want) return {user, user};
  return {dnnl::memory(want, Engine()), user};
}

}  // namespace

dnnl::engine& Engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& Stream() {
  static dnnl::stream stream(Engine());
  return stream;
}

dnnl::memory::desc Describe(const Tensor& tensor, Layout layout) {
  const dnnl::memory::dims sizes(tensor.shape().begin(), tensor.shape().end());
  if (layout == Layout::kAny) {
    return {sizes, DataType(tensor.dtype()), dnnl::memory::format_tag::any};
  }
  dnnl::memory::dims strides(tensor.strides().begin(), tensor.strides().end());
  // The step along an axis of size 1 says nothing, but oneDNN takes it for a leading dimension.
  for (int axis = tensor.rank() - 2; axis >= 0; --axis) {
    if (sizes[axis] == 1) strides[axis] = strides[axis + 1] * sizes[axis + 1];
  }
  return {sizes, DataType(tensor.dtype()), strides};
}

dnnl::memory::desc Describe(const Tensor& tensor, const Shape& shape, Layout layout) {
  const dnnl::memory::dims sizes(shape.begin(), shape.end());
  if (layout == Layout::kAny) {
    return {sizes, DataType(tensor.dtype()), dnnl::memory::format_tag::any};
  }
  const Strides strides = ContiguousStrides(shape);
  return {sizes, DataType(tensor.dtype()), dnnl::memory::dims(strides.begin(), strides.end())};
}

Peer MakePeer(const dnnl::primitive_desc_base& description, const dnnl::primitive& primitive,
              const Arguments& inputs, const Arguments& outputs, const Tensor& y, Layout layout) {
  auto execution = std::make_shared<Execution>();
  execution->primitive = primitive;
  for (const auto& [role, tensor] : inputs) {
    const auto [own, user] = Memories(description, role, tensor);
    execution->arguments.emplace(role, own);
    if (own == user) continue;
    execution->before.emplace_back(user, own);
    execution->first.emplace_back(user, own);
  }
  for (const auto& [role, tensor] : outputs) {
    const auto [own, user] = Memories(description, role, tensor);
    execution->arguments.emplace(role, own);
    if (own == user) continue;
    execution->after.emplace_back(own, user);
    execution->last.emplace_back(own, user);
  }
  return {.name = "onednn",
          .way = layout == Layout::kPlain ? "plain" : "any",
          .run = [execution, inputs, outputs] { execution->Run(); },
          .y = y};
}

void AddLayouts(std::vector<Peer>& peers, const std::function<Peer(Layout layout)>& make) {
  for (Layout layout : kLayouts) {
    try {
      peers.push_back(make(layout));
    } catch (const dnnl::error& problem) {
      if (problem.status != dnnl_unimplemented) throw;
    }
  }
}

}  // namespace prova::onednn
