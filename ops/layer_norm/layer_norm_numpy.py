"""What NumPy makes of prova.layer_norm, and what both are given."""

import numpy as np


def layer_norm(x, weight=1.0, bias=0.0, epsilon=1e-5):
    axes = tuple(range(-max(np.ndim(weight), np.ndim(bias), 1), 0))
    deviation = x - x.mean(axis=axes, keepdims=True)
    variance = (deviation ** 2).mean(axis=axes, keepdims=True)
    return deviation / np.sqrt(variance + epsilon) * weight + bias


def draw(random):
    shape = random.shape(min_rank=1, min_size=1)
    sample = shape[random.choice(*range(len(shape))):]
    options = {"weight": random.tensor(sample), "bias": random.tensor(sample), "epsilon": 0.1}
    return (random.tensor(shape),), random.options(**options)
