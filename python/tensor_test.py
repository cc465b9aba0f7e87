"""The class Tensor: attributes, numbers, indexing, text, creation."""

import gc
import itertools

import numpy as np
import pytest

import prova


def test_attributes():
    t = prova.zeros((2, 3), dtype="int16")
    assert (t.shape, t.ndim, t.size, t.strides) == ((2, 3), 2, 6, (3, 1))
    assert t.dtype == prova.int16 and t.dtype != prova.int32 and t.dtype is not None
    assert t.device == prova.Device("cpu") and str(t.device) == "cpu"
    assert repr(prova.int16) == "prova.int16" and prova.int16.itemsize == 2
    assert len({prova.int16, t.dtype, prova.bool}) == 2
    assert t.T.shape == t.mT.shape == (3, 2) and prova.zeros((4, 2, 3)).mT.shape == (4, 3, 2)
    with pytest.raises(ValueError, match="need two axes"):
        prova.zeros(3).T
    with pytest.raises(AttributeError):
        t.shape = (6,)


@pytest.mark.parametrize("name", ["float32", prova.float32, np.float32, np.dtype("float32"), float])
def test_dtypes_go_by_many_names(name):
    assert prova.zeros(1, dtype=name).dtype == prova.float32


def test_other_dtype_names():
    assert prova.zeros(1, dtype=int).dtype == prova.int64
    assert prova.zeros(1, dtype=bool).dtype == prova.zeros(1, dtype=np.bool_).dtype == prova.bool
    with pytest.raises(TypeError, match="'float128' is no dtype; need one of bool"):
        prova.zeros(1, dtype="float128")


# --- Numbers ------------------------------------------------------------------------------------


def test_numbers_of_python():
    one = prova.tensor([[2.5]])
    assert one.item() == float(one) == 2.5 and int(one) == 2 and bool(one)
    assert type(prova.tensor(True).item()) is bool and type(prova.tensor(3).item()) is int
    assert prova.tensor(2 ** 62 + 1).item() == 2 ** 62 + 1
    assert [10, 20, 30][prova.tensor(1)] == 20
    for wrong in (prova.tensor(1.0), prova.tensor([1])):
        with pytest.raises(TypeError, match="need an integer without axes"):
            [1, 2][wrong]
    with pytest.raises(ValueError, match="exactly one element"):
        bool(prova.zeros(2))
    with pytest.raises(OverflowError):
        int(prova.tensor(float("inf")))


def test_lists():
    t = prova.tensor([[1, 2, 3], [4, 5, 6]])
    assert t.tolist() == [[1, 2, 3], [4, 5, 6]] and t.T.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert prova.tensor(7).tolist() == 7 and prova.zeros((2, 0)).tolist() == [[], []]
    assert len(t) == 2 and [row.tolist() for row in t] == t.tolist()
    for asked in (len, iter):
        with pytest.raises(TypeError, match="at least one axis"):
            asked(prova.tensor(1))


@pytest.mark.parametrize("data, dtype, shape", [
    (True, "bool", ()), (3, "int64", ()), (2.5, "float32", ()), ([], "float32", (0,)),
    ([[], []], "float32", (2, 0)), ([True, 2], "int64", (2,)), ([1, 2.5], "float32", (2,)),
    (((1, 2), [3, 4]), "int64", (2, 2)), ([np.float64(1), 2], "float32", (2,)),
    ([prova.tensor(1), 2], "int64", (2,)), (np.zeros((2, 3)), "float64", (2, 3)),
    (range(0), None, None), ("12", None, None), ([1, "2"], None, None), ([1, None], None, None),
    (1j, None, None), ({}, None, None),
])
def test_creation_from_numbers(data, dtype, shape):
    if dtype is None:
        with pytest.raises(TypeError):
            prova.tensor(data)
        return
    t = prova.tensor(data)
    assert t.dtype.name == dtype and t.shape == shape
    assert prova.asarray(data).tolist() == t.tolist()


@pytest.mark.parametrize("ragged", [[[1, 2], [3]], [[1], 2], [1, [2]], [[], [1]],
                                    [[[1]], [[1, 2]]]])
def test_ragged_lists_are_refused(ragged):
    with pytest.raises(prova.ShapeError, match="different lengths"):
        prova.tensor(ragged)


def test_a_list_within_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(prova.ShapeError, match="9 axes; need at most 8"):
        prova.tensor(endless)


def test_integers_are_exact_or_refused():
    assert prova.tensor([2 ** 63 - 1]).tolist() == [2 ** 63 - 1]
    with pytest.raises(ValueError, match="does not fit"):
        prova.tensor([2 ** 63])
    assert prova.full(2, 2 ** 62 + 1).tolist() == [2 ** 62 + 1] * 2
    assert (prova.zeros(1, dtype="int64") + (2 ** 62 + 1)).tolist() == [2 ** 62 + 1]


def test_filled_tensors():
    assert prova.full((2,), 3).dtype == prova.int64 and prova.full((2,), True).dtype == prova.bool
    assert prova.full((), 1.5, dtype="int32").item() == 1
    like = prova.zeros((2, 3), dtype="float16")
    for made, value in ((prova.ones_like(like), 1), (prova.zeros_like(like), 0),
                        (prova.full_like(like, 7), 7)):
        assert made.shape == (2, 3) and made.dtype == prova.float16 and made[1, 2].item() == value
    assert prova.empty((0, 3)).shape == prova.empty_like(prova.zeros((0, 3))).shape == (0, 3)
    assert prova.eye(2).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("bounds", [(5,), (2, 7), (7, 2), (7, 2, -2), (0, 1, 0.25), (1, 10, 3),
                                    (0.5, 3), (-3,), (2, 2)])
def test_arange_is_numpy_s(bounds):
    ours, numpys = prova.arange(*bounds), np.arange(*bounds)
    assert ours.tolist() == numpys.tolist()
    assert ours.dtype == (prova.int64 if numpys.dtype == np.int64 else prova.float32)


def test_arange_refuses_what_has_no_end():
    for bounds in ((0, 1, 0), (0, float("inf")), (float("nan"),)):
        with pytest.raises(ValueError, match="finite bounds"):
            prova.arange(*bounds)


def test_random_numbers_repeat():
    for make in (lambda rng: prova.rand((3,), rng), lambda rng: prova.randn((3,), rng),
                 lambda rng: prova.randint(0, 9, (3,), rng), lambda rng: prova.randperm(3, rng)):
        rng = prova.Rng(seed=5)
        assert make(rng).tolist() == make(prova.Rng(5)).tolist()
        assert rng.position > 0
    assert prova.Rng(1).split().stream != prova.Rng(1).stream


def test_requires_grad_and_copy_of_tensor():
    source = np.zeros(2)
    t = prova.tensor(source, requires_grad=True)
    source[0] = 1
    assert t.requires_grad and t.tolist() == [0, 0]
    u = prova.tensor(t)
    assert not u.requires_grad
    u[0] = 5
    assert t.tolist() == [0, 0]
    assert prova.asarray(u) is u


# --- Indexing -----------------------------------------------------------------------------------

KEYS = [0, -1, slice(None), slice(1, None), slice(None, None, -1), slice(3, 0, -2), slice(5, 1),
        slice(-2, 100), None, ..., np.int64(1)]


@pytest.mark.parametrize("first", range(len(KEYS)))
def test_indexing_is_numpy_s(first):
    a = np.arange(24).reshape(2, 3, 4)
    t = prova.asarray(a)
    tuples = [(KEYS[first],)] + [(KEYS[first], *more) for n in (1, 2)
                                 for more in itertools.product(KEYS, repeat=n)]
    for key in tuples:
        if sum(k is ... for k in key) > 1:
            continue
        try:
            expected = a[key]
        except IndexError:
            with pytest.raises(IndexError):
                t[key]
            continue
        found = t[key]
        assert found.tolist() == expected.tolist() and found.shape == expected.shape
        if found.size:
            assert np.shares_memory(np.asarray(found), a)


def test_wrong_keys_are_named():
    t = prova.zeros((2, 3))
    for key, text in (((0, 0, 0), "more indices than the axes of shape [2, 3]; need at most 2"),
                      ((0, 3), "3 is out of range for axis of size 3; need -3..2"),
                      ((..., ...), "two ellipses; need at most one")):
        with pytest.raises(IndexError) as caught:
            t[key]
        assert str(caught.value) == "index: " + text
    for key in ([0, 1], "0", 0.5, True, prova.tensor([0]), prova.tensor(True), np.array([0])):
        with pytest.raises(TypeError, match="need an int, a slice, None or"):
            t[key]
    with pytest.raises(ValueError, match="step 0"):
        t[::0]


def test_assignment_writes_in_place():
    t = prova.zeros((2, 3))
    a = np.zeros((2, 3), np.float32)
    for key, value in ((0, 1), ((slice(None), 1), [5, 6]), ((1, slice(None, None, -1)), [1, 2, 3]),
                       ((..., 2), 2.5), ((0, 0), np.float32(7))):
        t[key] = value
        a[key] = value
        assert t.tolist() == a.tolist()
    t[:, :2] = t[:, 1:]  # overlapping
    a[:, :2] = a[:, 1:].copy()
    assert t.tolist() == a.tolist()
    with pytest.raises(ValueError, match="equal or 1"):
        t[0] = [1, 2]


def test_assignment_does_not_get_past_the_tape():
    w = prova.tensor([1.0, 2.0], requires_grad=True)
    t = prova.zeros(2)
    with pytest.raises(prova.GradientError, match="a tensor that the tape follows"):
        w[0] = 3
    with pytest.raises(prova.GradientError, match="a value that the tape follows"):
        t[0] = w[0]
    with prova.no_grad():
        w[0] = 3
        t[0] = w[0]
    assert w.tolist() == [3, 2] and t.tolist() == [3, 0]


# --- Text and identity --------------------------------------------------------------------------


def test_text():
    assert repr(prova.tensor([[1.5, 2], [3, 4]])) == "Tensor([[1.5, 2.0],\n        [3.0, 4.0]])"
    assert repr(prova.tensor([1, 2], dtype="int8")) == "Tensor([1, 2], int8)"
    assert repr(prova.tensor([1.0], requires_grad=True)) == "Tensor([1.], requires_grad=True)"
    assert "shape [2000]" in repr(prova.zeros(2000))
    assert repr(prova.zeros((0, 2))) == "Tensor([], float32, shape [0, 2])"
    html = prova.tensor([1.0])._repr_html_()
    assert html.startswith("<pre") and "float32" in html and "shape [1]" in html


def test_blocks_of_matrices_are_indented():
    lines = repr(prova.zeros((2, 1, 1))).split("\n")
    assert lines == ["Tensor([[[0.]],", "", "        [[0.]]])"]


def test_comparisons_are_refused_and_hash_is_identity():
    t = prova.zeros(2)
    for compare in (lambda: t == t, lambda: t != t, lambda: t < 1, lambda: t >= t):
        with pytest.raises(TypeError, match="compare numpy.asarray"):
            compare()
    assert len({t: 1, prova.zeros(2): 2}) == 2 and hash(t) == hash(t)


def test_memory_returns():
    gc.collect()
    before = prova._core._live_tensors()
    t = prova.zeros((10, 10))
    for _ in range(100):
        t = (t + 1).T[1:-1]
        t = prova.zeros((10, 10)) if t.size == 0 else t
    del t
    gc.collect()
    assert prova._core._live_tensors() == before


def test_threads():
    before = prova.num_threads()
    prova.set_num_threads(1)
    assert prova.num_threads() == 1
    prova.set_num_threads(before)
    with pytest.raises(ValueError):
        prova.set_num_threads(0)
