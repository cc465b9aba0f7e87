"""Writes what the package `prova` offers: describe_package.py OUT.JSON.

A list of modules, each with its public names in the order of a reader: what each is, how it is
called, what its docstring says, and for classes the same of their members.
"""

import importlib
import inspect
import json
import pathlib
import pkgutil
import re
import sys

import prova

# How a signature of the extension begins, and what its types are called outside of it.
CALLED = re.compile(r"\w*\(.*\)( -> (?P<result>.*))?$")
QUALIFIED = re.compile(r"\b(?:typing|collections\.abc|prova(?:\._core)?)\.(?=[A-Z])")
# Methods that Python calls by a sign, and how people write them.
SIGNS = {"__add__": "+", "__sub__": "-", "__mul__": "*", "__truediv__": "/", "__matmul__": "@"}


def modules():
    """The package and its public modules; what the package itself offers is told there only."""
    yield prova
    for found in pkgutil.iter_modules(prova.__path__):
        if not found.name.startswith("_"):
            yield importlib.import_module(f"prova.{found.name}")


def described():
    """Every module that has names of its own."""
    told, result = set(), []
    for module in modules():
        entries = []
        for name in names(module):
            value = getattr(module, name)
            if inspect.ismodule(value) or (id(value) in told and module is not prova):
                continue
            told.add(id(value))
            entries.append(entry(name, value))
        if entries:
            result.append({"name": module.__name__, "doc": inspect.getdoc(module) or "",
                           "entries": sorted(entries, key=lambda each: each["name"].lower())})
    return result


def names(module):
    """The public names of a module: its __all__, else what it defines."""
    if hasattr(module, "__all__"):
        return [name for name in dict.fromkeys(module.__all__) if not name.startswith("_")]
    return [name for name, value in vars(module).items() if not name.startswith("_")
            and getattr(value, "__module__", "") == module.__name__]


def entry(name, value):
    """What one name is."""
    if inspect.isclass(value):
        kind = "exception" if issubclass(value, BaseException) else "class"
        made = vars(value).get("__init__")
        calls = [name]
        if kind == "class" and (inspect.isfunction(made) or split(made.__doc__)[0] if made else 0):
            calls = [call.removesuffix(" -> None") for call in signatures(made, name)[0]]
        return {"name": name, "kind": kind, "calls": calls, "doc": split(value.__doc__)[1],
                "bases": [base.__name__ for base in value.__bases__
                          if base is not object and not base.__name__.startswith("_")],
                "members": list(members(value))}
    if callable(value):
        calls, doc = signatures(value, name)
        return {"name": name, "kind": "function", "calls": calls, "doc": doc}
    return {"name": name, "kind": "value", "calls": [name], "doc": "", "value": repr(value)}


def signatures(value, name):
    """(how it is called, line by line; what its docstring says)."""
    calls, doc = split(value.__doc__)
    if not calls:
        calls = [name + plain(inspect.signature(value))]
        doc = inspect.getdoc(value) or ""
    calls = [re.sub(r"^\w+\((?:self(?:, /)?(?:, )?)?", f"{name}(", call) for call in calls]
    return calls, doc


def split(doc):
    """The signatures at the head of a docstring of the extension, and the rest."""
    lines = inspect.cleandoc(doc or "").split("\n")
    calls = []
    while lines and CALLED.match(lines[0]):
        calls.append(lines.pop(0))
    return [QUALIFIED.sub("", call) for call in calls], "\n".join(lines).strip()


def plain(signature):
    """A signature without the quotes that postponed annotations bring."""
    parameters = [each.replace(annotation=bare(each.annotation), default=named(each.default))
                  for each in signature.parameters.values()]
    return str(signature.replace(parameters=parameters,
                                 return_annotation=bare(signature.return_annotation)))


class Bare:
    """An annotation or a default that is shown as it was written."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def bare(annotation):
    return Bare(annotation) if isinstance(annotation, str) else annotation


def named(default):
    """A default that is a function goes by its name."""
    return Bare(default.__name__) if inspect.isfunction(default) else default


def members(value):
    """The public methods and properties of a class, and the operators that it has."""
    for name, member in vars(value).items():
        if isinstance(member, (staticmethod, classmethod)):
            member = member.__func__
        if isinstance(member, property) and not name.startswith("_"):
            yield {"name": name, "kind": "property", "calls": [name], "type": result(member.fget),
                   "doc": split(member.__doc__)[1]}
        elif name in SIGNS or (callable(member) and not name.startswith("_")
                               and not inspect.isclass(member)):
            calls, doc = signatures(member, name)
            yield {"name": name, "kind": "method", "calls": calls,
                   "doc": doc or (f"x {SIGNS[name]} y" if name in SIGNS else "")}


def result(getter):
    """The type of a property, as far as its getter says."""
    calls = split(getter.__doc__)[0]
    if calls:
        return CALLED.match(calls[0])["result"] or ""
    return str(getattr(getter, "__annotations__", {}).get("return", ""))


def main():
    pathlib.Path(sys.argv[1]).write_text(json.dumps(described(), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
