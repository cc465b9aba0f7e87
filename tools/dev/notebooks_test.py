"""./dev notebooks: what Jupyter is handed is valid, says what the text says, and keeps edits."""

import json
import os
import pathlib
import sys

import nbformat
import pytest

import notebooks
from weave import cells

SOURCES = sorted(pathlib.Path("notebooks").resolve().glob("*.py"))
TEXT = '''# %% [markdown]
# # Title
#
# A line.

# %%
x = 1

# %% [markdown]
# End.
'''


def test_there_are_notebooks():
    assert len(SOURCES) >= 4


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_copies_are_valid_and_complete(source, tmp_path):
    assert notebooks.prepare([source], tmp_path) == []
    document = nbformat.read(tmp_path / f"{source.stem}.ipynb", as_version=4)
    nbformat.validate(document)
    code = [cell.source for cell in document.cells if cell.cell_type == "code"]
    text = source.read_text(encoding="utf-8")
    assert code and all(cell in text for cell in code)
    assert document.cells[0].cell_type == "markdown" and document.cells[0].source.startswith("# ")


def test_cells_have_their_text():
    first, code, last = cells.parse(TEXT)
    assert (first.kind, first.line, first.text) == ("markdown", 1, "# Title\n\nA line.")
    assert (code.kind, code.line, code.text) == ("code", 6, "x = 1")
    assert last.text == "End."


def test_pages_keep_the_lines():
    lines = cells.page(TEXT).splitlines()
    assert lines[1] == "# Title" and lines[3] == "A line." and lines[6] == "x = 1"
    assert lines[5].endswith("{cell} 1") and lines[7] == lines[5].partition("{")[0]


@pytest.mark.parametrize("text, message", [
    ("x = 1\n# %%\ny = 2\n", "line 1 stands before"),
    ("# %% [markdown]\nx = 1\n", "line 2 of a Markdown cell"),
    ("# %%\n\n# %%\nx = 1\n", "cell of line 1 is empty"),
    ("# %% [markdwn]\nx = 1\n", "line 1 says .markdwn. behind its mark"),
])
def test_what_is_no_notebook_is_refused(text, message):
    with pytest.raises(cells.Malformed, match=message):
        cells.parse(text)
    with pytest.raises(cells.Malformed, match="no blank line behind the cell of line 1"):
        cells.page("# %%\nx = 1\n# %%\ny = 2\n")


def test_an_edited_copy_is_kept(tmp_path):
    source, copy = tmp_path / "a.py", tmp_path / "out/a.ipynb"
    source.write_text(TEXT)
    assert notebooks.prepare([source], copy.parent) == []
    document = json.loads(copy.read_text())
    # Having run is no edit.
    document["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["1"]}]
    copy.write_text(json.dumps(document))
    source.write_text(TEXT.replace("x = 1", "x = 2"))
    assert notebooks.prepare([source], copy.parent) == []
    assert "x = 2" in copy.read_text()
    document["cells"][1]["source"] = ["mine"]
    copy.write_text(json.dumps(document))
    assert notebooks.prepare([source], copy.parent) == [copy]
    assert "mine" in copy.read_text()


def run(monkeypatch, tmp_path, *options):
    """What main() starts: the command and the environment; None where it starts nothing."""
    started = []
    for name in ("python/prova/nn.py", "bin/python/prova/_core.so"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(notebooks.common, "build", lambda targets: tmp_path / "bin")
    monkeypatch.setattr(notebooks.common, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "OUT", tmp_path / "out")
    monkeypatch.setattr(os, "execvpe", lambda *call: started.append(call))
    monkeypatch.setattr(sys, "argv", ["notebooks", *options])
    notebooks.main()
    return started[0][1:] if started else None


def test_jupyter_has_its_options_and_the_package_of_this_tree(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    command, environment = run(monkeypatch, tmp_path, "--no-browser", "--p", "--port", "8899")
    assert command == ["jupyter-notebook", "--no-browser", "--p", "--port", "8899",
                       str(tmp_path / "out")]
    assert environment["PYTHONPATH"] == f"{tmp_path}/out/.package{os.pathsep}/elsewhere"
    package = tmp_path / "out/.package/prova"
    assert sorted(each.name for each in package.iterdir()) == ["_core.so", "nn.py"]
    (package / "gone.py").symlink_to("nowhere")
    assert run(monkeypatch, tmp_path, "--prepare") is None
    assert sorted(each.name for each in package.iterdir()) == ["_core.so", "nn.py"]


def test_preparing_takes_no_options_of_jupyter(monkeypatch, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, tmp_path, "--prepare", "--nonsense", "5")
    assert ended.value.code == 2 and "would take --nonsense 5" in capsys.readouterr().err
