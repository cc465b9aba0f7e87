#pragma once

#include <vector>

#include "autograd/tape.h"

namespace prova {

/// Leaves that keep their gradients, for languages where a variable is an object that is told to be
/// followed. `backward` returns gradients; here they lie with the leaf, whichever handle asks.

/// Whether no recorded operation made x: it is a parameter, or the tape does not follow it.
bool is_leaf(const Tensor& x);

/// Makes x itself a leaf of the tape, for all of its handles (`parameter` makes a new one), or
/// takes it off, together with its gradient. What was recorded before takes x as a constant.
/// Errors: kDType unless floating; kGradient for the result of a recorded operation.
void follow(const Tensor& x, bool on);

/// The gradient that leaf x keeps; undefined where it keeps none.
Tensor kept_gradient(const Tensor& x);

/// Keeps another gradient, or none for an undefined one.
/// Errors: kGradient unless x is a leaf on the tape; kShape unless the gradient has x's shape and
/// dtype; kDevice unless it is where x is.
void keep_gradient(const Tensor& x, const Tensor& gradient);

/// While one is alive, every backward pass of this thread calls `check` before each node's product.
/// What it throws ends the pass: so a user can interrupt what takes long.
class ScopedInterrupt {
 public:
  explicit ScopedInterrupt(void (*check)());
  ~ScopedInterrupt();
  ScopedInterrupt(const ScopedInterrupt&) = delete;
  ScopedInterrupt& operator=(const ScopedInterrupt&) = delete;

 private:
  void (*before_)();
};

/// What a backward pass found for one leaf.
struct LeafGradient {
  Tensor leaf;
  Tensor gradient;
};

/// `backward`, with each gradient beside its leaf; leaves without a handle are left out.
std::vector<LeafGradient> leaf_gradients(const Tensors& outputs, const Tensors& cotangents = {});

}  // namespace prova
