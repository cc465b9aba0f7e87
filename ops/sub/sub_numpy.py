"""What NumPy makes of prova.subtract, and what both are given."""

import numpy as np


def subtract(a, b):
    return np.subtract(a, b)


def draw(random):
    a, b = random.broadcasting(2)
    return (random.tensor(a), random.tensor(b)), {}
