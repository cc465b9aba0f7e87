"""Derivatives of functions, in JAX's habit, and switches for the tape.

Arguments are tensors, or tuples, lists and dicts of them. Every function here can be differentiated
again: `grad(grad(f))` is the second derivative.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Sequence

from prova import _core
from prova._core import Tensor
from prova._tree import flatten, flatten_like, unflatten
from prova.errors import ArgumentError, DTypeError


class _Switch(contextlib.ContextDecorator):
    """A context manager and decorator that switches recording for this thread."""

    _on = False

    def __init__(self) -> None:
        self._recording = _core._Recording(self._on)

    def __enter__(self) -> _Switch:
        self._recording.enter()
        return self

    def __exit__(self, *exception: object) -> None:
        self._recording.exit()


class no_grad(_Switch):
    """Nothing is recorded inside: `with prova.no_grad(): ...`, or `@prova.no_grad()`."""


class enable_grad(_Switch):
    """Operations are recorded again inside, within a no_grad."""

    _on = True


class _Chosen:
    """The arguments to differentiate by, taken out of a call and put back."""

    def __init__(self, where: str, args: tuple[Any, ...], argnums: int | Sequence[int]) -> None:
        self._args = args
        self._one = isinstance(argnums, int)
        numbers: list[int] = [argnums] if isinstance(argnums, int) else list(argnums)
        for number in numbers:
            if not -len(args) <= number < len(args):
                raise ArgumentError(f"{where}: argument {number} of {len(args)}; "
                                    f"need {-len(args)}..{len(args) - 1}")
        self._numbers = [number % len(args) for number in numbers]
        chosen = [args[number] for number in self._numbers]
        self.leaves, self.structure = flatten(chosen, where)

    def with_leaves(self, leaves: list[Any]) -> list[Any]:
        """All arguments, the chosen ones made of other leaves."""
        args = list(self._args)
        for number, tree in zip(self._numbers, unflatten(self.structure, leaves)):
            args[number] = tree
        return args

    def tree(self, leaves: list[Any]) -> Any:
        """One thing a leaf, in the form of the chosen arguments."""
        trees = unflatten(self.structure, leaves)
        return trees[0] if self._one else tuple(trees)


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0,
                   has_aux: bool = False) -> Callable[..., Any]:
    """The function of f's arguments that returns (f(...), df/dargument).

    f returns one number, or, with has_aux, a pair of it and anything else; then the value is that
    pair. Gradients have the form of the argument; where argnums is a tuple, they are a tuple.
    """
    def both(*args: Any, **kwargs: Any) -> Any:
        chosen = _Chosen("grad", args, argnums)
        aux = None

        def of_leaves(leaves: list[Tensor]) -> Any:
            nonlocal aux
            result = f(*chosen.with_leaves(leaves), **kwargs)
            if not has_aux:
                return result
            if not isinstance(result, tuple) or len(result) != 2:
                raise DTypeError("grad: a result that is no pair, with has_aux; "
                                 "need (one number, anything else)")
            result, aux = result
            return result

        value, gradients = _core._value_and_grads(of_leaves, chosen.leaves)
        return ((value, aux) if has_aux else value), chosen.tree(gradients)

    return both


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0,
         has_aux: bool = False) -> Callable[..., Any]:
    """The function of f's arguments that returns df/dargument; with has_aux, and aux."""
    both = value_and_grad(f, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


def _flattening(f: Callable[..., Any], chosen: _Chosen,
                where: str) -> tuple[Callable[[list[Tensor]], list[Tensor]], list[Any]]:
    """f as a function from leaves to the leaves of its result, and where it leaves their form."""
    form: list[Any] = []

    def of_leaves(leaves: list[Tensor]) -> list[Tensor]:
        outputs, structure = flatten(f(*chosen.with_leaves(leaves)), where)
        form[:] = [structure]
        return outputs

    return of_leaves, form


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
    """f(*primals), and the function from a cotangent v of the result to J^T v, one a primal.

    A cotangent has the form of the result, which may be a tuple, list or dict of tensors.
    """
    chosen = _Chosen("vjp", primals, range(len(primals)))
    of_leaves, form = _flattening(f, chosen, "vjp")
    values, pull_leaves = _core._vjp(of_leaves, chosen.leaves)
    structure = form[0]

    def pull(cotangent: Any) -> Any:
        cotangents = flatten_like(structure, cotangent, "vjp", "the cotangent", "the result")
        return chosen.tree(pull_leaves(cotangents))

    return unflatten(structure, values), pull


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """f(*primals) and J v, for tangents v in the form of the primals."""
    chosen = _Chosen("jvp", tuple(primals), range(len(primals)))
    directions = flatten_like(chosen.structure, list(tangents), "jvp", "the tangents",
                              "the primals")
    of_leaves, form = _flattening(f, chosen, "jvp")
    values, found = _core._jvp(of_leaves, chosen.leaves, directions)
    return unflatten(form[0], values), unflatten(form[0], found)


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function of f's arguments that returns df/dargument in full.

    In the form of f's result, whose every tensor y is replaced by the form of the argument, whose
    every tensor x is replaced by J of shape [*y, *x].
    """
    def of_args(*args: Any, **kwargs: Any) -> Any:
        chosen = _Chosen("jacobian", args, argnums)
        with no_grad():
            outputs, form = flatten(f(*args, **kwargs), "jacobian")

        def part(output: int, leaf: int) -> Any:
            def of_leaf(leaves: list[Tensor]) -> Tensor:
                others = list(chosen.leaves)
                others[leaf] = leaves[0]
                result = f(*chosen.with_leaves(others), **kwargs)
                return flatten(result, "jacobian")[0][output]

            return _core._jacobian(of_leaf, chosen.leaves[leaf])

        rows = [chosen.tree([part(i, j) for j in range(len(chosen.leaves))])
                for i in range(len(outputs))]
        return unflatten(form, rows)

    return of_args


def hessian(f: Callable[..., Tensor], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function of f's arguments that returns the second derivatives of one number."""
    return jacobian(grad(f, argnums), argnums)
