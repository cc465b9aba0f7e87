"""The text of a page, read line by line: fenced blocks, headings, formulas."""

import dataclasses
import re

FENCE = re.compile(r"^(?P<indent> {0,3})(?P<mark>`{3,}|~{3,}|:{3,})(?P<info>.*)$")
DIRECTIVE = re.compile(r"^\{(?P<name>[\w:-]+)\}\s*(?P<argument>.*)$")


@dataclasses.dataclass
class Block:
    """A fenced block: what stands behind its fence, its lines, and where its fence opens."""

    line: int
    info: str
    body: list
    depth: int = 0
    closed: bool = True

    @property
    def directive(self):
        found = DIRECTIVE.match(self.info)
        return (found["name"], found["argument"].strip()) if found else ("", "")


# Directives whose body is prose: blocks within are blocks of the page.
PROSE = {"note", "tip", "warning", "important", "admonition", "details", "drawing"}


def split(text):
    """The lines of a page outside of fenced blocks (blank where one stood), and the blocks."""
    outside, blocks, open_blocks = [], [], []
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        current = open_blocks[-1] if open_blocks else None
        if current is None or current[1]:
            if fence and not (current and _closes(fence, current[2])):
                info = fence["info"].strip()
                block = Block(number, info, [], len(open_blocks))
                blocks.append(block)
                open_blocks.append((block, block.directive[0] in PROSE, fence["mark"]))
                outside.append("")
                continue
        if fence and current and _closes(fence, current[2]):
            open_blocks.pop()
            outside.append("")
        elif current is None or current[1]:
            outside.append(line)
            if current:
                current[0].body.append(line)
        else:
            current[0].body.append(line)
            outside.append("")
    for block, _, _ in open_blocks:
        block.closed = False
    return outside, blocks


def _closes(fence, mark):
    return (fence["mark"][0] == mark[0] and len(fence["mark"]) >= len(mark)
            and not fence["info"].strip())


def front_matter(text):
    """`key: value` lines before the title, and the number of lines that they take."""
    lines = text.splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        return {}, 0
    end = lines.index("---", 1)
    pairs = (line.partition(":") for line in lines[1:end] if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}, end + 1


@dataclasses.dataclass
class Heading:
    line: int
    level: int
    title: str
    empty: bool = True


def headings(text):
    """The headings of a page; one is empty if nothing follows it before a heading of its level
    or above."""
    outside, blocks = split(text)
    starts = {block.line for block in blocks}
    skip = front_matter(text)[1]
    found = []
    for number, line in enumerate(outside, 1):
        if number <= skip:
            continue
        heading = re.match(r"^(#{1,6}) +(.*?)\s*#*$", line)
        if heading:
            level = len(heading[1])
            if found and level > found[-1].level:
                found[-1].empty = False
            found.append(Heading(number, level, heading[2]))
        elif found and (line.strip() and not line.lstrip().startswith("<!--") or number in starts):
            found[-1].empty = False
    return found


@dataclasses.dataclass
class Formula:
    """A formula: what it says, and the line and column where it begins."""

    line: int
    column: int
    tex: str
    display: bool
    closed: bool = True


_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_FORMULA = re.compile(r"(?<!\\)\$\$|(?<![\\$])\$(?![\s$])((?:\\.|[^$\\])+?)(?<!\s)\$(?![\d$])")


def prose(text):
    """The lines of a page without blocks and without code in backticks, blanks in their place."""
    return [_CODE.sub(lambda code: " " * len(code[0]), line) for line in split(text)[0]]


def formulas(text):
    """The formulas of a page. A display formula stands between $$ and $$, and ends with its
    paragraph at the latest."""
    found, current = [], None
    for number, line in enumerate(prose(text), 1):
        if current and (not line.strip() or line.startswith("#")):
            found.append(current)
            current = None
        start = 0
        for mark in _FORMULA.finditer(line):
            if mark[0] != "$$":
                if current is None:
                    found.append(Formula(number, mark.start(), mark[1], False))
            elif current is None:
                current = Formula(number, mark.start(), "", True, False)
                start = mark.end()
            else:
                current.tex += line[start:mark.start()]
                current.closed = True
                found.append(current)
                current = None
        if current:
            current.tex += line[start:] + "\n"
    found += [current] if current else []
    for block in split(text)[1]:
        if block.directive[0] == "math":
            found.append(Formula(block.line, 0, "\n".join(block.body), True))
    return sorted(found, key=lambda formula: (formula.line, formula.column))
