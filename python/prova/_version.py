"""The version of the package, in the one place that has it."""

__version__ = "0.6.0"
