"""The programs whose code and output the site shows, one folder each."""

EXAMPLES = [
    "errors",
    "first_steps",
    "numerics",
    "tape",
    "tensors",
    "train_digits",
    "own_kernel",
    "wrong_gradients",
]
