"""What pickles of Prova call: functions that it finds by their names."""

from __future__ import annotations

from typing import Any

from prova import _core
from prova._core import DType, Tensor


def tensor(memory: Any, dtype: str, shape: tuple[int, ...], is_parameter: bool) -> Tensor:
    """A tensor of its bytes."""
    return _core._unpickle(memory, dtype, shape, is_parameter)


def dtype(name: str) -> DType:
    """The one object of a dtype."""
    return _core._dtype(name)
