"""Runs the cells of a notebook in one interpreter, and writes what each of them shows.

run_notebook.py NOTEBOOK OUT.JSON: a list with an entry for each cell, empty for Markdown. A cell
that raises ends the run with its traceback and exit code 1, and leaves no file.
"""

import ast
import contextlib
import io
import json
import pathlib
import sys
import traceback
import types

import matplotlib

from weave import cells, plots


class Failed(Exception):
    """A cell that cannot be shown; the text says why."""


def run(path):
    """What each cell of the notebook shows."""
    text = path.read_text(encoding="utf-8")
    plots.register_fonts()
    matplotlib.rcParams.update(plots.STYLE)
    matplotlib.rcParams.update(plots.NOTEBOOK_STYLE)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    return [shown(cell, path, module.__dict__) if cell.kind == "code" else {}
            for cell in cells.parse(text)]


def shown(cell, path, names):
    """Runs one cell: what it prints, the value of a last line without `;`, and its figures."""
    tree = ast.parse("\n" * cell.line + "\n".join(cell.lines), str(path))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, str(path), "exec"), names)
        if last:
            value = eval(compile(ast.Expression(last.value), str(path), "eval"), names)
    result = {"text": printed.getvalue().rstrip("\n"), "figures": figures(cell, path)}
    if value is not None and not cell.text.endswith(";"):
        result["value"] = repr(value)
        if hasattr(value, "_repr_html_"):
            result["html"] = value._repr_html_()
    return result


def figures(cell, path):
    """The figure that a cell drew with pyplot; its label tells those who cannot see it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not pyplot.get_fignums():
        return []
    figure = pyplot.figure(pyplot.get_fignums()[0])
    if len(pyplot.get_fignums()) > 1 or not figure.get_label():
        raise Failed(f'{path}:{cell.line}: a figure needs a cell of its own, and in '
                     'figure.set_label("...") what it shows')
    drawing = plots.svg_of(figure, tuple(figure.get_size_inches()))
    pyplot.close(figure)
    return [{"svg": drawing, "alt": figure.get_label()}]


def main():
    notebook, out = map(pathlib.Path, sys.argv[1:])
    try:
        result = run(notebook)
    except (Failed, cells.Malformed) as problem:
        sys.exit(f"notebook: {problem}")
    except BaseException:
        traceback.print_exc()
        sys.exit(f"notebook: a cell of {notebook} failed")
    out.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
