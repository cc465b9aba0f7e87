"""What NumPy makes of prova.divide, and what both are given."""

import numpy as np


def divide(a, b):
    return np.divide(a, b)


def draw(random):
    a, b = random.broadcasting(2)
    return (random.tensor(a), random.tensor(b, low=1)), {}
