"""The operations, one folder each: umbrella header, catalogue and pages follow from this list."""

OPS = [
    "add",
    "exp",
    "max_pool2d",
    "softmax",
]
