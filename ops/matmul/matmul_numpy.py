"""What NumPy makes of prova.matmul, and what both are given."""

import numpy as np


def matmul(a, b):
    return np.matmul(a, b)


def draw(random):
    rows, terms, columns = random.sizes(3)
    left, right = random.broadcasting(2)
    a, b = random.choice(((terms,), (terms,)), ((terms,), (terms, columns)),
                         ((rows, terms), (terms,)),
                         ((*left, rows, terms), (*right, terms, columns)))
    return (random.tensor(a), random.tensor(b)), {}
