"""What a page shows of a program's output: all of it, or the part below a line == NAME."""

import pytest

from weave import examples

PRINTED = "== sums\n1 + 1 = 2\n\n== odd-ones\n3\n5\n== silent\n"


def tree(tmp_path, printed, run=None):
    (tmp_path / "examples/parts").mkdir(parents=True)
    (tmp_path / "examples/parts/parts.out").write_text(printed)
    (tmp_path / "examples/parts/parts.run").write_text(printed if run is None else run)
    return tmp_path


@pytest.mark.parametrize("target, shown", [
    ("//examples/parts", PRINTED.rstrip("\n")),
    ("//examples/parts#sums", "1 + 1 = 2"),
    ("//examples/parts:parts#odd-ones", "3\n5"),
])
def test_a_part_is_what_stands_below_its_name(tmp_path, target, shown):
    assert examples.output(tree(tmp_path, PRINTED), tmp_path, target) == shown


def test_a_program_without_parts_is_shown_whole(tmp_path):
    assert examples.output(tree(tmp_path, "hello\n"), tmp_path, "//examples/parts#main") == "hello"


@pytest.mark.parametrize("name", ["sum", "silent"])
def test_a_part_that_is_missing_or_empty_is_refused(tmp_path, name):
    with pytest.raises(examples.Unknown, match=f"nothing below == {name}"):
        examples.output(tree(tmp_path, PRINTED), tmp_path, f"//examples/parts#{name}")


def test_a_part_is_refused_where_another_part_prints_something_else(tmp_path):
    root = tree(tmp_path, PRINTED, PRINTED.replace("5", "7"))
    with pytest.raises(examples.Unknown, match="something else .*: line 6 is “7” and not “5”"):
        examples.output(root, root, "//examples/parts#sums")


@pytest.mark.parametrize("printed, said", [
    ("a\nc\n", "line 2 is “c” and not “b”"), ("a\n", "line 2 is missing, “b”"),
    ("a\nb\nc\n", "line 3 is too much, “c”"), ("a\nb", "only the ends of lines differ")])
def test_the_first_line_that_differs_is_said(printed, said):
    assert examples.difference("a\nb\n", printed) == said
