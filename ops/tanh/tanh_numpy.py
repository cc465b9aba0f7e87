"""What NumPy makes of prova.tanh, and what both are given."""

import numpy as np


def tanh(x):
    return np.tanh(x)


def draw(random):
    return (random.tensor(random.shape()),), {}
