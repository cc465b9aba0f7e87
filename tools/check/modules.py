"""The operations: ops.bzl against the folders, the files of each module, its page."""

import ast
import pathlib
import re

REQUIRED = ["{}.h", "{}.cc", "{}_kernels.h", "{}_reference.cc", "{}_simd.cc", "{}_cases.cc",
            "{}_test.cc", "{}.md", "BUILD"]

HEADINGS = [
    "What it computes",
    "The definition",
    "Why it is written this way",
    "The reference kernel",
    "The gradient, derived",
    "The CPU kernel",
    "The CUDA kernel",
    "How we know",
    "Measurements",
    "Limits and references",
]

# What good looks like, in lines; only noted.
BUDGETS = {"{}.h": 60, "{}.cc": 150, "{}_kernels.h": 60, "{}_reference.cc": 80, "{}_simd.cc": 200,
           "{}_cuda.cu": 250}

# A page writes ```{region} file#name; the file marks it by // #region name … // #endregion name
PULL = re.compile(r"\{region\}\s*`?([^\s#`]+)#([\w-]+)")
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
        page = folder / f"{name}.md"
        if page in present:
            for message in page_findings(root, page):
                yield page, 1, "page", message


def page_findings(root, page):
    """What is wrong with one page: its headings and the regions that it pulls in."""
    text = (root / page).read_text(encoding="utf-8")
    prose = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^## (.*?)\s*$", prose, re.MULTILINE)
    problems = [f"heading missing: ## {heading}" for heading in HEADINGS if heading not in headings]
    problems += [f"heading not among the ten of a page: ## {heading}"
                 for heading in headings if heading not in HEADINGS]
    known = [heading for heading in headings if heading in HEADINGS]
    if not problems and known != HEADINGS:
        problems.append("headings are not in their order: " + " · ".join(known))
    for name, region in PULL.findall(text):
        near, far = root / page.parent / name, root / name
        source = near if near.is_file() else far
        if not source.is_file():
            problems.append(f"region {name}#{region}: no such file")
            continue
        marks = re.findall(rf"^\s*(?://|#|--) #(region|endregion) {re.escape(region)}\s*$",
                           source.read_text(encoding="utf-8"), re.MULTILINE)
        if marks != ["region", "endregion"]:
            problems.append(f"region {name}#{region}: not marked once by #region and #endregion")
    return problems


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
