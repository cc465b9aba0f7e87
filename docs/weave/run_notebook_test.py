"""Notebooks as they run: what cells show, and that no cell fails silently."""

import json
import pathlib
import subprocess
import sys

import pytest

from weave import run_notebook

PROGRAM = pathlib.Path(run_notebook.__file__)


def run(tmp_path, *cells):
    notebook = tmp_path / "notebook.py"
    notebook.write_text("\n\n".join(cells) + "\n")
    return run_notebook.run(notebook)


@pytest.fixture(autouse=True)
def main_module():
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before


def test_cells_share_names_and_show_prints_and_values(tmp_path):
    shown = run(tmp_path, "# %% [markdown]\n# # Title", "# %%\nx = 3", "# %%\nprint(x)\nx + 1",
                "# %%\nx + 2;", "# %%\nNone")
    assert shown[0] == {} and shown[1] == {"text": "", "figures": []}
    assert (shown[2]["text"], shown[2]["value"]) == ("3", "4")
    assert "value" not in shown[3] and "value" not in shown[4]


def test_a_value_may_bring_html(tmp_path):
    made = "# %%\nclass Shown:\n    def _repr_html_(self):\n        return '<b>x</b>'\n\n\nShown()"
    assert run(tmp_path, made)[0]["html"] == "<b>x</b>"


FIGURE = "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.plot([1, 2]);"
LABEL = "\nfigure.set_label('A line.')"


def test_figures_follow_the_theme_and_are_told(tmp_path):
    first, second = run(tmp_path, f"# %%\n{FIGURE}{LABEL}", "# %%\n1")
    assert first["figures"][0]["alt"] == "A line."
    assert "var(--weave-series-0)" in first["figures"][0]["svg"] and second["figures"] == []


@pytest.mark.parametrize("cell, message", [
    (f"# %%\n{FIGURE}", 'in figure.set_label("...") what it shows'),
    (f"# %%\n{FIGURE}{LABEL}\nplt.figure();", "needs a cell of its own"),
    ("# %%\n1 / 0", "line 2, in <module>\nZeroDivisionError"),
    ("# %%\nexit(0)", "a cell of"),
    ("x = 1", "line 1 stands before"),
])
def test_a_cell_that_fails_ends_the_run(tmp_path, cell, message):
    notebook, out = tmp_path / "notebook.py", tmp_path / "out.json"
    notebook.write_text(cell + "\n")
    done = subprocess.run([sys.executable, "-m", "weave.run_notebook", notebook, out], text=True,
                          cwd=PROGRAM.parents[1], stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and not out.exists()
    assert message in done.stderr.replace("    1 / 0\n", "").replace("    ~~^~~\n", ""), done.stderr


def test_what_is_written_is_what_was_shown(tmp_path):
    notebook, out = tmp_path / "notebook.py", tmp_path / "out.json"
    notebook.write_text("# %%\nprint(1)\n")
    subprocess.run([sys.executable, "-m", "weave.run_notebook", notebook, out], check=True,
                   cwd=PROGRAM.parents[1])
    assert json.loads(out.read_text()) == [{"text": "1", "figures": []}]
