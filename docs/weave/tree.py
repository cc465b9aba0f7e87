"""The repository as the site sees it: which files are pages, and where on the site each one is."""

import ast
import dataclasses
import os
import pathlib
import re

from weave import cells

SOURCES = (".h", ".cc", ".cu", ".py", ".bzl", "BUILD")
SKIPPED = re.compile(r"bazel-|out$|\.|_build$|__pycache__$")
OPERATION = re.compile(r"ops/(\w+)/\1\.md")
NOTEBOOK = re.compile(r"notebooks/([a-z]\w*)\.py")
LADDER = re.compile(r"ops/(\w+)/ladder/ladder(_cuda)?\.md")


@dataclasses.dataclass(frozen=True)
class Page:
    """A page: its file, relative to the root, and its name on the site, without a suffix."""

    path: pathlib.PurePosixPath
    docname: str
    kind: str  # operation, ladder, decision, guide, notebook or other
    op: str = ""


def page_of(path):
    """The page that a file is, or None where the site leaves it out."""
    path = pathlib.PurePosixPath(path)
    text = str(path)
    if found := OPERATION.fullmatch(text):
        return Page(path, f"ops/{found[1]}", "operation", found[1])
    if found := LADDER.fullmatch(text):
        name = f"ops/{found[1]}-ladder" + ("-cuda" if found[2] else "")
        return Page(path, name, "ladder", found[1])
    if found := NOTEBOOK.fullmatch(text):
        return Page(path, f"notebooks/{found[1]}", "notebook")
    if path.suffix != ".md":
        return None
    if text == "notebooks/README.md":
        return Page(path, "notebooks/index", "other")
    if text == "ADRs/README.md":
        return Page(path, "decisions/index", "other")
    if path.parts[0] == "ADRs":
        return Page(path, f"decisions/{path.stem}", "decision")
    if text in ("CONTRIBUTING.md", "CHANGELOG.md"):
        return Page(path, path.stem.lower(), "other")
    if text == "bench/README.md":
        return Page(path, "measuring", "other")
    if text == "docs/weave/README.md":
        return Page(path, "writing-pages", "other")
    if path.parts[:2] == ("docs", "guide"):
        return Page(path, f"guide/{path.stem}", "guide")
    if path.parts[0] == "docs" and len(path.parts) == 2 and path.name != "README.md":
        return Page(path, path.stem, "other")
    return None


def walk(root):
    """Every file of the tree, relative to the root, without what builds leave behind."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not SKIPPED.match(name))
        here = pathlib.Path(folder).relative_to(root)
        yield from (pathlib.PurePosixPath(here / name) for name in sorted(files))


def pages(root):
    return [page for path in walk(root) if (page := page_of(path))]


def read(root, page):
    """The Markdown of a page."""
    text = (root / page.path).read_text(encoding="utf-8")
    return cells.page(text) if page.kind == "notebook" else text


def sources(root):
    """The files that may hold regions; templates of modules become files only under a name."""
    return [path for path in walk(root) if path.name.endswith(SOURCES)
            and path.parts[:2] != ("tools", "templates")]


def operations(root):
    """The names in ops/ops.bzl, in their order."""
    text = (root / "ops/ops.bzl").read_text(encoding="utf-8")
    return ast.literal_eval(re.search(r"^OPS\s*=\s*(\[.*?\])", text, re.MULTILINE | re.DOTALL)[1])


def resolve(root, page, name):
    """A file that a page names, relative to the page's folder or else to the root; or None."""
    for folder in (root / page.parent, root):
        path = pathlib.PurePosixPath(os.path.relpath(os.path.normpath(folder / name), root))
        if not str(path).startswith("..") and (root / path).is_file():
            return path
    return None
