"""What NumPy makes of prova.dropout, given the same random numbers, which are Prova's own."""

import numpy as np

import prova


def dropout(x, p, rng):
    uniform = np.asarray(prova.rand(x.shape, rng))
    return np.where(uniform >= p, x / (1 - p), 0)


def draw(random):
    return (random.tensor(random.shape()), random.choice(0.0, 0.25, 0.5), random.rng()), {}
