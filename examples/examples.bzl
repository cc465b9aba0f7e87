"""The programs whose code and output the site shows, one folder each."""

EXAMPLES = [
    "errors",
    "first_steps",
    "numerics",
    "own_kernel",
    "tape",
    "tensors",
    "train_digits",
    "turns",
    "wrong_gradients",
]
