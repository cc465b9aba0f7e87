"""Files of named tensors in the format safetensors, which C++, PyTorch's world and NumPy read."""

from __future__ import annotations

import os
from typing import Mapping

from prova import _core
from prova._core import Tensor
from prova._module import Module


def save(tensors: Mapping[str, Tensor] | Module, path: str | os.PathLike[str],
         metadata: Mapping[str, str] | None = None) -> None:
    """Writes tensors by name, or the state of a model, as a safetensors file.

    Atomic: the old file stays until the new one is complete. metadata: texts by name. Raises
    FileError (an OSError) where it cannot be written, ArgumentError for names or texts that the
    format lacks.
    """
    named = tensors.state_dict() if isinstance(tensors, Module) else dict(tensors)
    _core._save(os.fsdecode(path), named, dict(metadata or {}))


def load(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The tensors of a safetensors file by name, for `model.load_state_dict`.

    Raises FileError (an OSError) where it cannot be read, FormatError (a ValueError) where it
    breaks the format, UnsupportedError for a dtype that Prova lacks.
    """
    tensors: dict[str, Tensor] = _core._load(os.fsdecode(path))[0]
    return tensors


def load_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """The metadata of a safetensors file. Raises as `load`."""
    metadata: dict[str, str] = _core._load(os.fsdecode(path))[1]
    return metadata
