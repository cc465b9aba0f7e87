"""Type checkers: the package is clean under mypy --strict, and its types say what they should."""

import pathlib
import re
import subprocess
import sys

PACKAGE = pathlib.Path("python").resolve()

PROGRAM = """\
import prova

t = prova.tensor([1.0, 2.0])
reveal_type(prova.softmax(t, axis=-1) + 1)
reveal_type(2 * prova.asarray([1]))
reveal_type(prova.float32)
reveal_type(t.shape)
reveal_type(t.grad)
reveal_type([row for row in t])
with prova.no_grad():
    t[0] = 3
prova.softmax("x")
prova.sum(t, axes=0)
t + "x"
"""

EXPECTED = [
    (4, "Tensor"), (5, "Tensor"), (6, "DType"), (7, "tuple[builtins.int, ...]"),
    (8, "Union[prova._core.Tensor, None]"), (9, "list[prova._core.Tensor]"),
    (12, 'Argument 1 to "softmax" has incompatible type "str"'),
    (13, 'Unexpected keyword argument "axes" for "sum"'),
    (14, 'Unsupported operand types for + ("Tensor" and "str")'),
]


def mypy(*arguments, folder):
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={folder}/cache", *arguments],
        cwd=PACKAGE, text=True, stdout=subprocess.PIPE, check=False)


def test_the_package_is_clean(tmp_path):
    done = mypy("-p", "prova", folder=tmp_path)
    assert done.returncode == 0, done.stdout


def test_types_say_what_they_should(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = mypy(str(program), folder=tmp_path)
    found = {}
    for line in done.stdout.splitlines():
        hit = re.match(r".*program\.py:(\d+): (?:note|error): (.*)", line)
        if hit:
            found.setdefault(int(hit[1]), hit[2])
    assert sorted(found) == [line for line, _ in EXPECTED], done.stdout
    for line, text in EXPECTED:
        assert text in found[line].replace("Tuple", "tuple"), done.stdout
