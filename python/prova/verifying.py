"""Holds a function of yours to the proof of an operation.

`prova.verify(my_softmax, like="softmax")` runs it through the cases that Prova's own kernels must
pass, compares each result with that of the readable reference kernel in double, and its gradient
with central differences.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import html
import importlib
import inspect
import math
import re
import sys
import warnings
from typing import Any, Callable, Iterator, Sequence

from prova import _core
from prova._core import DType, Tensor
from prova.errors import ArgumentError

__all__ = ["Check", "Report", "inputs", "verify"]

# Inputs of a snippet are written out up to so many elements.
_MOST_WRITTEN = 64


class _NoGradient(Exception):
    """The function gives no gradient; the text says why."""


# --- Kinds of arrays ------------------------------------------------------------------------------

class _Arrays:
    """What a function takes: how a tensor becomes it."""

    name = "prova"
    imports = "import prova"
    lacks: dict[str, str] = {}

    def of(self, x: Tensor) -> Any:
        """The same values, in memory that the function may write into."""
        return _core.asarray(x, copy=True)

    def is_own(self, y: Any) -> bool:
        """Whether a result is of this kind."""
        return isinstance(y, Tensor)

    def written(self, x: Tensor) -> str:
        """Python that makes it."""
        return f'prova.reshape(prova.tensor({_flat(x)}, dtype="{x.dtype.name}"), {x.shape})'

    def gradients(self, call: Callable[[list[Any]], Any], leaves: list[Tensor],
                  follows: Sequence[bool], cotangent: Tensor) -> list[Any]:
        """The gradients of call(leaves), of those that it follows."""
        own = [self.of(x) for x in leaves]
        for x, follow in zip(own, follows):
            x.requires_grad = follow
        y = call(own)
        if not isinstance(y, Tensor) or not y.requires_grad:
            raise _NoGradient("its result does not depend on Prova's tape")
        y.backward(cotangent)
        return [x.grad for x in own]


class _NumPy(_Arrays):
    name = "numpy"
    imports = "import numpy as np"
    lacks = {"bfloat16": "NumPy has no bfloat16"}

    def of(self, x: Tensor) -> Any:
        import numpy as np
        return np.array(x)

    def is_own(self, y: Any) -> bool:
        import numpy as np
        return isinstance(y, (np.ndarray, np.generic))

    def written(self, x: Tensor) -> str:
        return f'np.array({_flat(x)}, dtype="{x.dtype.name}").reshape({x.shape})'

    def gradients(self, call: Callable[[list[Any]], Any], leaves: list[Tensor],
                  follows: Sequence[bool], cotangent: Tensor) -> list[Any]:
        raise _NoGradient("functions of NumPy arrays have none: give it as gradient=")


def _torch() -> Any:
    # Not by a statement, after which a type checker would read all of PyTorch.
    return importlib.import_module("torch")


class _Torch(_Arrays):
    name = "torch"
    imports = "import torch"

    def of(self, x: Tensor) -> Any:
        import numpy as np
        torch = _torch()
        if x.dtype.name == "bfloat16":
            return torch.from_dlpack(x).clone()
        return torch.from_numpy(np.array(x))

    def is_own(self, y: Any) -> bool:
        return isinstance(y, _torch().Tensor)

    def written(self, x: Tensor) -> str:
        return f"torch.tensor({_flat(x)}, dtype=torch.{x.dtype.name}).reshape({x.shape})"

    def gradients(self, call: Callable[[list[Any]], Any], leaves: list[Tensor],
                  follows: Sequence[bool], cotangent: Tensor) -> list[Any]:
        torch = _torch()
        own = [self.of(x) for x in leaves]
        followed = [x.requires_grad_() for x, follow in zip(own, follows) if follow]
        y = call(own)
        if not isinstance(y, torch.Tensor) or not y.requires_grad:
            raise _NoGradient("its result does not depend on PyTorch's tape")
        found = iter(torch.autograd.grad(y, followed, self.of(cotangent), allow_unused=True))
        return [next(found) if follow else None for follow in follows]


class _Lists(_NumPy):
    name = "list"
    imports = "inf = float('inf')"
    lacks = {}

    def of(self, x: Tensor) -> Any:
        return x.tolist()

    def is_own(self, y: Any) -> bool:
        return isinstance(y, (list, tuple, float, int))

    def written(self, x: Tensor) -> str:
        return repr(x.tolist())


_KINDS: dict[str, _Arrays] = {kind.name: kind for kind in (_Arrays(), _NumPy(), _Torch(), _Lists())}


def _flat(x: Tensor) -> str:
    text = repr(_core.reshape(x, (-1,)).tolist() if x.size else [])
    return re.sub(r"\b(nan|inf)\b", r'float("\1")', text)


def _tensor(y: Any, like: Tensor) -> Tensor:
    """A result as a tensor; plain numbers have no dtype of their own and take that of `like`."""
    import numpy as np
    if isinstance(y, Tensor):
        return y.detach()
    if isinstance(y, (list, tuple, float, int)):
        return _core.astype(_core.asarray(np.array(y, dtype="float64")), like.dtype)
    if isinstance(y, np.generic):
        y = np.array(y)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(y, torch.Tensor):
        y = y.detach()
        if y.dtype == torch.bool:
            y = y.numpy()
    return _core.asarray(y)


# --- Cases ----------------------------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class _Case:
    op: str
    name: str
    call: str
    follows: Sequence[bool]  # one an input: whether the gradient by it is checked
    differenced: bool

    def arguments(self, arrays: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The positional and the named arguments of its call."""
        names = {"f": lambda *args, **kwargs: (args, kwargs), "Rng": _core.Rng,
                 **dict(zip("abcdefgh"[:5], arrays))}
        found: tuple[tuple[Any, ...], dict[str, Any]] = eval(self.call, names)  # a case's own text
        return found


@functools.lru_cache(maxsize=None)
def _operations() -> dict[str, str]:
    """Operations by their own names and those they have here."""
    names: dict[str, str] = _core._proof_operations()
    return {**{python: op for op, python in names.items()}, **{op: op for op in names}}


def _cases(op: str) -> list[_Case]:
    return [_Case(op, *row) for row in _core._proof_cases(op)]


def _operation(like: str) -> str:
    if like not in _operations():
        raise ArgumentError(f"verify: like is {like!r}; need one of "
                            f"{', '.join(sorted(_operations()))}")
    return _operations()[like]


def _kind(arrays: str) -> _Arrays:
    if arrays not in _KINDS:
        raise ArgumentError(f"verify: arrays is {arrays!r}; need one of {', '.join(_KINDS)}")
    return _KINDS[arrays]


def inputs(like: str, case: str, dtype: str | DType, *, seed: int = 0,
           arrays: str = "prova") -> list[Any]:
    """The inputs of a case of an operation, as a report names it."""
    made: list[Tensor] = _core._proof_inputs(_operation(like), case, dtype, seed)
    return [_kind(arrays).of(x) for x in made]


# --- The report -----------------------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Check:
    """What one check of one case found."""

    case: str
    call: str
    what: str  # a dtype, or "gradient"
    problem: str = ""  # empty where it holds
    ratio: float = 0.0  # the worst error over what is allowed
    snippet: str = ""
    elements: int = 0
    skipped: str = ""  # why it was not asked

    @property
    def cell(self) -> str:
        if self.skipped:
            return "-"
        if self.problem:
            return "FAILS"
        return "holds" if self.what == "gradient" else f"{self.ratio:.2f}"


@dataclasses.dataclass(frozen=True)
class Report:
    """What holds of a function, and what does not."""

    function: str
    like: str
    arrays: str
    checks: list[Check]

    @property
    def failures(self) -> list[Check]:
        """The checks that fail."""
        return [check for check in self.checks if check.problem]

    @property
    def asked(self) -> list[Check]:
        """The checks that were made."""
        return [check for check in self.checks if not check.skipped]

    @property
    def ok(self) -> bool:
        """Whether something was asked, and all of it holds."""
        return not self.failures and bool(self.asked)

    @property
    def worst(self) -> Check | None:
        """Of the failures that with the largest error, and of those the smallest."""
        failures = self.failures
        return min(failures, key=lambda one: (-one.ratio, one.elements)) if failures else None

    def _rows(self) -> list[list[str]]:
        columns = list(dict.fromkeys(check.what for check in self.checks))
        table: dict[tuple[str, str], dict[str, str]] = {}
        for check in self.checks:
            table.setdefault((check.case, check.call), {})[check.what] = check.cell
        rows = [["case", "call", *columns]]
        return rows + [[case, call, *(cells.get(what, "-") for what in columns)]
                       for (case, call), cells in table.items()]

    def _notes(self) -> list[str]:
        title = f"{self.function} as {self.like}, on arrays of {self.arrays}"
        if not self.asked:
            summary = "Nothing could be asked."
        elif self.ok:
            summary = f"All {len(self.asked)} checks hold."
        else:
            summary = f"{len(self.failures)} of {len(self.asked)} checks fail."
        reasons = dict.fromkeys(check.skipped for check in self.checks if check.skipped)
        return [f"{title}: {summary}", *(f"Not asked: {reason}." for reason in reasons)]

    def _worst_text(self) -> str:
        return "" if self.worst is None else (f"The worst: {self.worst.case}, {self.worst.what}: "
                                              f"{self.worst.problem}")

    def __str__(self) -> str:
        rows = self._rows()
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                 for row in rows]
        title, *notes = self._notes()
        lines = [title, "Worst errors in units of what is allowed:", "", *lines, "", *notes]
        if self.worst is not None:
            lines += [self._worst_text(), "To see it:", "", self.worst.snippet]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<{self._notes()[0]}>"

    def _repr_html_(self) -> str:
        def row(cells: list[str], tag: str) -> str:
            parts = []
            for cell in cells:
                strong = ' style="font-weight: bold"' if cell == "FAILS" else ""
                parts.append(f"<{tag}{strong}>{html.escape(cell)}</{tag}>")
            return f"<tr>{''.join(parts)}</tr>"

        head, *body = self._rows()
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes())
        worst = "" if self.worst is None else (f"<p>{html.escape(self._worst_text())}</p>"
                                               f"<pre>{html.escape(self.worst.snippet)}</pre>")
        rows = "".join(row(cells, "td") for cells in body)
        return (f"{notes}<table><thead>{row(head, 'th')}</thead><tbody>{rows}</tbody></table>"
                f"{worst}")


# --- The checks -----------------------------------------------------------------------------------

@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Overflow is what some cases are about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip() or 'no message'}"


def _refusal(function: Callable[..., Any], case: _Case) -> str:
    """Which arguments of a case the function does not take, where it says what it takes."""
    args, kwargs = case.arguments([None] * len(case.follows))
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        return f"{case.call}, as it takes no such arguments ({error})"
    except ValueError:  # a function that does not say
        pass
    return ""


def _detect(fn: Callable[..., Any], cases: Sequence[_Case], seed: int) -> str:
    """The first kind of arrays of which fn makes its like; else the first that it takes."""
    def kinds() -> Iterator[tuple[str, bool]]:
        dtype = "float32" if "float32" in _core._proof_dtypes(cases[0].op) else "int64"
        # Of enough elements that an array is no number.
        sample = next((case for case in cases if not _refusal(fn, case) and sum(
            x.size for x in inputs(case.op, case.name, dtype)) > 4), cases[0])
        for name, kind in _KINDS.items():
            if name == "torch" and "torch" not in sys.modules:
                continue  # whoever wrote fn for it has imported it
            args, kwargs = sample.arguments(inputs(sample.op, sample.name, dtype, seed=seed,
                                                   arrays=name))
            with contextlib.suppress(Exception), _quiet():
                yield name, kind.is_own(fn(*args, **kwargs))

    found = list(kinds())
    own = [name for name, is_own in found if is_own]
    return (own or [name for name, _ in found] or ["numpy"])[0]


class _Verifier:
    """One function under verification."""

    def __init__(self, fn: Callable[..., Any], op: str, gradient: Callable[..., Any] | None,
                 arrays: str, seed: int) -> None:
        self.fn = fn
        self.op = op
        self.gradient = gradient
        self.kind = _kind(arrays)
        self.seed = seed

    def result(self, case: _Case, dtype: str) -> Check:
        """Whether fn's result is close enough to the exact one."""
        check = Check(case.name, case.call, dtype)
        if dtype in self.kind.lacks:
            return dataclasses.replace(check, skipped=f"{dtype}: {self.kind.lacks[dtype]}")
        given = _core._proof_inputs(case.op, case.name, dtype, self.seed)
        if self.kind.name == "list" and not all(x.size for x in given):
            return dataclasses.replace(check, skipped="size 0: nested lists then have no shape")
        ours, exact = _core._proof_results(case.op, case.name, given)
        args, kwargs = case.arguments([self.kind.of(x) for x in given])
        problem, ratio, claim = "", math.inf, ""
        try:
            with _quiet():
                made = self.fn(*args, **kwargs)
            claim = "prova.asarray(y)"
            y = _tensor(made, ours)
        except Exception as error:
            problem = _said(error)
        else:
            problem, claim = self._form(y, ours)
            if not problem:
                agrees, at, actual, wanted, error_of, allowed, ratio = _core._proof_deviation(
                    case.op, case.name, y, exact)
                if not agrees:
                    problem, claim = self._element(at, y.shape, actual, wanted, error_of, allowed)
        elements = sum(x.size for x in given)
        snippet = self._snippet(case, dtype, given, claim) if problem else ""
        return dataclasses.replace(check, problem=problem, ratio=ratio, snippet=snippet,
                                   elements=elements)

    def _form(self, y: Tensor, ours: Tensor) -> tuple[str, str]:
        """What is wrong with shape or dtype, and the assertion that says so."""
        if y.shape != ours.shape:
            return (f"the shape is {y.shape}; need {ours.shape}",
                    f"assert np.shape(y) == {ours.shape}, np.shape(y)")
        if y.dtype != ours.dtype:
            return (f"the dtype is {y.dtype.name}; need {ours.dtype.name}",
                    f'assert str(y.dtype).split(".")[-1] == "{ours.dtype.name}", y.dtype')
        return "", ""

    def _element(self, at: int, shape: Sequence[int], actual: float, wanted: float, error: float,
                 allowed: float) -> tuple[str, str]:
        """What is wrong with an element, and the assertion that says so."""
        place: list[int] = []
        for size in reversed(shape):
            at, index = divmod(at, size)
            place.insert(0, index)
        where = ", ".join(map(str, place))
        text = f"element [{where}] is {actual!r}; need {wanted!r}"
        if math.isfinite(error):
            text += f" within {allowed:.2g}; the error is {error:.2g}"
        subscript = (f"[{where}]" if self.kind.name != "list" else
                     "".join(f"[{index}]" for index in place)) if place else ""
        element = f"float(y{subscript})"
        if math.isnan(wanted):
            return text, f"assert {element} != {element}, {element}"
        if math.isinf(wanted):
            return text, f'assert {element} == float("{wanted}"), {element}'
        return text, f"assert abs({element} - {wanted!r}) <= {allowed!r}, {element}"

    def gradient_of(self, case: _Case) -> Check:
        """Whether the gradient agrees with central differences of the reference."""
        check = Check(case.name, case.call, "gradient")

        def gradient(given: list[Tensor], cotangent: Tensor) -> list[Tensor | None]:
            found = self._gradients(case, given, cotangent)
            return [None if g is None else self._of_shape(_tensor(g, x), x, i)
                    for i, (g, x) in enumerate(zip(found, given))]

        try:
            with _quiet():
                problem, error, tolerance = _core._proof_gradient(case.op, case.name, self.seed,
                                                                  gradient)
        except _NoGradient as reason:
            return dataclasses.replace(check, skipped=f"the gradient: {reason}")
        except Exception as failure:
            problem, error, tolerance = _said(failure), math.inf, 1.0
        ratio = error / tolerance if not math.isnan(error) else math.inf
        snippet = self._gradient_snippet(case) if problem else ""
        # Results are what a reader wants to see first: gradients follow from them.
        return dataclasses.replace(check, problem=problem, ratio=min(ratio, sys.float_info.max),
                                   snippet=snippet)

    def _gradients(self, case: _Case, given: list[Tensor], cotangent: Tensor) -> list[Any]:
        if self.gradient is None:
            def call(leaves: list[Any]) -> Any:
                args, kwargs = case.arguments(leaves)
                return self.fn(*args, **kwargs)

            return self.kind.gradients(call, given, case.follows, cotangent)
        args, kwargs = case.arguments([self.kind.of(x) for x in given])
        found = self.gradient(self.kind.of(cotangent), *args, **kwargs)
        each = iter(found if isinstance(found, tuple) else (found,))
        gradients = [next(each, None) if follow else None for follow in case.follows]
        if next(each, None) is not None:
            raise ArgumentError("gradient: more results than inputs to differentiate by")
        return gradients

    @staticmethod
    def _of_shape(gradient: Tensor, x: Tensor, i: int) -> Tensor:
        if gradient.shape != x.shape:
            raise ArgumentError(f"gradient of {'abcdefgh'[i]}: the shape is {gradient.shape}; "
                                f"need {x.shape}")
        return gradient

    def _named(self, function: Callable[..., Any], name: str) -> tuple[str, str]:
        """A function in a snippet: where it comes from, and what it is called."""
        module = getattr(function, "__module__", None) or ""
        own = getattr(function, "__name__", "")
        if module != "__main__" and getattr(sys.modules.get(module), own, None) is function:
            return f"from {module} import {own} as {name}", name
        return f"# {name} is your function{' ' + own if own.isidentifier() else ''}.", name

    def _snippet(self, case: _Case, dtype: str, given: list[Tensor], claim: str) -> str:
        origin, _ = self._named(self.fn, "fn")
        lines = dict.fromkeys(["import numpy as np", "import prova", self.kind.imports, origin, ""])
        letters = "abcdefgh"[:len(given)]
        if sum(x.size for x in given) <= _MOST_WRITTEN:
            made = [f"{letter} = {self.kind.written(x)}" for letter, x in zip(letters, given)]
        else:
            made = [f'{", ".join(letters)}, = prova.verifying.inputs("{self.op}", "{case.name}", '
                    f'"{dtype}", seed={self.seed}, arrays="{self.kind.name}")']
        call = case.call.replace("f(", "fn(", 1).replace("Rng(", "prova.Rng(")
        return "\n".join([*lines, *made, f"y = {call}", *([claim] if claim else [])])

    def _gradient_snippet(self, case: _Case) -> str:
        origin, _ = self._named(self.fn, "fn")
        lines = ["import prova", origin]
        given = ""
        if self.gradient is not None:
            lines.append(self._named(self.gradient, "gradient")[0])
            given = "gradient=gradient, "
        return "\n".join([*lines, "",
                          f'report = prova.verify(fn, like="{self.op}", {given}'
                          f'dtypes=["float64"], seed={self.seed}, arrays="{self.kind.name}", '
                          f'only="{case.name}", quiet=True)',
                          "assert report.ok, report.failures[0].problem"])


def verify(fn: Callable[..., Any], like: str, *, gradient: Callable[..., Any] | None = None,
           dtypes: Sequence[str | DType] | None = None, seed: int = 0, arrays: str | None = None,
           only: str | None = None, quiet: bool = False) -> Report:
    """Holds fn to the proof of the operation `like`; prints and returns what holds of it.

    fn is called as prova's function of that name is: `fn(a)`, `fn(a, axis=0)`. Cases with arguments
    that it does not take are left out, and the report says so. It takes, and may return, arrays of
    the kind `arrays`: "prova", "numpy", "torch" or "list"; without it, the first of these that fn
    takes. Tensors of prova speak DLPack, and so may the result.

    Its gradient is taken through PyTorch's or Prova's tape, or from `gradient(cotangent, ...)` of
    the same arguments: one array, or a tuple of one for each input to differentiate by.

    dtypes: all that the operation has, unless given. seed: other seeds draw other inputs. only: the
    name of one case. quiet: print nothing.

    Raises: ArgumentError for an unknown operation, dtype, case or kind of arrays.
    """
    op = _operation(like)
    known = list(_core._proof_dtypes(op))
    chosen = known if dtypes is None else [_core._dtype(dtype).name for dtype in dtypes]
    for dtype in chosen:
        if dtype not in known:
            raise ArgumentError(f"verify: {like} has no {dtype}; need some of {', '.join(known)}")
    cases = [case for case in _cases(op) if only is None or case.name == only]
    if not cases:
        raise ArgumentError(f"verify: no case of {like} is called {only!r}; need one of "
                            f"{', '.join(case.name for case in _cases(op))}")
    verifier = _Verifier(fn, op, gradient, arrays or _detect(fn, cases, seed), seed)
    checks: list[Check] = []
    for case in cases:
        refusal = _refusal(fn, case)
        if refusal:
            checks += [Check(case.name, case.call, dtype, skipped=refusal) for dtype in chosen]
            continue
        checks += [verifier.result(case, dtype) for dtype in chosen]
        if case.differenced and "float64" in chosen:
            checks.append(verifier.gradient_of(case))
    report = Report(getattr(fn, "__name__", type(fn).__name__), like, verifier.kind.name, checks)
    if not quiet:
        print(report)
    return report
