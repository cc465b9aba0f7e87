"""Benchmark programs: which exist, which a regular expression selects, what they print."""

import json
import re
import subprocess

import common


class Problem(Exception):
    """What the user asked for cannot be done; the text says why."""


def all_suites(root=common.ROOT):
    """Name of each suite of cases and the Bazel target of its program: the operations, then
    folders of bench/ and ladders of operations that have a program over bench/runner.h."""
    suites = {op: f"//ops/{op}:{op}_bench" for op in common.operations()}
    for build in sorted([*root.glob("bench/*/BUILD"), *root.glob("ops/*/ladder/BUILD")]):
        folder = build.parent
        ladder = folder.name == "ladder"
        name = f"{folder.parent.name}_ladder" if ladder else folder.name
        text = build.read_text(encoding="utf-8")
        if f'"{folder.name}_bench"' in text and '"//bench:runner"' in text:
            suites[name] = f"//{folder.relative_to(root).as_posix()}:{folder.name}_bench"
    return suites


def _compiled(text):
    try:
        return re.compile(text)
    except re.error as error:
        raise Problem(f"'{text}' is no regular expression: {error}") from error


def candidates(regex, names):
    """The suites that may have a case which `regex` names: those that match it before its first
    slash, whole or else in part; all where none does."""
    _compiled(regex)
    head = regex.partition("/")[0]
    try:
        whole = [name for name in names if re.fullmatch(head, name)]
        return whole or [name for name in names if re.search(head, name)] or list(names)
    except re.error:  # The slash stands within a group.
        return list(names)


def selected(regex, rows):
    """The rows that `regex` names: those that it matches from their beginning to the end of a
    part (`softmax`, `softmax/rows_4096x1024`), or else those in which it occurs anywhere."""
    whole = _compiled(f"(?:{regex})(?:/|$)")
    parts = _compiled(regex)
    return [row for row in rows if whole.match(row)] or [row for row in rows if parts.search(row)]


class Program:
    """A built benchmark program."""

    def __init__(self, suite, binary):
        self.suite = suite
        self.binary = binary
        self.environment = common.runfiles_environment(binary)

    def rows(self):
        """The names of the rows that it can measure."""
        result = subprocess.run([self.binary, "--list"], env=self.environment, check=False,
                                stdout=subprocess.PIPE, text=True)
        if result.returncode != 0:
            raise Problem(f"the benchmark of {self.suite} failed to list its cases")
        return result.stdout.split()

    def measure(self, rows, options):
        """Yields what it prints, parsed: its environment, then rows as they are measured."""
        command = [str(self.binary), *options, *(["--", *rows] if rows else [])]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE,
                              text=True) as process:
            try:
                for line in process.stdout:
                    yield json.loads(line)
            except BaseException:
                process.terminate()
                raise
        if process.returncode != 0:
            raise Problem(f"the benchmark of {self.suite} failed (exit code {process.returncode})")


def build(names, root=common.ROOT):
    """The programs of these suites, built from the tree at `root`."""
    targets = all_suites(root)
    folder = common.build([targets[name] for name in names], root=root)
    return [Program(name, folder / targets[name].strip("/").replace(":", "/")) for name in names]
