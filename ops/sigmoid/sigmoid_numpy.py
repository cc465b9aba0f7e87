"""What NumPy makes of prova.sigmoid, and what both are given."""

import numpy as np


# #region numpy
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def draw(random):
    return (random.tensor(random.shape()),), {}
# #endregion numpy
