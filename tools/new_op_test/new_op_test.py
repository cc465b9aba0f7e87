"""tools/new_op: names, the list, and modules that fail only where their author must fill in.

That the modules build and conform is shown by the targets sample_KIND_conformance_test.
"""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from weave import findings

HERE = pathlib.Path(__file__).parent
TOOLS = HERE.parent
KINDS = ["custom", "pointwise", "reduction"]
MARK = "FILL" + " IN"


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "ops").mkdir()
    shutil.copy(TOOLS.parent / "ops/ops.bzl", tmp_path / "ops/ops.bzl")
    return tmp_path


def new_op(tree, *arguments):
    return subprocess.run([TOOLS / "new_op", *arguments, "--root", tree], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


@pytest.mark.parametrize("kind", KINDS)
def test_makes_every_file_of_a_module(tree, kind):
    assert new_op(tree, "soft_sign", "--kind", kind).returncode == 0
    made = {path.name for path in (tree / "ops/soft_sign").iterdir()}
    assert made == {"BUILD", "soft_sign.md"} | {
        f"soft_sign{end}" for end in (".h", ".cc", "_kernels.h", "_reference.cc", "_simd.cc",
                                      "_cuda.cu", "_cases.cc", "_test.cc", "_python.cc",
                                      "_numpy.py")}
    text = (tree / "ops/soft_sign/soft_sign_kernels.h").read_text()
    assert "kSoftSignKernels" in text and "$" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_lacks_only_its_card(tree, kind):
    new_op(tree, "soft_sign", "--kind", kind)
    assert [finding.rule for finding in findings.of_tree(tree)] == ["card", "card"]


def test_lists_the_operation_in_order(tree):
    new_op(tree, "aardvark", "--kind", "pointwise")
    names = re.findall(r'^    "(\w+)",$', (tree / "ops/ops.bzl").read_text(), re.MULTILINE)
    assert names[0] == "aardvark" and names == sorted(names)


def test_says_what_comes_next(tree):
    said = new_op(tree, "soft_sign", "--kind", "pointwise").stdout
    for command in (f"grep -rn '{MARK}' ops/soft_sign", "./dev test //ops/soft_sign/...",
                    "./dev bench soft_sign", "./dev docs"):
        assert f"  {command} " in said


def test_says_who_formats_the_files_where_it_cannot(tree):
    command = [TOOLS / "new_op", "soft_sign", "--kind", "pointwise", "--root", tree]
    said = subprocess.run(command, env={"PATH": "/nowhere"}, text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    assert "./dev check --fix" in said


@pytest.mark.parametrize("name", ["SoftSign", "2d", "double", "soft sign", "a__b", "common"])
def test_refuses_a_bad_name_and_makes_nothing(tree, name):
    done = new_op(tree, name, "--kind", "pointwise")
    assert done.returncode == 2 and name in done.stderr
    assert [path.name for path in (tree / "ops").iterdir()] == ["ops.bzl"]


def test_refuses_to_overwrite_a_module(tree):
    assert new_op(tree, "twice", "--kind", "pointwise").returncode == 0
    (tree / "ops/twice/twice.h").write_text("mine")
    done = new_op(tree, "twice", "--kind", "custom")
    assert done.returncode == 2 and "exists already" in done.stderr
    assert (tree / "ops/twice/twice.h").read_text() == "mine"


@pytest.mark.parametrize("kind", KINDS)
def test_properties_fail_only_where_the_author_must_fill_in(tmp_path, kind):
    report = tmp_path / "report.json"
    done = subprocess.run([HERE / f"sample_{kind}_properties", f"--gtest_output=json:{report}"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 1
    suites = json.loads(report.read_text())["testsuites"]
    cases = [case for suite in suites for case in suite["testsuite"]]
    assert len(cases) == 3
    for case in cases:
        assert case["failures"] and all(MARK in each["failure"] for each in case["failures"])
