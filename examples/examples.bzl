"""The programs whose code and output the site shows, one folder each."""

EXAMPLES = [
    "checkpoint_memory",
    "errors",
    "first_steps",
    "gradient_checks",
    "gradient_pitfalls",
    "jacobian_products",
    "layer_norm_derived",
    "loss_scaling",
    "numerics",
    "own_kernel",
    "second_derivatives",
    "step_size",
    "tape",
    "tensors",
    "train_digits",
    "turns",
    "wrong_gradients",
]
