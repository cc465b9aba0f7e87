"""What NumPy makes of prova.mean, and what both are given."""

import numpy as np


def mean(x, axis=None, keepdims=False):
    return np.mean(x, axis=axis, keepdims=keepdims)


def draw(random):
    shape = random.shape(min_size=1)
    return (random.tensor(shape),), random.options(axis=random.axes(shape),
                                                   keepdims=random.choice(False, True))
