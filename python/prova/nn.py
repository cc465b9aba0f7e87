"""Layers and models, in PyTorch's habit: names, arguments and the layouts of weights are PyTorch's.

What differs: weights start He-uniform and biases at 0, as in C++, where PyTorch starts both with a
sixth of that variance; random numbers come from an explicit generator (`rng=prova.Rng(7)`), or from
one of the package that `manual_seed` sets and that starts at seed 0 in every process.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence, Tuple, Union

from prova import _core, _dtypes
from prova._core import DType, Rng, Tensor
from prova._module import (LoadResult, Module, ModuleList, Parameter, Sequential, at_least,
                           two_at_least)
from prova.errors import ArgumentError

__all__ = [
    "Conv2d", "Dropout", "Embedding", "Flatten", "GELU", "LayerNorm", "Linear", "LoadResult",
    "MaxPool2d", "Module", "ModuleList", "Parameter", "ReLU", "Sequential", "Sigmoid", "Softmax",
    "Tanh", "he_normal", "he_uniform", "manual_seed", "xavier_normal", "xavier_uniform"]

# Makes weights of a shape: he_uniform and its like.
Initializer = Callable[[Sequence[int], Optional[Rng], DType], Tensor]
Size = Union[int, Tuple[int, int]]

_package_rng = Rng(0)


def manual_seed(seed: int) -> None:
    """Restarts the generator that is used where no `rng` is given."""
    global _package_rng
    _package_rng = Rng(seed)


def package_rng() -> Rng:
    """The generator that is used where no `rng` is given."""
    return _package_rng


def he_normal(shape: Sequence[int], rng: Rng | None = None,
              dtype: DType = _dtypes.float32) -> Tensor:
    """Normal weights of variance 2 / fan_in, for a relu that follows (K. He et al., ICCV 2015)."""
    return _core._he_normal(tuple(shape), rng or _package_rng, dtype)


def he_uniform(shape: Sequence[int], rng: Rng | None = None,
               dtype: DType = _dtypes.float32) -> Tensor:
    """Uniform weights of variance 2 / fan_in, for a relu that follows (K. He et al., ICCV 2015)."""
    return _core._he_uniform(tuple(shape), rng or _package_rng, dtype)


def xavier_normal(shape: Sequence[int], rng: Rng | None = None,
                  dtype: DType = _dtypes.float32) -> Tensor:
    """Normal weights of variance 2 / (fan_in + fan_out), before tanh, softmax or nothing.

    Source: X. Glorot, Y. Bengio, AISTATS 2010.
    """
    return _core._xavier_normal(tuple(shape), rng or _package_rng, dtype)


def xavier_uniform(shape: Sequence[int], rng: Rng | None = None,
                   dtype: DType = _dtypes.float32) -> Tensor:
    """Uniform weights of variance 2 / (fan_in + fan_out), before tanh, softmax or nothing.

    Source: X. Glorot, Y. Bengio, AISTATS 2010.
    """
    return _core._xavier_uniform(tuple(shape), rng or _package_rng, dtype)


class Linear(Module):
    """y = x weight^T + bias, for x [..., in_features]; weight [out, in], bias [out] or None."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True, *,
                 rng: Rng | None = None, initializer: Initializer = he_uniform,
                 dtype: DType = _dtypes.float32) -> None:
        self.in_features = at_least("Linear", "in_features", in_features, 1)
        self.out_features = at_least("Linear", "out_features", out_features, 1)
        shape = (self.out_features, self.in_features)
        self.weight: Tensor = Parameter(initializer(shape, rng, dtype))
        self.bias: Tensor | None = _zeros(self.out_features, dtype) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """[..., out_features]."""
        return _core.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Sizes."""
        return f"{self.in_features}, {self.out_features}" + _without_bias(self.bias)


class Conv2d(Module):
    """Cross-correlation of x [n, in, h, w]; weight [out, in/groups, height, width], bias [out]."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size = 1,
                 padding: Size = 0, dilation: Size = 1, groups: int = 1, bias: bool = True, *,
                 rng: Rng | None = None, initializer: Initializer = he_uniform,
                 dtype: DType = _dtypes.float32) -> None:
        self.in_channels = at_least("Conv2d", "in_channels", in_channels, 1)
        self.out_channels = at_least("Conv2d", "out_channels", out_channels, 1)
        self.kernel_size = two_at_least("Conv2d", "kernel_size", kernel_size, 1)
        self.stride = two_at_least("Conv2d", "stride", stride, 1)
        self.padding = two_at_least("Conv2d", "padding", padding, 0)
        self.dilation = two_at_least("Conv2d", "dilation", dilation, 1)
        self.groups = at_least("Conv2d", "groups", groups, 1)
        if in_channels % groups or out_channels % groups:
            raise ArgumentError(f"Conv2d: groups is {groups} for {in_channels} to {out_channels} "
                                "channels; need a divisor of both")
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        self.weight: Tensor = Parameter(initializer(shape, rng, dtype))
        self.bias: Tensor | None = _zeros(self.out_channels, dtype) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """[n, out_channels, h', w']."""
        return _core.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation,
                            self.groups)

    def extra_repr(self) -> str:
        """Channels, and what is not the default."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        for name, usual in (("stride", (1, 1)), ("padding", (0, 0)), ("dilation", (1, 1)),
                            ("groups", 1)):
            value = getattr(self, name)
            text += f", {name}={value}" if value != usual else ""
        return text + _without_bias(self.bias)


class MaxPool2d(Module):
    """The largest element of each window of x [n, c, h, w]; windows do not overlap by default."""

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
                 dilation: Size = 1, ceil_mode: bool = False) -> None:
        self.kernel_size = two_at_least("MaxPool2d", "kernel_size", kernel_size, 1)
        self.stride = (self.kernel_size if stride is None else
                       two_at_least("MaxPool2d", "stride", stride, 1))
        self.padding = two_at_least("MaxPool2d", "padding", padding, 0)
        self.dilation = two_at_least("MaxPool2d", "dilation", dilation, 1)
        self.ceil_mode = ceil_mode

    def forward(self, x: Tensor) -> Tensor:
        """[n, c, h', w']."""
        return _core.max_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation,
                                self.ceil_mode)

    def extra_repr(self) -> str:
        """Sizes."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}"


class LayerNorm(Module):
    """Normalizes the last axes of x, of sizes normalized_shape, to mean 0 and variance 1.

    weight, bias: of that shape; they start as 1 and 0.
    """

    def __init__(self, normalized_shape: int | Sequence[int], eps: float = 1e-5,
                 bias: bool = True, *, dtype: DType = _dtypes.float32) -> None:
        sizes = normalized_shape if isinstance(normalized_shape, Sequence) else [normalized_shape]
        self.normalized_shape = tuple(at_least("LayerNorm", "normalized_shape", size, 1)
                                      for size in sizes)
        if not self.normalized_shape:
            raise ArgumentError("LayerNorm: normalized_shape is (); need one axis or more")
        if not 0 < eps < float("inf"):
            raise ArgumentError(f"LayerNorm: eps is {eps}; need a finite number > 0")
        self.eps = eps
        self.weight: Tensor = Parameter(_core.ones(self.normalized_shape, dtype))
        self.bias: Tensor | None = _zeros(self.normalized_shape, dtype) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """The shape of x."""
        return _core.layer_norm(x, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Sizes."""
        return f"{self.normalized_shape}, eps={self.eps}" + _without_bias(self.bias)


class Embedding(Module):
    """A table of vectors, looked up by index: indices of any shape to [*indices, embedding_dim].

    weight: [num_embeddings, embedding_dim]; starts standard normal.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, *, rng: Rng | None = None,
                 dtype: DType = _dtypes.float32) -> None:
        self.num_embeddings = at_least("Embedding", "num_embeddings", num_embeddings, 1)
        self.embedding_dim = at_least("Embedding", "embedding_dim", embedding_dim, 1)
        shape = (self.num_embeddings, self.embedding_dim)
        self.weight: Tensor = Parameter(_core.randn(shape, rng or _package_rng, dtype))

    def forward(self, indices: Tensor) -> Tensor:
        """[*indices, embedding_dim]."""
        return _core.embedding(indices, self.weight)

    def extra_repr(self) -> str:
        """Sizes."""
        return f"{self.num_embeddings}, {self.embedding_dim}"


class Dropout(Module):
    """In training, sets elements to 0 with probability p and multiplies the others by 1 / (1 - p).

    rng: a generator of its own, split from the one given, which each call in training advances.
    """

    def __init__(self, p: float = 0.5, *, rng: Rng | None = None) -> None:
        if not 0 <= p <= 1:
            raise ArgumentError(f"Dropout: p is {p}; need 0 <= p <= 1")
        self.p = p
        self.rng = (rng or _package_rng).split()

    def forward(self, x: Tensor) -> Tensor:
        """The shape of x; x itself in use."""
        return _core.dropout(x, self.p, self.rng) if self.training else x

    def extra_repr(self) -> str:
        """The rate."""
        return f"p={self.p}"


class ReLU(Module):
    """max(x, 0)."""

    def forward(self, x: Tensor) -> Tensor:
        """The shape of x."""
        return _core.relu(x)


class GELU(Module):
    """x Phi(x), Phi the normal distribution, or with approximate='tanh' the form by tanh."""

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ArgumentError(f"GELU: approximate is {approximate!r}; need 'none' or 'tanh'")
        self.approximate = approximate

    def forward(self, x: Tensor) -> Tensor:
        """The shape of x."""
        return _core.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        """The form."""
        return f"approximate={self.approximate!r}"


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, x: Tensor) -> Tensor:
        """The shape of x."""
        return _core.tanh(x)


class Sigmoid(Module):
    """1 / (1 + exp(-x))."""

    def forward(self, x: Tensor) -> Tensor:
        """The shape of x."""
        return _core.sigmoid(x)


class Softmax(Module):
    """exp(x) over its sum along an axis."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """The shape of x."""
        return _core.softmax(x, self.dim)

    def extra_repr(self) -> str:
        """The axis."""
        return f"dim={self.dim}"


class Flatten(Module):
    """x [n, a, b, ...] to [n, a * b * ...]."""

    def forward(self, x: Tensor) -> Tensor:
        """A matrix."""
        if x.ndim == 0:
            raise ArgumentError("Flatten: a tensor without axes; need a first axis of samples")
        features = 1  # with 0 samples, -1 could not be inferred
        for size in x.shape[1:]:
            features *= size
        return _core.reshape(x, (x.shape[0], features))


def _zeros(shape: Any, dtype: DType) -> Tensor:
    zeros: Tensor = Parameter(_core.zeros(shape, dtype))
    return zeros


def _without_bias(bias: Tensor | None) -> str:
    return "" if bias is not None else ", bias=False"
