"""What NumPy makes of prova.$name, and what both are given."""

import numpy as np


def $name(x, axis=None, keepdims=False):
    return np.sum(x, axis=axis, keepdims=keepdims)  # FILL IN: the formula


def draw(random):
    # FILL IN: the domain, low= and high=.
    shape = random.shape()
    return (random.tensor(shape),), random.options(axis=random.axes(shape),
                                                   keepdims=random.choice(False, True))
