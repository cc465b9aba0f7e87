"""What NumPy makes of prova.gelu, and what both are given."""

import math

import numpy as np


def gelu(x, approximate="none"):
    if approximate == "tanh":
        return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
    return x / 2 * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2)))


def draw(random):
    return (random.tensor(random.shape()),), {"approximate": random.choice("none", "tanh")}
