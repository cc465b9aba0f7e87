"""Memory shared with NumPy and PyTorch: the same pointer, no leak, nothing read-only written."""

import copy
import ctypes
import gc
import os
import pickle
import subprocess
import sys
import weakref

import numpy as np
import pytest

import prova

SHARED = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]

LAYOUTS = {
    "rows": lambda a: a,
    "columns": lambda a: a.T,
    "reversed": lambda a: a[::-1],
    "both reversed": lambda a: a[::-1, ::-1],
    "every other": lambda a: a[:, ::2],
    "backwards by two": lambda a: a[:, ::-2],
    "inner": lambda a: a[1:3, 1:4],
    "one row": lambda a: a[2],
    "one element": lambda a: a[1:2, 1:2],
    "no axes": lambda a: a[1:2, 1].reshape(()),
    "nothing": lambda a: a[2:2],
    "broadcast": lambda a: np.broadcast_to(a[0], (3, 6)),
    "new axes": lambda a: a[:, None, :, None],
}


def array(dtype):
    return np.arange(24).reshape(4, 6).astype(dtype)


def pointer(a):
    return a.__array_interface__["data"][0]


def first(t):
    """The address of a tensor's first element, by DLPack."""
    return pointer(np.asarray(t))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", SHARED)
def test_numpy_round_trip_is_the_same_memory(dtype, layout):
    a = LAYOUTS[layout](array(dtype))
    t = prova.asarray(a)
    assert str(t.dtype) == f"prova.{dtype}" and t.shape == a.shape
    b = np.asarray(t)
    assert b.dtype == a.dtype and b.tolist() == a.tolist() == t.tolist()
    if a.size:
        assert pointer(b) == pointer(a)
        assert [s for s, n in zip(b.strides, b.shape) if n > 1] == \
            [s for s, n in zip(a.strides, a.shape) if n > 1]
    again = prova.asarray(b)
    assert again.tolist() == a.tolist()
    if a.size:
        assert pointer(np.asarray(again)) == pointer(a)


def test_writes_are_seen_on_both_sides():
    a = np.zeros(3, np.float32)
    t = prova.asarray(a)
    a[1] = 5
    t[2] = 7
    assert t.tolist() == [0, 5, 7] and a.tolist() == [0, 5, 7]
    b = np.asarray(t)
    b[0] = 9
    assert a[0] == 9


def test_what_was_lent_for_reading_is_never_written():
    a = np.arange(3.0)
    a.flags.writeable = False
    t = prova.asarray(a)
    with pytest.raises(ValueError, match="lent for reading"):
        t[0] = 1
    assert a[0] == 0
    assert not np.asarray(t).flags.writeable
    with pytest.raises(BufferError, match="read-only"):
        t.__dlpack__()
    # A copy is the user's own.
    own = prova.asarray(a, copy=True)
    own[0] = 1
    assert own[0].item() == 1 and a[0] == 0
    data = prova.asarray(b"\x01\x02")
    assert data.dtype == prova.uint8
    with pytest.raises(ValueError, match="lent for reading"):
        data[0] = 3


def test_a_read_only_view_of_a_tensor_stays_read_only():
    t = prova.zeros(3)
    a = np.asarray(t)
    a.flags.writeable = False
    lent = prova.asarray(a)
    assert pointer(np.asarray(lent)) == pointer(a)
    with pytest.raises(ValueError, match="lent for reading"):
        lent[0] = 1
    t[0] = 2
    assert lent.tolist() == [2, 0, 0]


def test_values_that_the_tape_follows_are_read_only_outside():
    w = prova.tensor([1.0, 2.0], requires_grad=True)
    assert not np.asarray(w).flags.writeable
    assert not np.asarray(w * 2).flags.writeable
    assert np.asarray(w.detach()).flags.writeable
    assert not np.asarray(prova.broadcast_to(prova.zeros(1), (3,))).flags.writeable


def test_either_side_keeps_the_memory_alive():
    a = np.arange(1000.0)
    died = weakref.ref(a)
    t = prova.asarray(a)
    del a
    gc.collect()
    assert died() is not None and t[999].item() == 999
    view = t[10:20]
    del t
    assert view.tolist() == list(range(10, 20))
    del view
    gc.collect()
    assert died() is None
    b = np.asarray(prova.arange(1000))
    gc.collect()
    assert b.sum() == 499500


def test_a_view_of_a_tensor_comes_back_as_that_tensor_s_memory():
    t = prova.zeros((4, 6))
    back = prova.asarray(np.asarray(t)[1:, ::-2])
    back[0, 0] = 1
    assert t[1, 5].item() == 1
    # Recognized, so that the tape notices what is written through it.
    w = prova.tensor(3.0, requires_grad=True)
    x = prova.zeros(())
    y = w * x
    prova.asarray(np.asarray(x))[...] = 5
    with pytest.raises(prova.GradientError, match="overwritten"):
        y.backward()


def test_memory_that_cannot_be_shared_is_refused():
    with pytest.raises(TypeError, match="need bool, uint8"):
        prova.asarray(np.zeros(2, np.uint32))
    with pytest.raises(TypeError, match="need bool, uint8"):
        prova.asarray(np.zeros(2, np.complex64))
    with pytest.raises(TypeError, match="need bool, uint8"):
        prova.asarray(np.zeros(2, ">f4"))
    with pytest.raises(NotImplementedError, match="multiples of their size"):
        prova.asarray(np.zeros(9, np.uint8)[1:].view(np.float32))
    with pytest.raises(TypeError, match="need a number, nested lists of numbers, or an array"):
        prova.asarray(object())
    with pytest.raises(ValueError, match="9 axes"):
        prova.asarray(np.zeros((1,) * 9))


def test_numpy_asks_in_its_own_words():
    t = prova.tensor([1.5, 2.5])
    assert np.asarray(t, dtype=np.int64).tolist() == [1, 2]
    assert t.__array__(copy=True).base is None
    with pytest.raises(ValueError):
        t.__array__(np.int64, copy=False)
    half = prova.tensor([1.5], dtype="bfloat16")
    with pytest.raises(TypeError, match="bfloat16"):
        np.asarray(half)
    assert np.add(t, 1).tolist() == [2.5, 3.5]
    # Operators belong to the tensor, which takes no arrays.
    with pytest.raises(TypeError):
        np.ones(2) + t


def test_buffer_protocol():
    t = prova.asarray(np.arange(6, dtype=np.int32).reshape(2, 3))
    view = memoryview(t)
    assert (view.format, view.shape, view.strides, view.readonly) == ("i", (2, 3), (12, 4), False)
    assert bytes(t) == np.arange(6, dtype=np.int32).tobytes()
    with pytest.raises((BufferError, TypeError)):
        (ctypes.c_char * 24).from_buffer(t.mT)
    assert memoryview(prova.tensor(2.5)).tolist() == 2.5


# --- DLPack -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", SHARED)
def test_dlpack_with_numpy_is_the_same_memory(dtype):
    if dtype == "bool" and np.lib.NumpyVersion(np.__version__) < "1.25.0":
        pytest.skip(f"NumPy {np.__version__} has no bool in DLPack")
    a = array(dtype)[::-1, ::2]
    t = prova.from_dlpack(a)
    assert t.tolist() == a.tolist() and first(t) == pointer(a)
    b = np.from_dlpack(t)
    assert b.tolist() == a.tolist() and pointer(b) == pointer(a)


def test_dlpack_speaks_both_versions():
    t = prova.arange(3)
    assert "dltensor_versioned" in repr(t.__dlpack__(max_version=(1, 0)))
    assert '"dltensor"' in repr(t.__dlpack__())
    assert t.__dlpack_device__() == (1, 0)
    with pytest.raises(BufferError):
        t.__dlpack__(dl_device=(2, 0))

    class Newest:
        def __init__(self, tensor):
            self.tensor = tensor

        def __dlpack__(self, **options):
            return self.tensor.__dlpack__(**options)

    followed = prova.tensor([1.0], requires_grad=True)
    lent = prova.from_dlpack(Newest(followed))
    assert lent.tolist() == [1.0] and not lent.requires_grad
    with pytest.raises(ValueError, match="lent for reading"):
        lent[0] = 2
    copied = prova.from_dlpack(Newest(t), copy=True)
    copied[0] = 9
    assert t[0].item() == 0


def test_dlpack_capsules_may_be_dropped_unused_and_not_used_twice():
    live = prova._core._live_tensors()
    for version in (None, (1, 0)):
        prova.arange(3).__dlpack__(max_version=version)
    assert prova._core._live_tensors() == live
    t = prova.arange(3)
    capsule = t.__dlpack__()

    class Once:
        def __dlpack__(self):
            return capsule

    assert prova.from_dlpack(Once()).tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="unused capsule"):
        prova.from_dlpack(Once())
    with pytest.raises(TypeError, match="speaks DLPack"):
        prova.from_dlpack(3)


def test_dlpack_of_another_version_is_refused_and_given_back():
    capsule = prova.zeros(3).__dlpack__(max_version=(1, 0))
    address = ctypes.pythonapi.PyCapsule_GetPointer
    address.restype = ctypes.c_void_p
    address.argtypes = ctypes.py_object, ctypes.c_char_p
    major = ctypes.c_uint32.from_address(address(capsule, b"dltensor_versioned"))

    class Future:
        def __dlpack__(self, **options):
            return capsule

    major.value = 2
    with pytest.raises(prova.UnsupportedError, match="DLPack of version 2; need version 1"):
        prova.from_dlpack(Future())
    # Not used up: whoever made it can still have it back.
    major.value = 1
    assert prova.from_dlpack(Future()).tolist() == [0, 0, 0]


torch = None
try:
    import torch
except ImportError:
    pass
needs_torch = pytest.mark.skipif(torch is None, reason="PyTorch is not installed")


@needs_torch
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "float16",
                                   "bfloat16", "float32", "float64"])
def test_torch_round_trip_is_the_same_memory(dtype):
    ours = torch.arange(24).reshape(4, 6).to(getattr(torch, dtype))
    for a in (ours, ours.T, ours[1:, ::2], ours[2], ours[0, 0], ours[:0],
              ours[:1].expand(3, 6)):
        t = prova.from_dlpack(a)
        assert t.dtype == dtype_of(dtype) and t.tolist() == a.tolist()
        if 0 in a.stride():
            continue  # read-only here, which this protocol of PyTorch cannot say
        b = torch.from_dlpack(t)
        assert b.dtype == a.dtype and b.tolist() == a.tolist()
        assert b.data_ptr() == a.data_ptr() or a.numel() == 0
        assert prova.asarray(b).tolist() == a.tolist()


def dtype_of(name):
    return getattr(prova, name)


@needs_torch
def test_torch_keeps_and_is_kept():
    t = prova.from_dlpack(torch.arange(1000))
    gc.collect()
    assert t[999].item() == 999
    a = torch.from_dlpack(prova.arange(1000))
    gc.collect()
    assert int(a.sum()) == 499500
    followed = prova.tensor([1.0], requires_grad=True)
    try:
        shared = torch.from_dlpack(followed)
    except BufferError as refused:  # of a PyTorch that DLPack cannot tell about read-only memory
        assert "read-only" in str(refused)
    else:
        assert shared.tolist() == [1.0]


# --- Leaks --------------------------------------------------------------------------------------

ROUND_TRIPS = """
import sys, numpy as np, prova
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
a = np.zeros((8, 1024))
t = prova.zeros((8, 1024))
def trip(t):
    fresh = prova.asarray(a[::-1])
    np.asarray(fresh)
    prova.from_dlpack(fresh)
    np.from_dlpack(prova.zeros(1000))
    np.from_dlpack(t)
    return prova.asarray(np.asarray(t))
for _ in range(2000):
    t = trip(t)
before, live, refs = resident(), prova._core._live_tensors(), sys.getrefcount(a)
for _ in range(int(sys.argv[1])):
    t = trip(t)
print(resident() - before, prova._core._live_tensors() - live, sys.getrefcount(a) - refs)
"""


TORCH_ROUND_TRIPS = ROUND_TRIPS.replace("import sys,", "import sys, torch,").replace("""
    fresh = prova.asarray(a[::-1])
    np.asarray(fresh)
    prova.from_dlpack(fresh)
    np.from_dlpack(prova.zeros(1000))
    np.from_dlpack(t)
    return prova.asarray(np.asarray(t))
""", """
    prova.from_dlpack(torch.from_dlpack(prova.asarray(a)))
    torch.from_dlpack(prova.zeros(1000))
    prova.from_dlpack(torch.zeros(1000))
    return prova.from_dlpack(torch.from_dlpack(t))
""")


@pytest.mark.parametrize("program", [
    ROUND_TRIPS, pytest.param(TORCH_ROUND_TRIPS, marks=needs_torch)], ids=["numpy", "torch"])
def test_round_trips_leak_nothing(program):
    """PROVA_LONG_TESTS=1 makes a million round trips, else a hundred thousand are made."""
    rounds = 1000000 if os.environ.get("PROVA_LONG_TESTS") else 100000
    # Five exchanges or so a round, of the same tensor over and over.
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program, str(rounds // 5)],
                          check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    resident, live, refs = map(int, done.stdout.split())
    assert live == 0 and refs == 0
    assert resident < 2 ** 20


# --- Copies and pickle --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", SHARED + ["bfloat16"])
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_keeps_values_dtype_and_shape(dtype, protocol):
    t = prova.astype(prova.reshape(prova.arange(6), (2, 3)), dtype).mT
    back = pickle.loads(pickle.dumps(t, protocol))
    assert back.dtype == t.dtype and back.shape == (3, 2) and back.tolist() == t.tolist()
    back[0, 0] = 1  # memory of its own
    empty = pickle.loads(pickle.dumps(prova.zeros((0, 2), dtype=dtype), protocol))
    assert empty.shape == (0, 2)


def test_pickle_sends_the_memory_out_of_band():
    t = prova.arange(1000)
    buffers = []
    data = pickle.dumps(t, 5, buffer_callback=buffers.append)
    assert len(data) < 300 and len(buffers) == 1
    assert pickle.loads(data, buffers=buffers).tolist() == list(range(1000))


def test_pickle_keeps_parameters_and_other_objects():
    w = pickle.loads(pickle.dumps(prova.tensor([1.0], requires_grad=True)))
    assert w.requires_grad and w.is_leaf
    for each in (prova.float32, prova.Device("cpu")):
        assert pickle.loads(pickle.dumps(each)) == each
    rng = prova.Rng(3)
    again = pickle.loads(pickle.dumps(rng))
    assert prova.rand(4, rng).tolist() == prova.rand(4, again).tolist()


def test_broken_pickles_are_refused():
    with pytest.raises(ValueError, match="need the bytes of all elements"):
        prova._core._unpickle(b"123", "float32", (1,), False)
    with pytest.raises(TypeError):
        prova._core._unpickle(3, "float32", (1,), False)


def test_copies():
    t = prova.zeros(3)
    shallow, deep = copy.copy(t), copy.deepcopy(t)
    t[0] = 1
    assert shallow.tolist() == [1, 0, 0] and deep.tolist() == [0, 0, 0]
    w = prova.tensor([1.0], requires_grad=True)
    deep = copy.deepcopy(w)
    assert deep.requires_grad and deep.is_leaf
