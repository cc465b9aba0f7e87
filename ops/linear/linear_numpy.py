"""What NumPy makes of prova.linear, and what both are given."""

import math

import numpy as np


def linear(x, weight, bias=0, activation="none"):
    y = x @ weight.T + bias
    if activation == "relu":
        return np.maximum(y, 0)
    if activation == "gelu":
        return y / 2 * (1 + np.vectorize(math.erf, otypes=[float])(y / math.sqrt(2)))
    return y


def draw(random):
    x = random.shape(min_rank=1)
    out, = random.sizes(1)
    bias = random.choice([], [random.tensor((out,))])
    return (random.tensor(x), random.tensor((out, x[-1])), *bias), random.options(
        activation=random.choice("none", "relu", "gelu"))
