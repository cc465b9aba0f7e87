"""What NumPy makes of prova.negative, and what both are given."""

import numpy as np


def negative(x):
    return np.negative(x)


def draw(random):
    return (random.tensor(random.shape()),), {}
