#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/fields.h"

namespace prova {

/// A layer of any type: a copyable value that maps a tensor to a tensor. For composition at run
/// time; a model whose structure is known is better written as a struct with PROVA_FIELDS.
///
/// Its parameters, modes and generators are those of the layer inside, under the same names.
/// Functions and lambdas without captures are layers too; a lambda with captures is refused by the
/// compiler, since its captures could hide parameters. Copies share parameters as tensors do.
class Module {
 public:
  template <typename Layer>
  requires(!std::same_as<Layer, Module> && std::copy_constructible<Layer> &&
           internal::IsVisitable<Layer>() &&
           std::convertible_to<std::invoke_result_t<const Layer&, const Tensor&>, Tensor>)
      Module(Layer layer)
      : held_(std::make_unique<Holder<Layer>>(std::move(layer))) {}
  Module(const Module& other) : held_(other.held_->Copy()) {}
  Module(Module&&) noexcept = default;
  Module& operator=(Module other) noexcept {
    held_.swap(other.held_);
    return *this;
  }

  Tensor operator()(const Tensor& x) const { return held_->Call(x); }

  void VisitFields(FieldVisitor& visitor, const std::string& prefix) {
    held_->VisitFields(visitor, prefix);
  }

 private:
  struct Held {
    virtual ~Held() = default;
    virtual std::unique_ptr<Held> Copy() const = 0;
    virtual Tensor Call(const Tensor& x) const = 0;
    virtual void VisitFields(FieldVisitor& visitor, const std::string& prefix) = 0;
  };

  template <typename Layer>
  struct Holder final : Held {
    explicit Holder(Layer value) : layer(std::move(value)) {}
    std::unique_ptr<Held> Copy() const override { return std::make_unique<Holder>(*this); }
    Tensor Call(const Tensor& x) const override { return layer(x); }
    void VisitFields(FieldVisitor& visitor, const std::string& prefix) override {
      internal::VisitField(visitor, prefix, layer);
    }
    Layer layer;
  };

  std::unique_ptr<Held> held_;
};

/// Layers applied one after another: `Sequential(Linear({.in = 64, .out = 10}, rng), Relu())`.
/// Parameters are named by position: `0.weight`, `0.bias`, …. Without layers it is the identity.
class Sequential {
 public:
  Sequential() = default;
  template <typename... Layers>
  requires(sizeof...(Layers) > 0 &&
           (std::constructible_from<Module, Layers> && ...)) explicit Sequential(Layers... layers) {
    layers_.reserve(sizeof...(Layers));
    (layers_.emplace_back(std::move(layers)), ...);
  }

  void push_back(Module layer) { layers_.push_back(std::move(layer)); }
  size_t size() const { return layers_.size(); }

  Tensor operator()(const Tensor& x) const {
    Tensor y = x;
    for (const Module& layer : layers_) y = layer(y);
    return y;
  }

  void VisitFields(FieldVisitor& visitor, const std::string& prefix) {
    internal::VisitField(visitor, prefix, layers_);
  }

 private:
  std::vector<Module> layers_;
};

}  // namespace prova
