"""./dev notebooks: the notebooks in Jupyter, with the package `prova` of this tree."""

import hashlib
import json
import os
import re
import shutil
import sys

import common

sys.path.insert(0, str(common.ROOT / "docs"))
from weave import cells  # noqa: E402  (the path above comes first)

OUT = common.ROOT / "out/notebooks"


def converted(text):
    """A notebook in the percent format as a document of Jupyter's format 4.5."""
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"}}, "cells": []}
    for number, cell in enumerate(cells.parse(text)):
        entry = {"cell_type": cell.kind, "id": f"cell-{number}", "metadata": {},
                 "source": cell.text.splitlines(keepends=True)}
        if cell.kind == "code":
            entry.update(execution_count=None, outputs=[])
        document["cells"].append(entry)
    document["metadata"]["prova"] = {"written": digest(document)}
    return document


def digest(document):
    """Stands for what the cells say, whatever they showed."""
    said = [[cell["cell_type"], "".join(cell["source"])] for cell in document["cells"]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def edited(path):
    """Whether somebody changed the cells of a notebook since it was written here."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return document["metadata"]["prova"]["written"] != digest(document)
    except (ValueError, KeyError, TypeError):
        return True


def prepare(sources, out):
    """Writes the notebooks into `out`; returns those that it left alone, being edited there."""
    out.mkdir(parents=True, exist_ok=True)
    kept = []
    for source in sources:
        path = out / f"{source.stem}.ipynb"
        if path.exists() and edited(path):
            kept.append(path)
            continue
        text = json.dumps(converted(source.read_text(encoding="utf-8")), indent=1) + "\n"
        path.write_text(text, encoding="utf-8")
    return kept


def unpack(built, folder):
    """The package in a folder of its own, so that `import prova` finds all of it there."""
    package = folder / "prova"
    # Without what an older tree left there.
    shutil.rmtree(package, ignore_errors=True)
    package.mkdir(parents=True)
    for source in [*(common.ROOT / "python/prova").iterdir(), *built.iterdir()]:
        if not re.search(r"\.(params|runfiles\w*)$|^__pycache__$", source.name):
            (package / source.name).symlink_to(source)


def main():
    parser = common.Parser(
        prog="dev notebooks", usage="./dev notebooks [--prepare] [JUPYTER'S OPTIONS]",
        description="Opens the notebooks of notebooks/ in Jupyter, as copies in out/notebooks. A "
        "copy that was edited is left as it is; remove it to begin again.", allow_abbrev=False)
    parser.add_argument("--prepare", action="store_true", help="write the copies and end")
    arguments, rest = parser.parse_known_args()
    if arguments.prepare and rest:
        parser.error(f"--prepare starts no Jupyter that would take {' '.join(rest)}")
    unpack(common.build(["//python:prova"]) / "python/prova", OUT / ".package")
    for path in prepare(sorted((common.ROOT / "notebooks").glob("*.py")), OUT):
        print(f"dev notebooks: {path.relative_to(common.ROOT)} was edited and is kept")
    if arguments.prepare:
        print(f"dev notebooks: {OUT.relative_to(common.ROOT)}")
        return
    found = os.pathsep.join(filter(None, [str(OUT / ".package"), os.environ.get("PYTHONPATH")]))
    os.execvpe("/usr/bin/jupyter-notebook", ["jupyter-notebook", *rest, str(OUT)],
               dict(os.environ, PYTHONPATH=found))


if __name__ == "__main__":
    main()
