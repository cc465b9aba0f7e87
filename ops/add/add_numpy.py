"""What NumPy makes of prova.add, and what both are given."""

import numpy as np


def add(a, b):
    return np.add(a, b)


def draw(random):
    a, b = random.broadcasting(2)
    return (random.tensor(a), random.tensor(b)), {}
