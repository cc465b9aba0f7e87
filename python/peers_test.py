"""Every operation of the catalogue beside NumPy, on random inputs of every dtype.

An operation says in ops/NAME/NAME_numpy.py what NumPy makes of its arguments, in a function of its
name in the package, and what to give to both, in `draw(random)`. Nothing else lists operations.
"""

import importlib.util
import math
import pathlib
import re

import numpy as np
import pytest

import prova

OPS = re.findall(r'^    "(\w+)",$', pathlib.Path("ops/ops.bzl").read_text(), re.MULTILINE)
NAMES = prova._core._proof_operations()
CALLS = 40
EPSILON = {"float16": 2.0 ** -10, "bfloat16": 2.0 ** -7, "float32": 2.0 ** -23,
           "float64": 2.0 ** -52}


class Random:
    """Random arguments of one call. Tensors of one dtype, unless another is asked for, lie in
    memory in one of several ways; sizes are 0 at times."""

    def __init__(self, seed, dtype):
        self._numbers = np.random.default_rng(seed)
        self._dtype = dtype
        self.strided = False  # whether a tensor did not lie in memory in order

    def choice(self, *choices):
        return choices[self._numbers.integers(len(choices))]

    def options(self, **options):
        """Each of them, or the function's default."""
        return {name: value for name, value in options.items() if self.choice(True, True, False)}

    def sizes(self, count, low=0, high=6):
        # Small ones twice as often as one beyond a vector of any processor.
        return [int(self._numbers.integers(low, self.choice(high, high, high + 15)))
                if high == 6 else int(self._numbers.integers(low, high)) for _ in range(count)]

    def shape(self, min_rank=0, max_rank=3, min_size=0):
        return tuple(self.sizes(self._numbers.integers(min_rank, max_rank + 1), min_size))

    def axis(self, shape):
        return int(self._numbers.integers(-len(shape), len(shape)))

    def axes(self, shape):
        """None, one axis, or several."""
        axes = [axis for axis in range(len(shape)) if self.choice(True, False)]
        return self.choice(None, tuple(axes), *axes)

    def broadcasting(self, count):
        """Shapes that fit together."""
        whole = self.shape()
        shapes = []
        for _ in range(count):
            own = [self.choice(size, size, 1) for size in whole]
            shapes.append(tuple(own[self._numbers.integers(len(own) + 1):]))
        return shapes

    def rng(self):
        """A generator of Prova, twice."""
        seed = int(self._numbers.integers(1000))
        return Twice(prova.Rng(seed), prova.Rng(seed))

    def indices(self, shape, low, high):
        return self._twice(prova.asarray(self._numbers.integers(low, high, shape)))

    def tensor(self, shape, dtype=None, low=-4, high=4):
        dtype = dtype or self._dtype
        layout = self.choice("as it is", "permuted", "every second")
        stored = shape
        if layout == "permuted":
            stored = shape[::-1]
        elif layout == "every second" and shape:
            stored = (*shape[:-1], 2 * shape[-1] + 1)
        if dtype == "bool":
            values = self._numbers.integers(0, 2, stored).astype(bool)
        elif dtype in EPSILON:
            values = self._numbers.uniform(low, high, stored)
        else:
            values = self._numbers.integers(max(low, 0) if dtype == "uint8" else low, high, stored)
        x = prova.astype(prova.asarray(values), dtype)
        if layout == "permuted":
            x = prova.permute_dims(x, tuple(range(len(shape)))[::-1])
        elif layout == "every second" and shape:
            x = x[..., 1::2]
        self.strided |= layout != "as it is" and x.size > 1 and len(shape) > 1
        return self._twice(x)

    def _twice(self, x):
        """Prova's tensor, and NumPy's array of the same numbers: floating ones in double."""
        floating = x.dtype.name in EPSILON
        return Twice(x, np.asarray(prova.astype(x, "float64") if floating else x))


class Twice:
    """One argument, for Prova and for NumPy."""

    def __init__(self, ours, theirs):
        self.ours = ours
        self.theirs = theirs


def given(arguments, side):
    """A call's arguments for one side."""
    args, options = arguments

    def one(x):
        return getattr(x, side) if isinstance(x, Twice) else x

    return [one(x) for x in args], {name: one(x) for name, x in options.items()}


def peer_of(op):
    path = pathlib.Path(f"ops/{op}/{op}_numpy.py")
    name = NAMES[op]
    assert path.is_file(), (f"{op} has nothing to be compared with: write ops/{op}/{op}_numpy.py "
                            f"with {name}(...), which makes of NumPy arrays what prova.{name} "
                            "makes of tensors, and draw(random), which returns (args, options)")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    peer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peer)
    return getattr(peer, name), peer.draw


def bound(dtype, expected, largest_input):
    """How far a result may be from NumPy's, which computes in double.

    A result of a floating dtype is rounded once to it, by half an epsilon of the element. Before
    that it was computed in float32 or wider, by sums of at most 400 terms (of a convolution, or of
    a matrix product's 20), whose errors grow like a square root: 20 epsilons of the largest number
    that took part, and as many for what functions such as exp and the products add.
    """
    if dtype not in EPSILON:
        return np.zeros(expected.shape)
    computed = EPSILON["float64" if dtype == "float64" else "float32"]
    finite = np.abs(expected[np.isfinite(expected)])
    largest = max(finite.max(initial=0.0), largest_input ** 2, 1.0)
    own = 0 if dtype in ("float32", "float64") else EPSILON[dtype] / 2
    return 40 * computed * largest + own * np.abs(np.where(np.isfinite(expected), expected, 0))


def test_the_catalogue_is_the_list():
    assert len(OPS) >= 26 and sorted(NAMES) == sorted(OPS)


@pytest.mark.parametrize("op,dtype", [(op, dtype) for op in OPS
                                      for dtype in prova._core._proof_dtypes(op)])
def test_equals_numpy(op, dtype):
    peer, draw = peer_of(op)
    function = getattr(prova, NAMES[op])
    strided = 0
    for seed in range(CALLS):
        random = Random(seed, dtype)
        arguments = draw(random)
        args, options = given(arguments, "ours")
        y = function(*args, **options)
        args, options = given(arguments, "theirs")
        with np.errstate(all="ignore"):
            expected = np.asarray(peer(*args, **options))
        assert y.shape == expected.shape, (seed, arguments)
        tensors = [x.ours for x in (*arguments[0], *arguments[1].values())
                   if isinstance(x, Twice) and isinstance(x.ours, prova.Tensor)]
        largest = max(np.abs(np.asarray(prova.astype(x, "float64"))).max(initial=0.0)
                      for x in tensors)
        found = np.asarray(prova.astype(y, "float64"))
        expected = expected.astype(np.float64)
        allowed = bound(y.dtype.name, expected, largest)
        with np.errstate(invalid="ignore"):
            close = np.abs(found - expected) <= allowed
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        assert np.all(close | same), (seed, options, [x.shape for x in tensors], found, expected)
        strided += random.strided
    assert strided > CALLS / 8


def test_some_results_are_empty():
    """Size 0 is drawn for the operations that have it."""
    draws = [peer_of("add")[1](Random(seed, "float32")) for seed in range(CALLS)]
    sizes = [math.prod((x.ours + y.ours).shape) for (x, y), _ in draws]
    assert 0 in sizes and max(sizes) > 16
    assert any(x.ours.shape != y.ours.shape for (x, y), _ in draws)
