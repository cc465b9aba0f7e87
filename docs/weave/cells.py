"""Notebooks as text: Python in the percent format, whose cells begin with `# %%`."""

import dataclasses
import re

MARKER = re.compile(r"^# %%(?P<rest>.*)$")
FENCE = "`````"


class Malformed(Exception):
    """The text is no notebook; the message names the line."""


@dataclasses.dataclass
class Cell:
    """A cell: the line of its marker, and the lines below it."""

    kind: str  # markdown or code
    line: int
    lines: list

    @property
    def text(self):
        """What the cell says: Markdown without the marks of comments, or code."""
        lines = self.lines
        if self.kind == "markdown":
            lines = [line[2:] for line in lines]
        return "\n".join(lines).strip("\n")


def parse(text):
    """The cells of a notebook."""
    cells = []
    for number, line in enumerate(text.splitlines(), 1):
        marker = MARKER.match(line)
        if marker:
            if marker["rest"] not in ("", " [markdown]"):
                raise Malformed(f"line {number} says {marker['rest'].strip()} behind its mark")
            cells.append(Cell("markdown" if marker["rest"] else "code", number, []))
        elif not cells:
            if line.strip():
                raise Malformed(f"line {number} stands before the first `# %%`")
        elif cells[-1].kind == "markdown" and line.strip() and not re.match(r"#( |$)", line):
            raise Malformed(f"line {number} of a Markdown cell is no comment")
        else:
            cells[-1].lines.append(line)
    for cell in cells:
        if not cell.text.strip():
            raise Malformed(f"the cell of line {cell.line} is empty")
    return cells


def page(text):
    """The notebook as a page, line by line: code stands in a block {cell} NUMBER."""
    lines = []
    cells = parse(text)
    for number, cell in enumerate(cells):
        if cell.kind == "markdown":
            lines += ["", *(line[2:] for line in cell.lines)]
        elif cell.lines[-1].strip() and number + 1 < len(cells):
            raise Malformed(f"no blank line behind the cell of line {cell.line}")
        else:
            body = cell.lines[:-1] if not cell.lines[-1].strip() else cell.lines
            lines += [f"{FENCE}{{cell}} {number}", *body, FENCE]
    return "\n".join(lines) + "\n"
