"""Operations: every one of the catalogue is here, and agrees with NumPy or PyTorch."""

import math
import pathlib
import re

import numpy as np
import pytest

import prova

OPS = re.findall(r'^    "(\w+)",$', pathlib.Path("ops/ops.bzl").read_text(), re.MULTILINE)
# Where the Array API has a name of its own.
NAMES = {"div": "divide", "mul": "multiply", "neg": "negative", "sub": "subtract"}

EPSILON = {"float16": 2.0 ** -10, "float32": 2.0 ** -23, "float64": 2.0 ** -52}
FLOATS = list(EPSILON)
RNG = np.random.default_rng(7)


def normal(*shape, dtype="float32"):
    return RNG.standard_normal(shape).astype(dtype)


def agree(found, expected, dtype, scale=64):
    """Within `scale` roundings of the largest expected number."""
    expected = np.asarray(expected, np.float64)
    found = np.asarray(found)
    assert found.dtype == dtype and found.shape == expected.shape
    bound = scale * EPSILON[dtype] * max(1.0, np.abs(expected).max(initial=0.0))
    assert np.all(np.abs(found.astype(np.float64) - expected) <= bound)


def test_the_catalogue_is_complete():
    assert len(OPS) >= 26
    for op in OPS:
        function = getattr(prova, NAMES.get(op, op))
        assert NAMES.get(op, op) in prova.__all__
        assert function.__doc__ and "Raises:" in function.__doc__, op


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


erf = np.vectorize(math.erf)

UNARY = {
    "exp": np.exp,
    "gelu": lambda x: x * (1 + erf(x / math.sqrt(2))) / 2,
    "log_softmax": lambda x: np.log(softmax(x)),
    "negative": np.negative,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softmax": softmax,
    "tanh": np.tanh,
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_tensor(name, dtype):
    x = normal(5, 7, dtype=dtype)
    agree(getattr(prova, name)(prova.asarray(x)), UNARY[name](x.astype(np.float64)), dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["log", "sqrt"])
def test_functions_of_positive_numbers(name, dtype):
    x = np.abs(normal(5, 7, dtype=dtype)) + np.asarray(0.1, dtype)
    agree(getattr(prova, name)(prova.asarray(x)), getattr(np, name)(x.astype(np.float64)), dtype)


BINARY = {"add": "__add__", "subtract": "__sub__", "multiply": "__mul__", "divide": "__truediv__",
          "matmul": "__matmul__"}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", BINARY)
def test_functions_and_operators_of_two_tensors(name, dtype):
    a, b = normal(3, 4, 4, dtype=dtype), normal(4, 4, dtype=dtype)
    b += np.sign(b)  # away from 0
    x, y = prova.asarray(a), prova.asarray(b)
    expected = getattr(np, name)(a.astype(np.float64), b.astype(np.float64))
    agree(getattr(prova, name)(x, y), expected, dtype)
    assert getattr(x, BINARY[name])(y).tolist() == getattr(prova, name)(x, y).tolist()


def test_operators_with_numbers_keep_the_dtype():
    for dtype in FLOATS + ["bfloat16"]:
        x = prova.astype(prova.tensor([2.0, 4.0]), dtype)
        for found, expected in ((x + 1, [3, 5]), (1 + x, [3, 5]), (x - 1, [1, 3]),
                                (1 - x, [-1, -3]), (x * 2, [4, 8]), (2.0 * x, [4, 8]),
                                (x / 2, [1, 2]),
                                (8 / x, [4, 2]), (-x, [-2, -4]), (prova.add(x, True), [3, 5]),
                                (prova.subtract(1, x), [-1, -3]), (np.float32(2) * x, [4, 8])):
            assert found.dtype == x.dtype and found.tolist() == expected
    whole = prova.tensor([2, 4], dtype="int16")
    assert (whole + 1).dtype == prova.int16 and (whole + 1.0).dtype == prova.float32
    assert (whole / 2).dtype == prova.float32


def test_operators_leave_strangers_to_themselves():
    class Stranger:
        def __radd__(self, other):
            return "mine"

    x = prova.ones(2)
    assert x + Stranger() == "mine"
    for other in ("x", None, [1, 2], 1j):
        with pytest.raises(TypeError):
            x + other
        with pytest.raises(TypeError):
            other + x


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (1,), ()])
@pytest.mark.parametrize("name", ["sum", "mean", "max"])
def test_reductions(name, axis, keepdims):
    a = normal(3, 4, 5)
    found = getattr(prova, name)(prova.asarray(a), axis=axis, keepdims=keepdims)
    agree(found, getattr(np, name)(a.astype(np.float64), axis=axis, keepdims=keepdims), "float32")


def test_sum_takes_a_dtype():
    a = prova.tensor([100, 100, 100], dtype="uint8")
    assert prova.sum(a).item() == 300 and prova.sum(a).dtype == prova.int64
    assert prova.sum(a, dtype=prova.float64).dtype == prova.float64


def test_where():
    condition, a, b = normal(3, 4) > 0, normal(3, 4), normal(4)
    agree(prova.where(prova.asarray(condition), prova.asarray(a), prova.asarray(b)),
          np.where(condition, a, b), "float32", scale=0)
    assert prova.where(prova.tensor([True, False]), prova.ones(2), 7).tolist() == [1, 7]
    assert prova.where(prova.tensor([True, False]), 5, prova.ones(2)).tolist() == [5, 1]


def test_layers():
    x, weight, bias = normal(3, 5), normal(2, 5), normal(2)
    y = x.astype(np.float64) @ weight.T.astype(np.float64) + bias
    t, w, b = map(prova.asarray, (x, weight, bias))
    agree(prova.linear(t, w, b), y, "float32")
    agree(prova.linear(t, w), y - bias, "float32")
    agree(prova.linear(t, w, b, activation="relu"), np.maximum(y, 0), "float32")
    x = x.astype(np.float64)
    z = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    agree(prova.layer_norm(t), z, "float32")
    agree(prova.layer_norm(t, weight=w[0], bias=w[1]), z * weight[0] + weight[1], "float32")


def test_convolution_and_pooling():
    x, weight, bias = normal(2, 4, 6, 5), normal(6, 2, 3, 2), normal(6)
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1), (0, 0)))
    expected = np.zeros((2, 6, 3, 4))
    for n, o, i, j in np.ndindex(*expected.shape):
        group = slice(2 * (o // 3), 2 * (o // 3) + 2)
        window = padded[n, group, 2 * i:2 * i + 3, j:j + 2]
        expected[n, o, i, j] = (window * weight[o]).sum() + bias[o]
    found = prova.conv2d(prova.asarray(x), prova.asarray(weight), prova.asarray(bias),
                         stride=(2, 1), padding=(1, 0), groups=2)
    agree(found, expected, "float32")
    pooled = prova.max_pool2d(prova.asarray(x), kernel=(2, 5))
    agree(pooled, x.reshape(2, 4, 3, 2, 5).max(axis=(3, 4))[..., None], "float32", scale=0)


def test_embedding_and_dropout():
    weight = normal(10, 3)
    indices = np.array([[1, -1], [0, 9]])
    agree(prova.embedding(prova.asarray(indices), prova.asarray(weight)), weight[indices],
          "float32", scale=0)
    kept = prova.dropout(prova.ones(10000), 0.25, prova.Rng(1))
    values = np.asarray(kept)
    assert set(np.unique(values)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs(values.mean() - 1) < 0.05
    assert kept.tolist() == prova.dropout(prova.ones(10000), 0.25, prova.Rng(1)).tolist()


def test_cross_entropy():
    logits, target = normal(4, 3), np.array([0, 2, 1, 2])
    losses = -np.log(softmax(logits.astype(np.float64)))[np.arange(4), target]
    x, t = prova.asarray(logits), prova.asarray(target)
    agree(prova.cross_entropy(x, t), losses.mean(), "float32")
    agree(prova.cross_entropy(x, t, reduction="none"), losses, "float32")
    agree(prova.cross_entropy(x, t, reduction="sum", ignore_index=2), losses[[0, 2]].sum(),
          "float32")
    smooth = -np.log(softmax(logits.astype(np.float64))).mean(-1)
    agree(prova.cross_entropy(x, t, label_smoothing=0.3), (0.7 * losses + 0.3 * smooth).mean(),
          "float32")


def test_a_network_learns():
    rng = prova.Rng(3)
    x = prova.randn((64, 4), rng)
    target = prova.asarray((np.asarray(x).sum(1) > 0).astype(np.int64))
    weights = [prova.tensor(np.asarray(prova.randn(shape, rng)) / 2, requires_grad=True)
               for shape in ((8, 4), (8,), (2, 8), (2,))]
    losses = []
    for _ in range(200):
        w1, b1, w2, b2 = weights
        hidden = prova.relu(prova.linear(x, w1, b1))
        loss = prova.cross_entropy(prova.linear(hidden, w2, b2), target)
        loss.backward()
        with prova.no_grad():
            for w in weights:
                w[...] = w - 0.5 * w.grad
                w.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < 0.1 < losses[0]
