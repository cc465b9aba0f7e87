# %% [markdown]
# # A kernel, from three loops to the fast one
#
# The product of two matrices is the loop that most of deep learning spends its time in. Here it is
# computed in five ways, all with the same $2n^3$ additions and multiplications, and timed. What
# differs is where the numbers lie and who walks over them. All times on this page were measured
# when it was built, by the machine that built it; run the notebook for those of yours.

# %%
import os
import subprocess
import sys
import time

import matplotlib.pyplot as plt
import numpy as np

import prova

# %% [markdown]
# ## Three loops
#
# The definition, $c_{ij} = \sum_k a_{ik} b_{kj}$, as Python reads it aloud. Every number is an
# object of its own, and every step of the inner loop looks up what `*` and `+` mean for them.

# %%
def three_loops(a, b):
    n = len(a)
    c = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            for k in range(n):
                c[i][j] += a[i][k] * b[k][j]
    return c

# %% [markdown]
# ## The inner loop leaves Python
#
# One call now computes a whole entry: a row of `a` times a column of `b`. The numbers of a column
# lie `n` apart in memory, so that each of them arrives with fifteen neighbours that are not asked
# for.

# %%
def entry_by_entry(a, b):
    n = len(a)
    c = np.zeros((n, n), np.float32)
    for i in range(n):
        for j in range(n):
            c[i, j] = a[i] @ b[:, j]
    return c

# %% [markdown]
# ## The loops change places
#
# A row of the result is a sum of rows of `b`, each times one number. Nothing is read against the
# grain any more, and two of the three loops are inside of one call.

# %%
def row_by_row(a, b):
    c = np.zeros(a.shape, np.float32)
    for i in range(len(a)):
        c[i] = a[i] @ b
    return c

# %% [markdown]
# ## The compiled ones
#
# Prova has two kernels for the product. The *reference* kernel is the same three loops in C++,
# written to be read; it is what the fast one is tested against. The fast one keeps a tile of the
# result in registers and the parts of `a` and `b` that it needs in caches, and multiplies vectors
# of as many numbers as the processor has room for: the
# [ladder of matmul](../ops/matmul/ladder/ladder.md) climbs there step by step. Which of the two is
# used is said by `PROVA_KERNELS` when a process starts, so the reference is timed in its own.

# %%
def seconds(multiply, a, b, least=0.2):
    """The best of some runs that take `least` seconds together."""
    best, end = float("inf"), time.perf_counter() + least
    while True:
        start = time.perf_counter()
        multiply(a, b)
        now = time.perf_counter()
        best = min(best, now - start)
        if now > end:
            return best


def matrices(n):
    rng = np.random.default_rng(n)
    return (rng.normal(size=(n, n)).astype(np.float32) for _ in range(2))


REFERENCE = """
import sys, time, numpy, prova
prova.set_num_threads(1)
for n in map(int, sys.argv[1:]):
    rng = numpy.random.default_rng(n)
    a, b = (prova.asarray(rng.normal(size=(n, n)).astype(numpy.float32)) for _ in range(2))
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        prova.matmul(a, b)
        best = min(best, time.perf_counter() - start)
    print(n, best)
"""


def reference(sizes):
    """Seconds of the reference kernel, by size."""
    environment = dict(os.environ, PROVA_KERNELS="reference", PYTHONPATH=os.pathsep.join(sys.path))
    done = subprocess.run([sys.executable, "-c", REFERENCE, *map(str, sizes)], env=environment,
                          stdout=subprocess.PIPE, text=True, check=True)
    return {int(n): float(best) for n, best in map(str.split, done.stdout.splitlines())}

# %% [markdown]
# ## First: are they right?
#
# A fast wrong answer is worth nothing. All of them against a product in float64, whose rounding is
# far below that of float32:

# %%
a, b = matrices(64)
exact = a.astype(np.float64) @ b.astype(np.float64)
ways = {
    "three loops": lambda a, b: three_loops(a.tolist(), b.tolist()),
    "entry by entry": entry_by_entry,
    "row by row": row_by_row,
    "NumPy": np.matmul,
    "Prova": lambda a, b: prova.matmul(prova.asarray(a), prova.asarray(b)),
}
for name, multiply in ways.items():
    error = np.abs(np.asarray(multiply(a, b)) - exact).max() / np.abs(exact).max()
    print(f"{name:>15}: {'right' if error < 1e-6 else 'wrong'}")
    assert error < 1e-6

# %% [markdown]
# ## Then: how fast?
#
# In billions of additions and multiplications a second. The slow ways are spared the large sizes.

# %%
threads = prova.num_threads()
prova.set_num_threads(1)
sizes = [16, 32, 64, 128, 256, 512, 1024]
largest = {"three loops": 64, "entry by entry": 256, "row by row": 1024}
speed = {}
for name, multiply in (("three loops", three_loops), ("entry by entry", entry_by_entry),
                       ("row by row", row_by_row), ("Prova, one thread", prova.matmul)):
    for n in sizes:
        if n > largest.get(name, sizes[-1]):
            break
        a, b = matrices(n)
        if name == "three loops":
            a, b = a.tolist(), b.tolist()
        elif name.startswith("Prova"):
            a, b = prova.asarray(a), prova.asarray(b)
        speed.setdefault(name, {})[n] = 2e-9 * n ** 3 / seconds(multiply, a, b)
speed["three loops in C++"] = {n: 2e-9 * n ** 3 / best
                               for n, best in reference(sizes[:-2]).items()}
prova.set_num_threads(threads)
for name, by_size in speed.items():
    n = max(by_size)
    print(f"{name:>18}, n = {n:4}: {by_size[n]:8.3f} Gflop/s")

# %%
figure, axes = plt.subplots(figsize=(5, 3.8))
for name, by_size in speed.items():
    axes.loglog(list(by_size), list(by_size.values()), label=name, base=2)
axes.set_yscale("log", base=10)
axes.set_xlabel("size n of the matrices")
axes.set_ylabel("Gflop/s, one thread")
axes.legend(fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=(0.5, 1.28))
figure.set_label("Speed over the size of the matrices, both axes logarithmic, a line for each way. "
                 "Three loops in Python lie lowest, Prova's fast kernel highest, powers of ten "
                 "above; the ways through NumPy and the three loops in C++ lie between.")

# %% [markdown]
# Not one multiplication was saved between the lowest line and the highest one. The steps between
# are all of one kind: to keep what is needed next where it can be reached at once.

# %%
slow, fast = speed["three loops"][64], speed["Prova, one thread"][64]
assert fast > 100 * slow
print(f"{fast / slow:,.0f} times as fast at n = 64")

# %% [markdown]
# How the fast kernel compares with the libraries that people use, with more care than here, is in
# the chapter of [matmul](../ops/matmul/matmul.md).
