"""What NumPy makes of prova.where, and what both are given."""

import numpy as np


def where(condition, x1, x2):
    return np.where(condition, x1, x2)


def draw(random):
    condition, a, b = random.broadcasting(3)
    return (random.tensor(condition, "bool"), random.tensor(a), random.tensor(b)), {}
