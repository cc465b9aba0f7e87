"""What NumPy makes of prova.max_pool2d, and what both are given."""

import numpy as np


def max_pool2d(x, kernel=(2, 2), stride=None, padding=(0, 0), dilation=(1, 1), ceil_mode=False):
    stride = stride or kernel
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]
    around = [(0, 0)] * (x.ndim - 2)
    for size, span, step, pad in zip(x.shape[-2:], spans, stride, padding):
        behind = pad
        rest = (size + 2 * pad - span) % step
        # A window more, where it begins within the image or the padding before it.
        if ceil_mode and rest and size + 2 * pad - span - rest + step < size + pad:
            behind += step - rest
        around.append((pad, behind))
    padded = np.pad(x, around, constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=(-2, -1))
    windows = windows[..., ::stride[0], ::stride[1], ::dilation[0], ::dilation[1]]
    return windows.max(axis=(-2, -1))


def draw(random):
    leading = random.shape(min_rank=1, max_rank=2)
    height, width = random.sizes(2, low=7, high=12)
    return (random.tensor((*leading, height, width)),), random.options(
        kernel=random.choice((2, 2), (3, 2)), stride=random.choice((1, 1), (2, 3)),
        padding=random.choice((0, 0), (1, 1)), dilation=random.choice((1, 1), (2, 1)),
        ceil_mode=random.choice(False, True))
