"""What NumPy makes of prova.relu, and what both are given."""

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def draw(random):
    return (random.tensor(random.shape()),), {}
