"""What NumPy makes of prova.sum, and what both are given."""

import numpy as np


def sum(x, axis=None, keepdims=False):
    return np.sum(x, axis=axis, keepdims=keepdims)


def draw(random):
    shape = random.shape()
    return (random.tensor(shape),), random.options(axis=random.axes(shape),
                                                   keepdims=random.choice(False, True))
