"""Every row of the tables of from_pytorch.md, executed: PyTorch's half where it is installed."""

import ast
import pathlib
import re

import numpy as np
import pytest

import prova

try:
    import torch
except ImportError:
    torch = None

PAGE = pathlib.Path("docs/guide/from_pytorch.md").resolve()
WITHOUT_TORCH = "PyTorch is not installed"


def rows():
    """(line, cells) of every row whose first cell is code; the cells without their marks."""
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("| `"):
            yield number, [cell.strip() for cell in line.strip("|").split(" | ")]


def blocks():
    """The programs of the page by the library that their first line names."""
    found = re.findall(r"^```python\n# (\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"),
                       re.MULTILINE | re.DOTALL)
    return dict(found)


def code_of(cell):
    """The program of a cell: its code spans, one below the other."""
    return "\n".join(re.findall(r"`([^`]+)`", cell))


ROWS = [(line, [code_of(cell) or cell for cell in cells]) for line, cells in rows()]
EQUAL = [pytest.param(*cells, id=f"line {line}") for line, cells in ROWS if len(cells) == 2]
DIFFERENT = [(line, cells) for line, cells in ROWS if len(cells) == 4]
HALVES = [pytest.param(half, code, gives, id=f"line {line}, {half}")
          for line, cells in DIFFERENT
          for half, code, gives in (("PyTorch", *cells[:2]), ("Prova", *cells[2:]))]


def names(library):
    """What the rows may use, as tensors of one library or the other."""
    n = np.array([[1.0, -2.0, 3.0], [0.5, 5.0, -6.0]], np.float32)
    rng = np.random.default_rng(3)

    def made(values, **kwargs):
        return library.tensor(values, **kwargs)

    found = {"np": np, "prova": prova, "n": n, "x": made(n), "w": made(n, requires_grad=True),
             "y": made(n[::-1] * 3), "m": made(rng.normal(size=(3, 4)).astype(np.float32)),
             "v": made(np.array([1, 2, 0.5], np.float32)), "i": made(np.array([2, 0, 1])),
             "label": made(np.array([2, 0])),
             "weights": {"0.weight": made(rng.normal(size=(8, 3)).astype(np.float32)),
                         "0.bias": made(np.zeros(8, np.float32)),
                         "2.weight": made(rng.normal(size=(3, 8)).astype(np.float32)),
                         "2.bias": made(np.zeros(3, np.float32))},
             "image": made(rng.normal(size=(1, 2, 6, 6)).astype(np.float32)),
             "filters": made(rng.normal(size=(4, 2, 3, 3)).astype(np.float32))}
    if torch:
        found.update(torch=torch, F=torch.nn.functional)
    return found


def value(code, library):
    """The value of a program: of its last expression."""
    tree = ast.parse(code)
    found = names(library)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "row", "exec"), found)
    return eval(compile(ast.Expression(last.value), "row", "eval"), found) if last else None


def trained(name, library, folder, monkeypatch):
    """What the training loop of one library leaves behind."""
    monkeypatch.chdir(folder)
    found = names(library)
    exec(compile(blocks()[name], f"{name}'s loop", "exec"), found)
    return found


def array(result):
    """A result as a NumPy array, or as it is where it is no tensor."""
    if isinstance(result, prova.Tensor):
        return np.asarray(result)
    if torch and isinstance(result, torch.Tensor):
        return result.detach().numpy()
    return tuple(result) if isinstance(result, (tuple, list)) else result


def shown(result):
    """A result as the table writes it."""
    if isinstance(result, prova.DType):
        return result.name
    if torch and isinstance(result, torch.dtype):
        return str(result).removeprefix("torch.")
    return repr(tuple(result) if isinstance(result, tuple) else result)


def test_the_page_has_its_rows():
    assert len(EQUAL) > 50 and len(DIFFERENT) > 20
    assert all(len(cells) in (2, 4) for _, cells in ROWS)


@pytest.mark.parametrize("pytorch, ours", EQUAL)
def test_prova_s_half_runs(pytorch, ours):
    value(ours, prova)


@pytest.mark.skipif(torch is None, reason=WITHOUT_TORCH)
@pytest.mark.parametrize("pytorch, ours", EQUAL)
def test_both_give_the_same(pytorch, ours):
    theirs, mine = array(value(pytorch, torch)), array(value(ours, prova))
    if isinstance(theirs, np.ndarray):
        assert mine.dtype == theirs.dtype and mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol=2e-6, atol=2e-6)
    else:
        assert mine == theirs


@pytest.mark.parametrize("half, code, gives", HALVES)
def test_each_gives_what_the_page_says(half, code, gives):
    if torch is None and (half == "PyTorch" or "torch." in code):
        pytest.skip(WITHOUT_TORCH)
    try:
        found = shown(value(code, torch if half == "PyTorch" else prova))
    except Exception as error:  # What is raised is what the row says.
        found = type(error).__name__
    assert found == gives


def test_the_training_loop_learns_and_saves(tmp_path, monkeypatch):
    found = trained("Prova", prova, tmp_path, monkeypatch)
    before = prova.nn.Sequential(prova.nn.Linear(3, 8), prova.nn.ReLU(), prova.nn.Linear(8, 3))
    before.load_state_dict(found["weights"])
    assert found["loss"].item() < prova.cross_entropy(before(found["x"]), found["label"]).item() / 2
    saved = prova.load(tmp_path / "model.safetensors")
    for name, tensor in found["model"].state_dict().items():
        assert np.array_equal(np.asarray(saved[name]), np.asarray(tensor))


@pytest.mark.skipif(torch is None, reason=WITHOUT_TORCH)
def test_both_training_loops_end_with_the_same(tmp_path, monkeypatch):
    theirs = trained("PyTorch", torch, tmp_path, monkeypatch)
    ours = trained("Prova", prova, tmp_path, monkeypatch)
    assert (tmp_path / "model.pt").is_file()
    assert ours["loss"].item() == pytest.approx(theirs["loss"].item(), rel=1e-4)
    for name, tensor in theirs["model"].state_dict().items():
        np.testing.assert_allclose(np.asarray(ours["model"].state_dict()[name]), tensor.numpy(),
                                   rtol=1e-4, atol=1e-5)
