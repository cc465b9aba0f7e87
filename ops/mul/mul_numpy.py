"""What NumPy makes of prova.multiply, and what both are given."""

import numpy as np


def multiply(a, b):
    return np.multiply(a, b)


def draw(random):
    a, b = random.broadcasting(2)
    return (random.tensor(a), random.tensor(b)), {}
