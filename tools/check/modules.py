"""The operations: ops.bzl against the folders, and the files of each module."""

import ast
import pathlib
import re

REQUIRED = ["{}.h", "{}.cc", "{}_kernels.h", "{}_reference.cc", "{}_simd.cc", "{}_cases.cc",
            "{}_test.cc", "{}_python.cc", "{}_numpy.py", "{}.md", "BUILD"]

# What good looks like, in lines; only noted.
BUDGETS = {"{}.h": 60, "{}.cc": 150, "{}_kernels.h": 60, "{}_reference.cc": 80, "{}_simd.cc": 200,
           "{}_cuda.cu": 250}

NOT_OPERATIONS = {"common"}


def listed(root):
    """The names in ops/ops.bzl, or None where it has no list OPS."""
    path = root / "ops/ops.bzl"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.search(r"^OPS\s*=\s*(\[.*?\])", text, re.MULTILINE | re.DOTALL)
    return ast.literal_eval(found.group(1)) if found else None


def findings(root, files):
    """(path, line, rule, message) for the whole of ops/; `files` are relative to the root."""
    folders = {path.parts[1] for path in files if path.parts[0] == "ops" and len(path.parts) > 2}
    folders -= NOT_OPERATIONS
    if not folders and not (root / "ops").is_dir():
        return
    place = pathlib.Path("ops/ops.bzl")
    names = listed(root)
    if names is None:
        yield place, 1, "ops-list", "needs a list: OPS = [\"add\", …]"
        names = []
    if names != sorted(set(names)):
        yield place, 1, "ops-list", "OPS must be sorted, each name once"
    for name in sorted(set(names) - folders):
        yield place, 1, "ops-list", f"{name} has no folder ops/{name}"
    for name in sorted(folders - set(names)):
        yield place, 1, "ops-list", f"ops/{name} is not in OPS"
    present = set(files)
    for name in sorted(folders):
        folder = pathlib.Path("ops") / name
        for pattern in REQUIRED:
            path = folder / pattern.format(name)
            if path not in present:
                yield path, 1, "module-files", "is missing"


def over_budget(root, files):
    """(path, lines, budget) of the module files that are longer than what good looks like."""
    for path in files:
        if path.parts[0] != "ops" or len(path.parts) != 3 or path.parts[1] in NOT_OPERATIONS:
            continue
        for pattern, budget in BUDGETS.items():
            if path.name == pattern.format(path.parts[1]):
                lines = len((root / path).read_text(encoding="utf-8").splitlines())
                if lines > budget:
                    yield path, lines, budget
