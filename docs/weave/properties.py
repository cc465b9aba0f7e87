"""The properties of a test: the sentence of each ForAll, read from its source."""

import dataclasses
import pathlib
import re

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from weave import links

STRING = r'"(?:\\.|[^"\\])*"'
PROPERTY = re.compile(
    rf"TEST\(\s*\w+\s*,\s*(?P<test>\w+)\s*\)|\bForAll\(\s*(?P<sentence>{STRING}(?:\s*{STRING})*)")


@dataclasses.dataclass
class Property:
    test: str
    sentence: str
    line: int


def of_test(source):
    """The properties of a test program, in their order."""
    found, test = [], ""
    for match in PROPERTY.finditer(source):
        if match["test"]:
            test = match["test"]
            continue
        parts = re.findall(STRING, match["sentence"])
        sentence = "".join(part[1:-1] for part in parts)
        sentence = sentence.replace('\\"', '"').replace("\\\\", "\\")
        found.append(Property(test, sentence, source.count("\n", 0, match.start()) + 1))
    return found


class Properties(SphinxDirective):
    """```{properties} OP: what is checked for all inputs, one sentence each."""

    required_arguments = 1
    option_spec = {"plain": directives.flag}

    def run(self):
        op = self.arguments[0]
        root = pathlib.Path(self.config.weave_root)
        path = pathlib.PurePosixPath("ops", op, f"{op}_test.cc")
        if not (root / path).is_file():
            return [self.state.document.reporter.warning(f"properties: {path}: no such file",
                                                         line=self.lineno)]
        self.env.note_dependency(str(root / path))
        found = of_test((root / path).read_text(encoding="utf-8"))
        if not found:
            return [self.state.document.reporter.warning(f"properties: {path} states none",
                                                         line=self.lineno)]
        items = nodes.bullet_list(classes=["weave-properties"])
        for each in found:
            line = nodes.paragraph("", each.sentence)
            if "plain" not in self.options:
                link = links.source_reference(path, each.line)
                link[0].replace_self(nodes.literal(each.test, each.test, classes=["weave-path"]))
                line += [nodes.Text(" "), link]
            items += nodes.list_item("", line)
        return [items]


def setup(app):
    app.add_directive("properties", Properties)
