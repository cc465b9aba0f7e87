"""The checker catches each fault when it is planted, and passes a tree without one."""

import pathlib

import pytest

import check
import layering
import lint
import modules
from weave import findings as pages


@pytest.fixture(name="tree")
def clean_tree(tmp_path):
    """A small tree that keeps every rule: one operation and a test."""
    folder = tmp_path / "ops/add"
    folder.mkdir(parents=True)
    (tmp_path / "ops/ops.bzl").write_text('OPS = ["add"]\n')
    for pattern in modules.REQUIRED:
        name = pattern.format("add")
        (folder / name).write_text("#pragma once\n" if name.endswith(".h") else "\n")
    page = "---\ncard: arithmetic\n---\n# add\n\n" + "".join(
        f"## {heading}\n\n<!-- card -->\n$$y = a + b$$\n\n" for heading in pages.OPERATION_HEADINGS)
    (folder / "add.md").write_text(page + "```{region} add.cc#kernel\n```\n")
    (folder / "add.cc").write_text(
        '// Head of the file,\n// as long\n// as it needs.\n#include "tensor/tensor.h"\n'
        "\n// #region kernel\nint x = 1'000;  // rand() in a comment\n// #endregion kernel\n"
        'const char* kText = "assert(rand())";\nstatic_assert(true);\n')
    (folder / "add_test.cc").write_text('#include "gradcheck/testing.h"\n#include <vector>\n')
    return tmp_path


def rules(root):
    """The rules that the tree breaks, each once."""
    return sorted({finding[2] for finding in check.own_rules(root, check.tree_files(root))})


def append(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text((file.read_text() if file.is_file() else "") + text)


def test_clean_tree_passes(tree):
    assert not list(check.own_rules(tree, check.tree_files(tree)))


UNFINISHED = "TO" + "DO"


@pytest.mark.parametrize("path, text, rule", [
    ("ops/add/add.cc", "using namespace std;\n", "using-namespace"),
    ("ops/add/add.cc", f"// {UNFINISHED}: later\n", "unfinished"),
    ("ops/add/add.md", f"{UNFINISHED}\n", "unfinished"),
    ("ops/add/add.cc", "int r = rand();\n", "random"),
    ("ops/add/add.cc", "std::srand(1);\n", "random"),
    ("ops/add/add.cc", "long t = std::time(nullptr);\n", "clock"),
    ("ops/add/add.cc", "assert(x > 0);\n", "assert"),
    ("ops/add/add.cc", f"// see {'/' + 'home'}/me/notes\n", "machine-path"),
    ("ops/add/add.cc", "x" * 101 + "\n", "line-length"),
    ("ops/add/BUILD", "#" * 101 + "\n", "line-length"),
    ("ops/add/add.cc", "\n" * 1000, "file-length"),
    ("ops/add/add.cc", "// one\n// two\n// three\n", "comment-block"),
    ("ops/add/more.h", "int x;\n", "pragma-once"),
    ("ops/add/add.cc", '#include "nn/linear.h"\n', "layering"),
    ("ops/add/add.cc", "#include <vision/image.h>\n", "layering"),
    ("ops/add/add.cc", '#include "gradcheck/spec.h"\n', "layering"),
    ("ops/add/add_simd.cc", '#include "bench/runner.h"\n', "layering"),
    ("base/error.cc", '#include "tensor/tensor.h"\n', "layering"),
    ("tensor/tensor_test.cc", '#include "gradcheck/testing.h"\n', "layering"),
    ("autograd/tape.cc", '#include "ops/add/add.h"\n', "layering"),
    ("ops/add/add.cc", '#include "add_kernels.h"\n', "include-path"),
    ("ops/ops.bzl", 'OPS = ["add", "sub"]\n', "ops-list"),
    ("ops/sub/sub.h", "#pragma once\n", "ops-list"),
    ("ops/add/add.md", "## Another heading\n\ntext\n", "heading"),
    ("ops/add/add.md", "```{region} add.cc#absent\n```\n", "region"),
    ("ops/add/add.md", "```{region} absent.cc#kernel\n```\n", "region"),
    ("README.md", "```c++ file=ops/add/add.cc\nint y;\n```\n", "quote"),
    ("README.md", "```c++ file=ops/add/absent.cc\nint y;\n```\n", "quote"),
])
def test_planted_fault_is_caught(tree, path, text, rule):
    if path == "ops/ops.bzl":
        (tree / path).write_text("")
    append(tree, path, text)
    assert rule in rules(tree)


@pytest.mark.parametrize("pattern", modules.REQUIRED)
def test_missing_file_of_a_module_is_caught(tree, pattern):
    (tree / "ops/add" / pattern.format("add")).unlink()
    assert "module-files" in rules(tree)


def test_unsorted_list_is_caught(tree):
    (tree / "ops/ops.bzl").write_text('OPS = ["add", "add"]\n')
    assert rules(tree) == ["ops-list"]


@pytest.mark.parametrize("first, second", [("How we know", "Measurements")])
def test_exchanged_headings_are_caught(tree, first, second):
    page = tree / "ops/add/add.md"
    text = page.read_text()
    text = text.replace(first, "?").replace(second, first).replace("?", second)
    page.write_text(text)
    assert rules(tree) == ["heading"]


def test_missing_heading_is_named(tree):
    page = tree / "ops/add/add.md"
    page.write_text(page.read_text().replace("## Measurements\n", ""))
    found = list(check.own_rules(tree, check.tree_files(tree)))
    assert [finding[3] for finding in found] == ["heading missing: ## Measurements"]


def test_region_that_ends_nowhere_is_caught(tree):
    source = tree / "ops/add/add.cc"
    source.write_text(source.read_text().replace("// #endregion kernel\n", ""))
    assert rules(tree) == ["region"]


def test_file_quoted_to_the_letter_passes(tree):
    source = (tree / "ops/add/add.cc").read_text()
    append(tree, "README.md", f"```c++ file=ops/add/add.cc\n{source}```\n")
    assert not rules(tree)


def test_documentation_comments_may_be_long(tree):
    append(tree, "ops/add/add.cc", "/// one\n/// two\n/// three\nint y;\n")
    assert not rules(tree)


def test_line_of_the_fault_is_reported(tree):
    append(tree, "tensor/view.cc", '#include "base/error.h"\n\n#include "autograd/tape.h"\n')
    assert (pathlib.Path("tensor/view.cc"), 3, "layering", "tensor/ must not include "
            "autograd/tape.h") in list(check.own_rules(tree, check.tree_files(tree)))


def test_peers_of_a_module_may_see_the_proof():
    lines = ['#include "bench/peers.h"']
    assert not list(layering.findings(pathlib.Path("ops/add/add_peers.cc"), lines))
    assert list(layering.findings(pathlib.Path("ops/add/add.cc"), lines))


def test_rooms_include_only_rooms_below():
    order = ["base", "cuda", "tensor", "autograd", "ops", "nn", "vision"]
    for place, room in enumerate(order):
        assert layering.MAY_INCLUDE[room] == order[:place]


def test_code_only_keeps_lines_and_digit_separators():
    text = 'int a = 1\'000; /* rand()\n */ char c = \'"\'; // x\nR"(assert(\n)" b;'
    code = lint.code_only(text)
    assert code.count("\n") == text.count("\n")
    assert "rand" not in code and "assert" not in code and "1'000" in code and "b;" in code


def test_over_budget_is_only_noted(tree):
    append(tree, "ops/add/add.h", "\n" * 60)
    assert not rules(tree)
    files = check.tree_files(tree)
    assert list(modules.over_budget(tree, files)) == [(pathlib.Path("ops/add/add.h"), 61, 60)]
