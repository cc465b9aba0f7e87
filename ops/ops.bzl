"""The operations, one folder each: umbrella header, catalogue and pages follow from this list."""

OPS = [
    "add",
    "cross_entropy",
    "div",
    "dropout",
    "embedding",
    "exp",
    "layer_norm",
    "log",
    "log_softmax",
    "max",
    "max_pool2d",
    "mean",
    "mul",
    "neg",
    "softmax",
    "sqrt",
    "sub",
    "sum",
    "tanh",
    "where",
]
