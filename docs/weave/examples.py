"""Programs of examples/ and what they print."""

import itertools
import pathlib
import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from weave import quoting, regions

TARGET = re.compile(r"//(?P<package>[\w/.-]+?)(?::(?P<name>[\w.-]+))?(?:#[\w-]+)?$")
PART = re.compile(r"^== ([\w-]+)\n", re.MULTILINE)


class Unknown(Exception):
    """No such program, or what it prints is not what its file says."""


def expected_path(target):
    """The file that says what the program of a Bazel target prints."""
    found = TARGET.match(target)
    if not found:
        raise Unknown(f"{target}: need a target such as //examples/first_steps")
    name = found["name"] or found["package"].rpartition("/")[2]
    return pathlib.PurePosixPath(found["package"], f"{name}.out")


def output(root, captured, target):
    """What the program, or a part of it, prints; refuses what a run has just printed otherwise."""
    path, (program, _, name) = expected_path(target), target.partition("#")
    if not (root / path).is_file():
        raise Unknown(f"{path}: no such file; it says what {program} prints")
    expected = (root / path).read_text(encoding="utf-8")
    if captured:
        run = pathlib.Path(captured) / path.with_suffix(".run")
        if not run.is_file():
            raise Unknown(f"{program} was not run: is it in examples/examples.bzl?")
        printed = run.read_text(encoding="utf-8")
        if printed != expected:
            raise Unknown(f"{program} prints something else than {path} says: "
                          f"{difference(expected, printed)}")
    if not expected.strip():
        raise Unknown(f"{path} is empty")
    return (part(expected, name, path) if name else expected).rstrip("\n")


def difference(expected, printed):
    """The first line in which two different texts differ."""
    pairs = itertools.zip_longest(expected.splitlines(), printed.splitlines())
    for number, (want, got) in enumerate(pairs, start=1):
        if got is None:
            return f"line {number} is missing, “{want}”"
        if want is None:
            return f"line {number} is too much, “{got}”"
        if want != got:
            return f"line {number} is “{got}” and not “{want}”"
    return "only the ends of lines differ"


def part(text, name, path):
    """What stands below the line `== name`; all of it where the text has no such lines."""
    pieces = PART.split(text)
    parts = dict(zip(pieces[1::2], pieces[2::2]))
    if not parts:
        return text
    if not parts.get(name, "").strip():
        raise Unknown(f"{path} has nothing below == {name}")
    return parts[name]


def output_node(directive, target):
    config = directive.config
    root = pathlib.Path(config.weave_root)
    text = output(root, config.weave_outputs, target)
    directive.env.note_dependency(str(root / expected_path(target)))
    return nodes.literal_block(text, text, language="text", classes=["weave-output"])


class Output(SphinxDirective):
    """```{output} //examples/NAME[#PART]: what a program prints."""

    required_arguments = 1

    def run(self):
        try:
            return [output_node(self, self.arguments[0])]
        except Unknown as problem:
            return [self.state.document.reporter.warning(str(problem), line=self.lineno)]


class Example(SphinxDirective):
    """```{example} FILE#NAME: a region of a program, and what that part of it prints."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        file, _, region = self.arguments[0].partition("#")
        path = pathlib.PurePosixPath(file)
        try:
            code = quoting.region_node(self, self.arguments[0])
            part_of = f"#{region}" if region else ""
            return [code, output_node(self, f"//{path.parent}:{path.stem}{part_of}")]
        except (regions.Missing, Unknown) as problem:
            return [self.state.document.reporter.warning(str(problem), line=self.lineno)]


def setup(app):
    app.add_directive("output", Output)
    app.add_directive("example", Example)
