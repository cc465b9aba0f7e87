"""./dev: counting of test cases, the catalogue's columns, the command line."""

import json
import pathlib
import re
import subprocess

import pytest

import ops
import results

SCRIPT = pathlib.Path("dev").resolve()


def events(tmp_path, *tests, exit_code=0, more=()):
    """The lines of a build event file; `tests` are (label, status, XML)."""
    lines = list(more)
    for number, (label, status, xml) in enumerate(tests):
        path = tmp_path / f"{number}.xml"
        if xml is not None:
            path.write_text(xml)
        lines.append({"id": {"targetCompleted": {"label": label}}, "completed": {"success": True}})
        lines.append({
            "id": {"testResult": {"label": label, "run": 1, "shard": 1, "attempt": 1}},
            "testResult": {"status": status, "testActionOutput": [
                {"name": "test.xml", "uri": path.as_uri()}]},
        })
    lines.append({"id": {"buildFinished": {}}, "finished": {"exitCode": {"code": exit_code}}})
    return [json.dumps(line) for line in lines]


GTEST = """<testsuites><testsuite name="S">
<testcase name="Good" status="run" result="completed" classname="S" />
<testcase name="Skip" status="run" result="skipped" classname="S">
<skipped message="ops/a_test.cc:4&#x0A;no GPU here"></skipped></testcase>
<testcase name="DISABLED_Later" status="notrun" result="suppressed" classname="S" />
{}</testsuite></testsuites>"""
BAD = """<testcase name="Bad" status="run" result="completed" classname="S">
<failure message="ops/a_test.cc:6&#x0A;Failed&#x0A;Expected one"></failure>
<failure message="again"></failure></testcase>"""
# What Bazel writes for a program that leaves no report of its own.
PLAIN = """<testsuites><testsuite name="a/b" tests="1"><testcase name="a/b" status="run">{}
</testcase></testsuite></testsuites>"""


def test_cases_are_counted_and_skips_have_their_reason(tmp_path):
    found = results.from_events(events(tmp_path, ("//a:b", "PASSED", GTEST.format(""))))
    assert found.report().splitlines() == [
        "skipped //a:b S.Skip: no GPU here",
        "skipped //a:b S.DISABLED_Later: disabled in its source",
        "1 passed, 0 failed, 2 skipped",
    ]


def test_failed_case_counts_once_and_is_named(tmp_path):
    found = results.from_events(events(tmp_path, ("//a:b", "FAILED", GTEST.format(BAD)),
                                       exit_code=3))
    assert "FAILED //a:b S.Bad: Expected one" in found.report()
    assert found.last_line() == "1 passed, 1 failed, 2 skipped"


@pytest.mark.parametrize("status, xml, reason", [
    ("FAILED", PLAIN.format('<error message="exited with error code 134" />'),
     "exited with error code 134"),
    ("TIMEOUT", PLAIN.format('<error message="exited with error code 142" />'), "timed out"),
    ("FAILED", PLAIN.format(""), "ended with an error though no case failed"),
    ("PASSED", "<testsuites></testsuites>", "has no test case"),
    ("FAILED", "<testsuites>", "has no readable report (FAILED)"),
    ("FAILED", None, "has no readable report (FAILED)"),
])
def test_program_that_breaks_is_a_failure(tmp_path, status, xml, reason):
    found = results.from_events(events(tmp_path, ("//a:b", status, xml), exit_code=3))
    assert found.failed == [("//a:b", "", reason)]


def test_program_without_report_is_one_case(tmp_path):
    found = results.from_events(events(tmp_path, ("//a:b", "PASSED", PLAIN.format(""))))
    assert found.last_line() == "1 passed, 0 failed"


def test_targets_that_do_not_build_are_failures(tmp_path):
    more = [
        {"id": {"targetCompleted": {"label": "//a:c"}}, "completed": {"failureDetail": {}}},
        {"id": {"configuredLabel": {"label": "//a:d"}},
         "aborted": {"reason": "ANALYSIS_FAILURE", "description": "not visible\nmore"}},
        {"id": {"targetCompleted": {"label": "//a:d"}}, "aborted": {"reason": "ANALYSIS_FAILURE"}},
        {"id": {"pattern": {"pattern": ["//no/..."]}},
         "aborted": {"reason": "LOADING_FAILURE", "description": "no targets found"}},
    ]
    found = results.from_events(events(tmp_path, exit_code=1, more=more))
    assert found.failed == [("//a:c", "", "failed to build"), ("//a:d", "", "not visible"),
                            ("//no/...", "", "no targets found")]


def test_unexplained_exit_code_is_a_failure(tmp_path):
    found = results.from_events(events(tmp_path, exit_code=37))
    assert found.last_line() == "0 passed, 1 failed"


def test_last_attempt_stands(tmp_path):
    first = events(tmp_path, ("//a:b", "FAILED", GTEST.format(BAD)))[:-1]
    folder = tmp_path / "second"
    folder.mkdir()
    second = events(folder, ("//a:b", "PASSED", PLAIN.format("")))
    assert results.from_events(first + second).last_line() == "1 passed, 0 failed"


def test_catalogue_takes_columns_from_the_folder(tmp_path):
    folder = tmp_path / "ops/add"
    folder.mkdir(parents=True)
    (folder / "add_test.cc").write_text("ForAll(x);\n  ForAll(y);\nNotForAll(z);\n")
    (folder / "add.md").write_text("# add\n")
    row = ops.complete({"op": "add", "simd": "yes", "dtypes": "float32"}, tmp_path)
    assert list(row) == ["op", *ops.COLUMNS]
    assert row["properties"] == "2" and row["page"] == "ops/add/add.md" and row["cuda"] == ""
    shown = ops.table([{**row, "bench": "a_4, b_8"}]).splitlines()[1]
    assert "float32" in shown and "2 cases" in shown and "a_4" not in shown


def dev(*arguments, cwd="/"):
    return subprocess.run([SCRIPT, *arguments], cwd=cwd, capture_output=True, text=True,
                          check=False)


def test_unknown_command_is_refused():
    result = dev("tset")
    assert result.returncode == 2 and "unknown command 'tset'" in result.stderr


def test_help_names_every_command():
    result = dev("help")
    assert result.returncode == 0
    commands = re.findall(r"^  (\w+) ", result.stdout, re.MULTILINE)
    assert commands == ["demo", "test", "check", "ops", "bench", "python", "notebooks", "docs",
                        "help"]
