#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace prova {

/// The tape.
///
/// An operation that has a tracked input hangs a node on its output: the operation's name, its
/// inputs, and a vector-Jacobian product written with public operations. The tape is the graph of
/// these nodes; it lives exactly as long as the tensors that lead to it.

namespace internal {
class Node;
struct Targets;
}  // namespace internal

using Tensors = std::vector<Tensor>;

/// What a vector-Jacobian product is handed, for the time of the call: the inputs and outputs that
/// the operation had, all of them, also where the caller has dropped an output.
class Saved {
 public:
  const Tensor& input(size_t i = 0) const { return (*inputs_)[i]; }
  const Tensor& output(size_t i = 0) const { return outputs_[i]; }
  const Tensors& inputs() const { return *inputs_; }
  /// Whether anybody asks for the gradient of input i; others may stay undefined.
  bool needs(size_t i) const;

 private:
  friend class internal::Node;
  Saved(const Tensors& inputs, const internal::Targets& targets)
      : inputs_(&inputs), targets_(&targets) {}

  const Tensors* inputs_;
  const internal::Targets* targets_;
  Tensors outputs_;
};

/// From the gradient of the output to those of the inputs, one an input, undefined where an input
/// has none (an index, a mask) or nobody needs it. Must not capture the output: that would leak.
/// Inputs and outputs are checked against overwriting; what it captures beside them is not.
using Vjp = std::function<Tensors(const Tensor& dy, const Saved& saved)>;

/// The same for several outputs; `dy[i]` is undefined where output i does not reach the loss.
using VjpMany = std::function<Tensors(const Tensors& dy, const Saved& saved)>;

/// The inputs of an operation, up to four by name or a list of any length, not copied.
class Inputs {
 public:
  template <std::same_as<Tensor>... Few>
  Inputs(const Few&... few) : few_{&few...}, size_(sizeof...(few)) {}
  Inputs(const Tensors& many) : many_(many.data()), size_(many.size()) {}

  size_t size() const { return size_; }
  const Tensor& operator[](size_t i) const { return many_ != nullptr ? many_[i] : *few_[i]; }
  Tensors Copy() const;

 private:
  const Tensor* few_[4] = {};
  const Tensor* many_ = nullptr;
  size_t size_;
};

/// Whether recording is on and an input is tracked: a floating result of these would be recorded.
bool IsRecorded(const Inputs& inputs);

namespace internal {
Tensor HangNode(const char* op, Tensors inputs, Tensor output, Vjp vjp);
}  // namespace internal

/// `output`, tracked if recording is on, it is floating and an input is tracked. Returns it so that
/// an operation can end with `return Record("exp", {x}, y, …)`. `op` must be a string literal.
/// Where nothing is recorded, neither inputs nor `vjp`, a function as `Vjp`, are copied.
template <typename AnyVjp>
Tensor Record(const char* op, const Inputs& inputs, Tensor output, AnyVjp&& vjp) {
  if (!IsFloating(output.dtype()) || !IsRecorded(inputs)) return output;
  return internal::HangNode(op, inputs.Copy(), std::move(output), std::forward<AnyVjp>(vjp));
}
Tensors Record(const char* op, Tensors inputs, Tensors outputs, VjpMany vjp);

/// A leaf of the tape: the same value under a new handle whose gradient `backward` finds.
/// Errors: kDType unless floating.
Tensor parameter(const Tensor& value);

/// The same value under a new handle that the tape does not follow.
Tensor detach(const Tensor& x);

/// Whether x is a parameter or was computed from one while recording.
bool is_tracked(const Tensor& x);

/// Whether operations of this thread are recorded now.
bool IsRecording();

/// Switches recording on or off for this thread while alive.
class ScopedRecording {
 public:
  explicit ScopedRecording(bool on);
  ~ScopedRecording();
  ScopedRecording(const ScopedRecording&) = delete;
  ScopedRecording& operator=(const ScopedRecording&) = delete;

 private:
  bool before_;
};

/// Nothing is recorded while one is alive: `NoGrad no_grad;`.
class NoGrad : public ScopedRecording {
 public:
  NoGrad() : ScopedRecording(false) {}
};

/// Runs `body` without recording and returns what it returns.
template <typename Body>
auto no_grad(Body&& body) {
  NoGrad off;
  return body();
}

/// What `backward` found.
class Gradients {
 public:
  /// The gradient of the loss with respect to w, in w's shape and dtype.
  /// Errors: kGradient where w is not connected to the loss.
  const Tensor& operator[](const Tensor& w) const;
  bool contains(const Tensor& w) const;
  size_t size() const { return found_.size(); }

 private:
  friend Gradients backward(const Tensors&, const struct BackwardOptions&);
  std::unordered_map<int64_t, Tensor> found_;  ///< by place on the tape, so that it holds no graph
  std::vector<int64_t> named_;                 ///< places of `wrt`
};

struct BackwardOptions {
  /// Gradients of the given outputs; where empty, each output is one number and its gradient 1.
  Tensors cotangents = {};
  /// Record the backward pass itself, so that its results can be differentiated again.
  bool create_graph = false;
  /// Where given: keep the gradients of these, intermediate results too, and of nothing else.
  Tensors wrt = {};
  /// Take `wrt` as independent variables: a path through one of them ends there.
  bool wrt_independent = false;
};

/// Gradients of a loss with respect to every parameter it was computed from. Works through any
/// depth without recursion. Errors: kGradient where the loss is not tracked or a saved value was
/// overwritten since; kShape where it is not one number and no cotangent is given.
Gradients backward(const Tensor& loss, const BackwardOptions& options = {});
Gradients backward(const Tensors& outputs, const BackwardOptions& options);

/// The tracked tensors that `outputs` were computed from by operations recorded after `mark`.
Tensors ExternalInputs(const Tensors& outputs, int64_t mark);
/// The present position of the tape.
int64_t TapeMark();

}  // namespace prova
