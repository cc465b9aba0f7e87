"""No argument crashes: random Python objects given to everything that is bound.

PROVA_LONG_TESTS=1 makes 100,000 calls, else 20,000 are made.
"""

import os
import subprocess
import sys

# A crash ends a process of its own; what it was about to call is its last line.
PROGRAM = """
import copy, inspect, operator, pickle, random, resource, sys
import numpy as np
import prova

# Sizes that nobody has memory for are refused, not tried.
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
seed, calls = map(int, sys.argv[1:])
chance = random.Random(seed)
prova.set_num_threads(1)


class Evil:
    '''Answers every question wrong.'''
    def __index__(self): return chance.choice([0, 1, 2 ** 80, -1])
    def __float__(self): return chance.choice([0.5, float("nan")])
    def __dlpack__(self, **options): return chance.choice([None, 3, prova.ones(2).__dlpack__()])
    def __array__(self, *more): return chance.choice([None, "x", np.ones(2), np.ones(1, "U3")])
    def __len__(self): return chance.choice([0, 3, 10 ** 9])
    def __getitem__(self, key): raise LookupError("evil")
    def __iter__(self): raise OSError("evil")
    def __repr__(self): raise OSError("evil")
    def __call__(self, *arguments): return chance.choice([arguments, None, prova.ones(2)])


class Raising:
    '''Raises at every question.'''
    def __getattr__(self, name): raise OSError("raising")
    def __index__(self): raise OSError("raising")
    def __float__(self): raise OSError("raising")
    def __call__(self, *arguments): raise OSError("raising")


endless = []
endless.append(endless)
shrinking = [1, 2, 3]


class Shrinks:
    def __index__(self):
        shrinking.clear()
        return 1


def tensor():
    shape = tuple(chance.choice([0, 1, 2, 3]) for _ in range(chance.randrange(5)))
    dtype = chance.choice(["bool", "uint8", "int8", "int16", "int32", "int64", "float16",
                           "bfloat16", "float32", "float64"])
    x = prova.ones(shape, dtype=dtype)
    if dtype.startswith(("f", "bf")) and chance.random() < 0.3:
        x.requires_grad = True
    return chance.choice([x, x, x[::-1] if shape else x])


def array():
    kind = chance.choice(["f4", "f8", "f2", "?", "i1", "u2", "c8", ">f4", "U3", "O", "M8[s]",
                          "V3"])
    a = np.zeros(chance.choice([(), (0,), (3,), (2, 3)]), kind)
    a.flags.writeable = chance.random() < 0.7
    return a[::-1] if a.ndim else a


MAKERS = [
    tensor, tensor, tensor, array,
    lambda: prova.Tensor.__new__(prova.Tensor),  # without a value
    lambda: chance.choice([None, True, False, ..., NotImplemented, object(), int, prova.Tensor]),
    lambda: chance.choice([0, 1, 2, 3, -1, -2, 7, 2 ** 31, 2 ** 40, 2 ** 63 - 1, -2 ** 63,
                           2 ** 80]),
    lambda: chance.choice([0.0, -0.0, 0.5, 1e308, float("inf"), float("nan"), 1j]),
    lambda: chance.choice(["", "x", "float32", "none", "mean", "cpu", "cuda:0", "\\ud800",
                           "2024.12"]),
    lambda: chance.choice([b"", b"1234", bytearray(8), memoryview(b"12345678")[::2]]),
    lambda: [anything() for _ in range(chance.randrange(4))],
    lambda: tuple(anything() for _ in range(chance.randrange(4))),
    lambda: {chance.choice(["a", 1]): anything()},
    lambda: slice(chance.choice([None, -1, 5]), chance.choice([None, 2]),
                  chance.choice([None, 0, -2])),
    lambda: chance.choice([Evil(), Raising(), endless, Shrinks(), [Shrinks(), 1, 2], shrinking]),
    lambda: chance.choice([prova.float32, prova.Device("cpu"), prova.Rng(3), np.float32(2),
                           np.int8(1)]),
    lambda: chance.choice([lambda *a: a[0], lambda *a: prova.sum(a[0]), lambda a: a, print]),
    lambda: np.dtype("float32"),
]


def anything():
    return chance.choice(MAKERS)()


functions = [(name, getattr(prova, name)) for name in prova.__all__]
functions = [(name, each) for name, each in functions if callable(each)]
functions += [(name, each) for name, each in vars(prova._core).items() if callable(each)]
for owner in (prova.Tensor, prova.DType, prova.Device, prova.Rng, prova._core._Recording,
              prova._core._Trainer):
    functions += [(f"{owner.__name__}.{name}", getattr(owner, name)) for name in dir(owner)
                  if callable(getattr(owner, name))
                  and name not in ("__class__", "__init_subclass__", "__subclasshook__", "__dir__")]
functions += [(each.__name__, each) for each in (
    copy.copy, copy.deepcopy, pickle.dumps, memoryview, bytes, repr, str, bool, int, float, len,
    list, iter, hash, operator.add, operator.sub, operator.mul, operator.truediv, operator.matmul,
    operator.neg, operator.eq, operator.lt, operator.getitem, operator.setitem,
    np.asarray) for _ in range(2)]
properties = [name for name, each in inspect.getmembers(prova.Tensor) if isinstance(each, property)]
skipped = {"set_num_threads"}
functions = [each for each in functions if each[0] not in skipped]
ALLOWED = (TypeError, ValueError, IndexError, MemoryError, BufferError, OverflowError,
           AttributeError, LookupError, OSError, ArithmeticError, RecursionError,
           # What a memoryview of Python answers to an empty tuple.
           NotImplementedError, pickle.PicklingError, prova.Error)


def call():
    if chance.random() < 0.1:
        name = chance.choice(properties)
        print(name, flush=True)
        x = tensor()
        return setattr(x, name, anything()) if chance.random() < 0.5 else getattr(x, name)
    name, function = chance.choice(functions)
    arguments = [anything() for _ in range(chance.choice([0, 1, 1, 2, 2, 2, 3, 4]))]
    if "." in name and arguments and chance.random() < 0.9:
        arguments[0] = tensor()
    options = {}
    if chance.random() < 0.2:
        options[chance.choice(["axis", "dtype", "copy", "keepdims", "x", "nonsense"])] = anything()
    print(name, flush=True)
    return function(*arguments, **options)


good = 0
for _ in range(calls):
    try:
        result = call()
        good += 1
        if isinstance(result, prova.Tensor):
            repr(result), result.tolist()
    except ALLOWED:
        pass
    if not shrinking:
        shrinking += [1, 2, 3]
print("survived", good)
"""


def test_random_objects_crash_nothing():
    calls = 100000 if os.environ.get("PROVA_LONG_TESTS") else 20000
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-W", "ignore", "-c", PROGRAM,
                           "2026", str(calls)],
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    last = done.stdout.splitlines()[-1] if done.stdout else ""
    assert done.returncode == 0, f"{last}: {done.stderr[-3000:]}"
    word, good = last.split()
    # Calls that do something, beside those that are refused.
    assert word == "survived" and int(good) > calls // 20
