"""Trees of tensors: tuples, lists and dicts of tensors, and of such trees."""

from __future__ import annotations

import itertools
from typing import Any

from prova._core import Tensor
from prova.errors import ArgumentError, DTypeError


def flatten(tree: Any, where: str) -> tuple[list[Tensor], Any]:
    """The tensors of a tree from left to right, dicts by key, and what is left: its structure."""
    if isinstance(tree, Tensor):
        return [tree], None
    leaves: list[Tensor] = []
    if isinstance(tree, dict):
        keys = sorted(tree)
        parts = [flatten(tree[key], where) for key in keys]
        structure: Any = (dict, keys, [part[1] for part in parts])
    elif isinstance(tree, (tuple, list)):
        parts = [flatten(item, where) for item in tree]
        structure = (type(tree), None, [part[1] for part in parts])
    else:
        raise DTypeError(f"{where}: {type(tree).__name__} among the tensors; "
                         "need tensors, or tuples, lists and dicts of them")
    for part, _ in parts:
        leaves += part
    return leaves, structure


def flatten_like(structure: Any, tree: Any, where: str, name: str, of: str) -> list[Tensor]:
    """The tensors of a tree that must have a structure; errors call the tree `name`."""
    leaves, found = flatten(tree, where)
    if _plain(found) != _plain(structure):
        raise ArgumentError(f"{where}: {name} of another form than {of}; "
                            f"given {_written(found)}, need {_written(structure)}")
    return leaves


class _Leaf:
    """Stands for a tensor where a structure is written."""

    def __repr__(self) -> str:
        return "x"


def _written(structure: Any) -> str:
    return repr(_build(structure, itertools.repeat(_Leaf())))


def _plain(structure: Any) -> Any:
    """A structure that takes lists and tuples of the same length for the same."""
    if structure is None:
        return None
    kind, keys, parts = structure
    return dict if kind is dict else tuple, keys, [_plain(part) for part in parts]


def unflatten(structure: Any, leaves: list[Any]) -> Any:
    """The tree of a structure with these leaves."""
    rest = iter(leaves)
    tree = _build(structure, rest)
    if next(rest, None) is not None:
        raise ArgumentError("tree: more leaves than the structure has places; need one a place")
    return tree


def _build(structure: Any, leaves: Any) -> Any:
    if structure is None:
        return next(leaves)
    kind, keys, parts = structure
    items = [_build(part, leaves) for part in parts]
    if kind is dict:
        return dict(zip(keys, items))
    if hasattr(kind, "_fields"):  # a namedtuple
        return kind(*items)
    return kind(items)
