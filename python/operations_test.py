"""Operations: every one of the catalogue is here; operators, plain numbers, a first network.

What each of them computes is compared with NumPy in peers_test.py.
"""

import operator
import pathlib
import re

import numpy as np
import pytest

import prova

OPS = re.findall(r'^    "(\w+)",$', pathlib.Path("ops/ops.bzl").read_text(), re.MULTILINE)
# Where the Array API has a name of its own.
NAMES = {"div": "divide", "mul": "multiply", "neg": "negative", "sub": "subtract"}

FLOATS = ["bfloat16", "float16", "float32", "float64"]


def test_the_catalogue_is_complete():
    assert len(OPS) >= 26
    for op in OPS:
        function = getattr(prova, NAMES.get(op, op))
        assert NAMES.get(op, op) in prova.__all__
        assert function.__doc__ and "Raises:" in function.__doc__, op


CPP = re.compile(r"\bk[A-Z]\w+|::|std\b|&|\bundefined\b|\bnullptr\b|\bScoped\w+|\bDims\b|<\w+>")


def test_help_speaks_python():
    told = {name: getattr(prova, name).__doc__ for name in prova.__all__
            if callable(getattr(prova, name))}
    told |= {f"Tensor.{name}": value.__doc__ for name, value in vars(prova.Tensor).items()
             if not name.startswith("_")}
    for name, doc in told.items():
        # What follows the signature.
        assert doc and doc.partition(" -> ")[2 if doc.startswith(name) else 0].strip(), name
        assert not CPP.search(doc), (name, CPP.search(doc))
    for name in ("add", "divide", "matmul", "multiply", "subtract", "where"):
        assert not re.search(r"\bb\b|\ba [-+*/] |\ba[\[,:]", told[name]), name
    assert "the standard normal; `'tanh'`," in told["gelu"]
    assert "`'mean'`, their sum over" in told["cross_entropy"]
    assert "groups: channels in so many groups" in told["conv2d"]


OPERATORS = {"add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
             "divide": operator.truediv, "matmul": operator.matmul}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_are_the_functions(name, dtype):
    x = prova.astype(prova.reshape(prova.arange(1, 13), (3, 4)), dtype)
    y = prova.astype(prova.reshape(prova.arange(20, 4, -1), (4, 4)), dtype)
    y = y if name == "matmul" else y[0]
    found, expected = OPERATORS[name](x, y), getattr(prova, name)(x, y)
    assert found.dtype == expected.dtype and found.tolist() == expected.tolist()


def test_operators_with_numbers_keep_the_dtype():
    for dtype in FLOATS:
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


def test_sum_takes_a_dtype():
    a = prova.tensor([100, 100, 100], dtype="uint8")
    assert prova.sum(a).item() == 300 and prova.sum(a).dtype == prova.int64
    assert prova.sum(a, dtype=prova.float64).dtype == prova.float64


def test_where_takes_numbers():
    assert prova.where(prova.tensor([True, False]), prova.ones(2), 7).tolist() == [1, 7]
    assert prova.where(prova.tensor([True, False]), 5, prova.ones(2)).tolist() == [5, 1]


def test_dropout_draws_what_its_generator_says():
    kept = prova.dropout(prova.ones(10000), 0.25, prova.Rng(1))
    values = np.asarray(kept)
    assert set(np.unique(values)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs(values.mean() - 1) < 0.05
    assert kept.tolist() == prova.dropout(prova.ones(10000), 0.25, prova.Rng(1)).tolist()


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
