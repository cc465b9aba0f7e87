"""./dev notebooks: what Jupyter is handed is valid, says what the text says, and keeps edits."""

import json
import pathlib

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
