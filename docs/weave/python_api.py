"""The Python package beside the C++ one: its reference, and how each operation is called."""

import itertools
import json
import pathlib
import re
import textwrap

from docutils import nodes
from sphinx import addnodes

from weave import tree

# What NAME_python.cc defines, in the order in which it does.
DEFINED = re.compile(r'op\.(?P<how>def|binary)\(\s*"(?P<name>\w+)"(?P<rest>[^;]*);')
SIGNS = {"__add__": "+", "__sub__": "-", "__mul__": "*", "__truediv__": "/", "__matmul__": "@"}
# Characters that would mean something in Markdown.
SPECIAL = re.compile(r"[\\*_<$\[\]{`|#~]")
GROUPS = [("Operations", None), ("Other functions", "function"), ("Classes", "class"),
          ("Exceptions", "exception"), ("Values", "value")]


class Missing(Exception):
    """A binding names a function that the package lacks; the text says which."""


def load(runs):
    """What docs/weave/describe_package.py wrote of the package."""
    return json.loads((runs / "docs/python.json").read_text(encoding="utf-8"))


def defined_by(root, op):
    """(Python function, how a call of it may be written by a sign, or "") of an operation."""
    path = root / f"ops/{op}/{op}_python.cc"
    if not path.is_file():
        return []
    return [(found["name"], next((f"x1 {sign} x2" for method, sign in SIGNS.items()
                                  if f'"{method}"' in found["rest"]), ""))
            for found in DEFINED.finditer(path.read_text(encoding="utf-8"))]


def pages(root, modules):
    """Name on the site to Markdown: a page for each module, with the index of its names."""
    operations = {name: op for op in tree.operations(root) for name, _ in defined_by(root, op)}
    return {docname(module["name"]): module_page(module, operations) for module in modules}


def docname(module):
    return "api/" + module.replace("prova", "python", 1).replace(".", "-")


def module_page(module, operations):
    """The names of a module: first all at a glance, then each with its contract."""
    lines = [f"# {module['name']}", "", *prose(module["doc"]), ""]
    of_package = module["name"] == "prova"
    groups = []
    for title, kind in GROUPS:
        mine = [entry for entry in module["entries"]
                if (of_package and entry["name"] in operations) == (kind is None)
                and kind in (None, entry["kind"])]
        if mine:
            groups.append((title if of_package or kind != "function" else "Functions", mine))
    for title, mine in groups:
        lines += [f"**{title}**: " + ", ".join(reference(module["name"], entry) for entry in mine)
                  + ".", ""]
    for title, mine in groups:
        lines += [f"## {title}", ""]
        for entry in mine:
            op = operations.get(entry["name"]) if of_package else None
            lines += directive(module["name"], entry, op)
    return "\n".join(lines)


def reference(module, entry):
    role = {"function": "func", "class": "class", "exception": "exc", "value": "data"}
    return f"{{py:{role[entry['kind']]}}}`~{module}.{entry['name']}`"


def directive(scope, entry, op=None):
    """The entry of one name, as a directive of Sphinx's Python domain."""
    kind = {"value": "data"}.get(entry["kind"], entry["kind"])
    calls = [f"{scope}.{call}" if kind not in ("method", "property") else call
             for call in entry["calls"]]
    fence = "`" * (4 if kind in ("method", "property") else 5)
    lines = [f"{fence}{{py:{kind}}} {calls[0]}", *calls[1:]]
    if entry.get("type"):
        lines.append(f":type: {entry['type']}")
    if "value" in entry:
        lines.append(f":value: {entry['value']}")
    lines += ["", *prose(entry["doc"])]
    if entry.get("bases"):
        lines += ["", "Is a " + ", a ".join(f"`{base}`" for base in entry["bases"]) + "."]
    if op:
        lines += ["", f"Its chapter: [{op}](../ops/{op}.md)."]
    for member in entry.get("members", ()):
        lines += ["", *directive("", member)]
    return [*lines, fence, ""]


def prose(doc):
    """A docstring as Markdown: paragraphs, and blocks where lines are indented."""
    lines = []
    for block, part in itertools.groupby(parts(doc), lambda part: part.startswith(" ")):
        if block:
            lines += ["```text", *textwrap.dedent("\n\n".join(part)).splitlines(), "```", ""]
        else:
            for paragraph in part:
                pieces = re.split(r"(`[^`]*`)", paragraph)
                lines += ["".join(piece if piece.startswith("`") and len(piece) > 1 else
                                  SPECIAL.sub(r"\\\g<0>", piece) for piece in pieces), ""]
    return lines[:-1] if lines else []


def parts(doc):
    """The paragraphs of a docstring; a formula within one is a part of its own."""
    for paragraph in re.split(r"\n\s*\n", doc):
        for _, lines in itertools.groupby(paragraph.splitlines(), lambda line: line[:1] == " "):
            yield "\n".join(lines)


def calls_of(env, op):
    """How Python calls an operation: (lines of code, the functions)."""
    if not hasattr(env.app, "weave_python"):
        runs = pathlib.Path(env.config.weave_outputs)
        package = load(runs)[0]["entries"]
        env.app.weave_python = {entry["name"]: entry for entry in package}
    root = pathlib.Path(env.config.weave_root)
    lines, names = [], []
    for name, sign in defined_by(root, op):
        if name not in env.app.weave_python:
            raise Missing(f"the package has no function {name}")
        for call in env.app.weave_python[name]["calls"]:
            lines.append(f"prova.{call}" + (f"  # {sign}" if sign else ""))
            names.append(name)
    return lines, names


def signature(directive_of_page, op):
    """What a contract shows of Python: the call, and a link to its entry in the reference."""
    lines, names = calls_of(directive_of_page.env, op)
    if not lines:
        return []
    text = "\n".join(lines)
    code = nodes.literal_block(text, text, language="python", classes=["weave-signature"])
    place = nodes.paragraph("", "In Python: ", classes=["weave-place"])
    for index, name in enumerate(dict.fromkeys(names)):
        target = f"prova.{name}"
        place += [nodes.Text(", ")] * bool(index)
        place += addnodes.pending_xref("", nodes.literal(target, target), refdomain="py",
                                       reftype="func", reftarget=target, refwarn=True,
                                       refdoc=directive_of_page.env.docname)
    return [code, place]
