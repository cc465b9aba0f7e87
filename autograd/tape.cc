#include "autograd/tape.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <span>
#include <unordered_set>
#include <utility>

#include "autograd/accumulate.h"
#include "autograd/leaf.h"
#include "base/block_pool.h"
#include "base/text.h"
#include "tensor/create.h"
#include "tensor/one_device.h"

namespace prova {
namespace internal {

/// What a tracked tensor carries: its place on the tape. It lives in the node that made the tensor.
struct Tracking : TensorAttachment {
  Node* node = nullptr;
  int64_t place = 0;
  int64_t version = 0;
  Tensor::Weak output;
  Tensor kept;      ///< the untracked value, where `output` may be gone before the backward pass
  Tensor gradient;  ///< that of a leaf, where it is told to keep one
};

const Tracking* TrackingOf(const Tensor& x) {
  return x.defined() ? static_cast<const Tracking*>(x.attachment().get()) : nullptr;
}

/// What a backward pass is after: every leaf, or chosen tensors and the nodes that lead to them.
struct Targets {
  bool all_leaves = true;
  std::unordered_set<const Tracking*> chosen = {};
  std::unordered_map<const Node*, bool> leading = {};

  bool Leads(const Node* node) const {
    auto entry = leading.find(node);
    return entry != leading.end() && entry->second;
  }
  bool Follows(const Tracking* input) const {
    return input != nullptr && (all_leaves || Leads(input->node) || chosen.contains(input));
  }
};

namespace {

std::atomic<int64_t> next_place{0};
thread_local bool recording = true;
thread_local void (*interrupt_check)() = nullptr;

}  // namespace

/// One recorded operation, or a leaf.
class Node : public std::enable_shared_from_this<Node> {
 public:
  /// Puts a new node behind the floating ones of `outputs`.
  template <typename AnyVjp>
  static void Hang(const char* op, Tensors inputs, std::span<Tensor> outputs, AnyVjp vjp) {
    std::shared_ptr<Node> node(new Node(op, std::move(inputs), std::move(vjp)), Free,
                               PooledAllocator<Node>());
    node->SetOutputs(outputs);
  }

  // Nodes come and go with every recorded call.
  static void* operator new(size_t) { return ThreadBlocks<sizeof(Node)>::Take(); }
  static void operator delete(void* block) { ThreadBlocks<sizeof(Node)>::GiveBack(block); }

  /// The order of recording: inputs have smaller places than outputs.
  int64_t place() const { return outputs_.front().place; }
  bool is_leaf() const { return !vjp_ && !vjp_many_; }
  const Tensors& inputs() const { return inputs_; }
  const std::vector<Tracking>& outputs() const { return outputs_; }

  Tensors CallVjp(const Tensors& dy, const Targets& targets) {
    Saved saved(inputs_, targets);
    for (Tracking& output : outputs_) saved.outputs_.push_back(Output(output));
    CheckVersions(saved);
    Tensors dx = vjp_ ? vjp_(dy[0], saved) : vjp_many_(dy, saved);
    CheckGradients(dx);
    return dx;
  }

 private:
  Node(const char* op, Tensors inputs, Vjp vjp)
      : op_(op), inputs_(std::move(inputs)), vjp_(std::move(vjp)) {
    SaveVersions();
  }
  Node(const char* op, Tensors inputs, VjpMany vjp)
      : op_(op), inputs_(std::move(inputs)), vjp_many_(std::move(vjp)) {
    SaveVersions();
  }

  /// A node that goes while another is being freed waits in a list: no recursion at any depth.
  static void Free(Node* node) {
    static thread_local Node* waiting = nullptr;
    static thread_local bool freeing = false;
    node->next_to_free_ = std::exchange(waiting, node);
    if (freeing) return;
    freeing = true;
    while (waiting != nullptr) {
      Node* next = waiting;
      waiting = next->next_to_free_;
      delete next;
    }
    freeing = false;
  }

  void SaveVersions() {
    input_versions_.reserve(inputs_.size());
    for (const Tensor& input : inputs_) {
      input_versions_.push_back(input.defined() ? input.storage()->version() : 0);
    }
  }

  void SetOutputs(std::span<Tensor> outputs) {
    outputs_ = std::vector<Tracking>(outputs.size());
    const int64_t first = next_place.fetch_add(static_cast<int64_t>(outputs.size()));
    for (size_t i = 0; i < outputs.size(); ++i) {
      Tensor& output = outputs[i];
      Tracking& tracking = outputs_[i];
      // A handle that has a place already, or that is an input, must not become its own ancestor.
      if (output.attachment() != nullptr || IsInput(output)) output = output.Alias();
      tracking.node = this;
      tracking.place = first + static_cast<int64_t>(i);
      tracking.version = output.storage()->version();
      // The only output of a node on the way to a loss is alive; one of several need not be.
      if (outputs.size() > 1) tracking.kept = output.Alias();
      if (IsFloating(output.dtype())) Attach(tracking, output);
    }
  }

  bool IsInput(const Tensor& output) const {
    return std::any_of(inputs_.begin(), inputs_.end(), [&](const Tensor& input) {
      return input.defined() && &input.shape() == &output.shape();
    });
  }

  void Attach(Tracking& tracking, const Tensor& output) {
    tracking.output = Tensor::Weak(output);
    output.Attach(std::shared_ptr<TensorAttachment>(shared_from_this(), &tracking));
  }

  Tensor Output(Tracking& tracking) {
    if (Tensor output = tracking.output.Lock(); output.defined()) return output;
    if (!tracking.kept.defined() || !IsFloating(tracking.kept.dtype())) return tracking.kept;
    const Tensor revived = tracking.kept.Alias();
    revived.Attach(std::shared_ptr<TensorAttachment>(shared_from_this(), &tracking));
    return revived;
  }

  void CheckVersions(const Saved& saved) const {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].defined() && inputs_[i].storage()->version() != input_versions_[i]) {
        FailOverwritten(Cat("input ", i));
      }
    }
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const Tensor& output = saved.outputs_[i];
      if (output.defined() && output.storage()->version() != outputs_[i].version) {
        FailOverwritten(outputs_.size() == 1 ? "its output" : Cat("output ", i));
      }
    }
  }

  [[noreturn]] void FailOverwritten(const std::string& what) const {
    Fail(ErrorCode::kGradient, {.where = op_,
                                .given = what + " was overwritten after it was recorded",
                                .need = "the value of the forward pass",
                                .hint = "call backward before assign or an optimizer's step"});
  }

  void CheckGradients(const Tensors& dx) const {
    if (dx.size() != inputs_.size()) {
      Fail(ErrorCode::kGradient,
           {.where = op_,
            .given = Cat("a vector-Jacobian product of ", dx.size(), " gradients"),
            .need = Cat(inputs_.size(), ", one an input")});
    }
    for (size_t i = 0; i < dx.size(); ++i) {
      if (!dx[i].defined() || !inputs_[i].defined()) continue;
      if (dx[i].shape() == inputs_[i].shape() && dx[i].dtype() == inputs_[i].dtype()) continue;
      Fail(ErrorCode::kGradient,
           {.where = op_,
            .given = Cat("a gradient of ", dx[i].dtype(), dx[i].shape(), " for input ", i),
            .need = Cat(inputs_[i].dtype(), inputs_[i].shape())});
    }
  }

  const char* op_;
  Tensors inputs_;
  std::vector<int64_t> input_versions_;
  std::vector<Tracking> outputs_;
  Vjp vjp_;
  VjpMany vjp_many_;
  Node* next_to_free_ = nullptr;
};

}  // namespace internal

bool Saved::needs(size_t i) const { return targets_->Follows(internal::TrackingOf((*inputs_)[i])); }

namespace {

using internal::Node;
using internal::recording;
using internal::Targets;
using internal::Tracking;
using internal::TrackingOf;

/// Gradients waiting for the nodes that still have to run, the latest node first.
class Frontier {
 public:
  void Add(const Tracking& at, const Tensor& gradient) {
    auto [entry, is_new] = waiting_.try_emplace(at.node->place());
    auto& [node, dy] = entry->second;
    if (is_new) {
      node = at.node;
      dy.resize(at.node->outputs().size());
    }
    Tensor& sum = dy[at.place - at.node->place()];
    sum = sum.defined() ? Accumulate(sum, gradient) : gradient;
  }

  bool empty() const { return waiting_.empty(); }

  std::pair<Node*, Tensors> PopLatest() {
    return std::move(waiting_.extract(waiting_.begin()).mapped());
  }

 private:
  std::map<int64_t, std::pair<Node*, Tensors>, std::greater<>> waiting_;
};

Targets FindTargets(const Tensors& outputs, const BackwardOptions& options) {
  Targets targets{.all_leaves = options.wrt.empty()};
  if (targets.all_leaves) return targets;
  int64_t earliest = TapeMark();
  for (const Tensor& w : options.wrt) {
    if (const Tracking* tracking = TrackingOf(w)) {
      targets.chosen.insert(tracking);
      earliest = std::min(earliest, tracking->node->place());
    }
  }
  std::vector<const Node*> nodes;
  auto reach = [&](const Tensor& x) {
    const Tracking* tracking = TrackingOf(x);
    if (tracking == nullptr || tracking->node->place() < earliest) return;
    if (options.wrt_independent && targets.chosen.contains(tracking)) return;
    if (targets.leading.try_emplace(tracking->node, false).second) nodes.push_back(tracking->node);
  };
  for (const Tensor& output : outputs) reach(output);
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const Tensor& input : nodes[i]->inputs()) reach(input);
  }
  std::sort(nodes.begin(), nodes.end(),
            [](const Node* a, const Node* b) { return a->place() < b->place(); });
  for (const Node* node : nodes) {
    targets.leading[node] =
        std::any_of(node->inputs().begin(), node->inputs().end(),
                    [&](const Tensor& input) { return targets.Follows(TrackingOf(input)); });
  }
  return targets;
}

void Seed(Frontier& frontier, const Targets& targets, const Tensors& outputs,
          const BackwardOptions& options) {
  const bool given = !options.cotangents.empty();
  if (given && options.cotangents.size() != outputs.size()) {
    Fail(ErrorCode::kValue, {.where = "backward",
                             .given = Cat(options.cotangents.size(), " cotangents"),
                             .need = Cat(outputs.size(), ", one an output")});
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& output = outputs[i];
    const Tracking* tracking = TrackingOf(output);
    if (tracking == nullptr) {
      Fail(ErrorCode::kGradient,
           {.where = "backward",
            .given = "a loss that no parameter leads to",
            .need = "a result computed from a parameter while recording",
            .hint = "make inputs with parameter(x) and compute outside no_grad"});
    }
    if (!given && output.numel() != 1) {
      Fail(ErrorCode::kShape, {.where = "backward",
                               .given = Cat("a loss of shape ", output.shape()),
                               .need = "one number, or a cotangent of the loss's shape",
                               .hint = "reduce it with sum or mean"});
    }
    if (given && (options.cotangents[i].shape() != output.shape() ||
                  options.cotangents[i].dtype() != output.dtype())) {
      Fail(ErrorCode::kShape, {.where = "backward",
                               .given = Cat("a cotangent of ", options.cotangents[i].dtype(),
                                            options.cotangents[i].shape()),
                               .need = Cat(output.dtype(), output.shape(), " as the output has")});
    }
    if (!targets.Follows(tracking)) continue;
    frontier.Add(*tracking, given ? options.cotangents[i] : ones_like(output));
  }
}

void RequireDifferentiable(const Tensor& x) {
  if (IsFloating(x.dtype())) return;
  Fail(ErrorCode::kDType,
       {.where = "parameter", .given = Cat("a tensor of ", x.dtype()), .need = "a floating dtype"});
}

/// Walks from `outputs` to what the options ask for; calls `keep` with the place of each and its
/// gradient.
template <typename Keep>
void Propagate(const Tensors& outputs, const BackwardOptions& options, Keep keep) {
  const Targets targets = FindTargets(outputs, options);
  ScopedRecording scope(options.create_graph);
  // The graph outlives this pass: the caller's `outputs` hold it.
  Frontier frontier;
  Seed(frontier, targets, outputs, options);
  while (!frontier.empty()) {
    auto [node, dy] = frontier.PopLatest();
    for (size_t i = 0; i < dy.size(); ++i) {
      const Tracking& output = node->outputs()[i];
      const bool is_asked_for =
          targets.all_leaves ? node->is_leaf() : targets.chosen.contains(&output);
      if (!is_asked_for || !dy[i].defined()) continue;
      // A product may hand on a tracked tensor as it is, such as the other factor.
      const bool tracked_by_chance = !options.create_graph && is_tracked(dy[i]);
      keep(output, tracked_by_chance ? detach(dy[i]) : dy[i]);
      if (options.wrt_independent) dy[i] = Tensor();
    }
    const bool goes_on = targets.all_leaves ? !node->is_leaf() : targets.Leads(node);
    if (!goes_on || std::none_of(dy.begin(), dy.end(), std::mem_fn(&Tensor::defined))) continue;
    if (internal::interrupt_check != nullptr) internal::interrupt_check();
    const Tensors dx = node->CallVjp(dy, targets);
    for (size_t i = 0; i < dx.size(); ++i) {
      const Tracking* input = TrackingOf(node->inputs()[i]);
      if (!dx[i].defined() || !targets.Follows(input)) continue;
      // What became a leaf after this node used it was a constant then.
      if (input->place < node->place()) frontier.Add(*input, dx[i]);
    }
  }
}

}  // namespace

bool IsRecording() { return recording; }

ScopedRecording::ScopedRecording(bool on) : before_(recording) { recording = on; }
ScopedRecording::~ScopedRecording() { recording = before_; }

ScopedInterrupt::ScopedInterrupt(void (*check)())
    : before_(std::exchange(internal::interrupt_check, check)) {}
ScopedInterrupt::~ScopedInterrupt() { internal::interrupt_check = before_; }

bool is_tracked(const Tensor& x) { return TrackingOf(x) != nullptr; }

Tensors Record(const char* op, Tensors inputs, Tensors outputs, VjpMany vjp) {
  const bool differentiable = std::any_of(outputs.begin(), outputs.end(), [](const Tensor& output) {
    return IsFloating(output.dtype());
  });
  if (recording && differentiable && std::any_of(inputs.begin(), inputs.end(), is_tracked)) {
    Node::Hang(op, std::move(inputs), outputs, std::move(vjp));
  }
  return outputs;
}

Tensors Inputs::Copy() const {
  Tensors copies;
  copies.reserve(size_);
  for (size_t i = 0; i < size_; ++i) copies.push_back((*this)[i]);
  return copies;
}

bool IsRecorded(const Inputs& inputs) {
  if (!recording) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (is_tracked(inputs[i])) return true;
  }
  return false;
}

namespace internal {

Tensor HangNode(const char* op, Tensors inputs, Tensor output, Vjp vjp) {
  Node::Hang(op, std::move(inputs), {&output, 1}, std::move(vjp));
  return output;
}

}  // namespace internal

Tensor parameter(const Tensor& value) {
  RequireDifferentiable(value);
  Tensor leaf = value.Alias();
  Node::Hang("parameter", {}, {&leaf, 1}, Vjp());
  return leaf;
}

Tensor detach(const Tensor& x) { return x.Alias(); }

bool is_leaf(const Tensor& x) {
  const Tracking* tracking = TrackingOf(x);
  return tracking == nullptr || tracking->node->is_leaf();
}

void follow(const Tensor& x, bool on) {
  if (!is_leaf(x)) {
    Fail(ErrorCode::kGradient, {.where = "follow",
                                .given = "the result of a recorded operation",
                                .need = "a leaf",
                                .hint = "begin anew from detach(x)"});
  }
  if (on && !is_tracked(x)) {
    RequireDifferentiable(x);
    Tensor leaf = x;
    Node::Hang("parameter", {}, {&leaf, 1}, Vjp());
  } else if (!on) {
    x.Attach(nullptr);
  }
}

Tensor kept_gradient(const Tensor& x) {
  const Tracking* tracking = TrackingOf(x);
  return tracking != nullptr ? tracking->gradient : Tensor();
}

void keep_gradient(const Tensor& x, const Tensor& gradient) {
  if (!is_tracked(x) || !is_leaf(x)) {
    Fail(ErrorCode::kGradient, {.where = "gradient",
                                .given = is_tracked(x) ? "the result of a recorded operation"
                                                       : "a tensor that the tape does not follow",
                                .need = "a leaf of the tape"});
  }
  if (gradient.defined()) {
    if (gradient.shape() != x.shape() || gradient.dtype() != x.dtype()) {
      Fail(ErrorCode::kShape, {.where = "gradient",
                               .given = Cat(gradient.dtype(), gradient.shape()),
                               .need = Cat(x.dtype(), x.shape(), ", as the leaf has")});
    }
    RequireOneDevice("gradient", {x, gradient});
  }
  static_cast<Tracking*>(x.attachment().get())->gradient = gradient;
}

std::vector<LeafGradient> leaf_gradients(const Tensors& outputs, const Tensors& cotangents) {
  std::vector<LeafGradient> found;
  Propagate(outputs, {.cotangents = cotangents}, [&](const Tracking& at, const Tensor& gradient) {
    if (Tensor leaf = at.output.Lock(); leaf.defined()) found.push_back({leaf, gradient});
  });
  return found;
}

const Tensor& Gradients::operator[](const Tensor& w) const {
  const Tracking* tracking = TrackingOf(w);
  if (tracking != nullptr) {
    auto found = found_.find(tracking->place);
    if (found != found_.end()) return found->second;
  }
  const bool asked_for = tracking == nullptr || (named_.empty() && tracking->node->is_leaf()) ||
                         std::find(named_.begin(), named_.end(), tracking->place) != named_.end();
  if (!asked_for) {
    Fail(ErrorCode::kGradient,
         {.where = "gradients",
          .given = Cat("a tensor of shape ", w.shape(), " whose gradient was not kept"),
          .need = "a parameter, or a tensor named in wrt"});
  }
  Fail(ErrorCode::kGradient,
       {.where = "gradients",
        .given = Cat("a tensor of shape ", w.shape(), " that is not connected to the loss"),
        .need = "a parameter the loss was computed from",
        .hint = tracking == nullptr ? "it is not tracked: make it with parameter(x)" : ""});
}

bool Gradients::contains(const Tensor& w) const {
  const Tracking* tracking = TrackingOf(w);
  return tracking != nullptr && found_.contains(tracking->place);
}

Gradients backward(const Tensor& loss, const BackwardOptions& options) {
  return backward(Tensors{loss}, options);
}

Gradients backward(const Tensors& outputs, const BackwardOptions& options) {
  Gradients gradients;
  for (const Tensor& w : options.wrt) {
    if (const Tracking* tracking = TrackingOf(w)) gradients.named_.push_back(tracking->place);
  }
  Propagate(outputs, options, [&](const Tracking& at, const Tensor& gradient) {
    gradients.found_.emplace(at.place, gradient);
  });
  return gradients;
}

int64_t TapeMark() { return internal::next_place; }

Tensors ExternalInputs(const Tensors& outputs, int64_t mark) {
  Tensors found;
  std::unordered_set<const Tracking*> external;
  std::unordered_set<const Node*> seen;
  Tensors open = outputs;
  while (!open.empty()) {
    const Tensor x = std::move(open.back());
    open.pop_back();
    const Tracking* tracking = TrackingOf(x);
    if (tracking == nullptr) continue;
    if (tracking->node->place() < mark) {
      if (external.insert(tracking).second) found.push_back(x);
    } else if (seen.insert(tracking->node).second) {
      for (const Tensor& input : tracking->node->inputs()) open.push_back(input);
    }
  }
  return found;
}

}  // namespace prova
