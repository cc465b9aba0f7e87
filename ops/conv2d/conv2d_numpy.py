"""What NumPy makes of prova.conv2d, and what both are given."""

import numpy as np


def conv2d(x, weight, bias=None, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    (down, across), out = padding, weight.shape[0]
    padded = np.pad(x, ((0, 0), (0, 0), (down, down), (across, across)))
    spans = [(k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilation)]
    windows = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=(2, 3))
    windows = windows[:, :, ::stride[0], ::stride[1], ::dilation[0], ::dilation[1]]
    windows = windows.reshape(x.shape[0], groups, weight.shape[1], *windows.shape[2:])
    filters = weight.reshape(groups, out // groups, *weight.shape[1:])
    y = np.einsum("ngchwij,gocij->ngohw", windows, filters)
    y = y.reshape(x.shape[0], out, *y.shape[3:])
    return y if bias is None else y + bias[:, None, None]


def draw(random):
    groups = random.choice(1, 2)
    (images,), (channels, out, kernel_height, kernel_width) = random.sizes(1), random.sizes(4, 1)
    height, width = random.sizes(2, low=7, high=12)
    channels, out = min(channels, 3), min(out, 3)
    kernel = min(kernel_height, 3), min(kernel_width, 3)
    bias = random.choice([], [random.tensor((out * groups,))])
    return (random.tensor((images, channels * groups, height, width)),
            random.tensor((out * groups, channels, *kernel)), *bias), random.options(
        stride=random.choice((1, 1), (2, 1), (3, 2)), padding=random.choice((0, 0), (1, 2)),
        dilation=random.choice((1, 1), (1, 2), (2, 3))) | {"groups": groups}
