"""The programs whose code and output the site shows, one folder each."""

EXAMPLES = [
    "first_steps",
]
