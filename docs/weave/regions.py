"""Named regions of source files: // #region name … // #endregion name."""

import dataclasses
import re
import textwrap

MARK = re.compile(r"^[ \t]*(?://|#|--) #(?P<what>region|endregion) (?P<name>[\w-]+)[ \t]*$")


class Missing(Exception):
    """A region that a page asks for is not there; the text says what is wrong."""


@dataclasses.dataclass
class Region:
    """Lines `first` to `last` of a file, counted from 1, without markers of regions within."""

    name: str
    first: int
    last: int
    text: str


def parse(text):
    """The regions of a file by name, and (line, message) for each that is not marked well."""
    regions, problems, open_at = {}, [], {}
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        mark = MARK.match(line)
        if not mark:
            continue
        what, name = mark["what"], mark["name"]
        if what == "region":
            if name in open_at or name in regions:
                problems.append((number, f"region {name} is opened twice"))
            open_at[name] = number
        elif name not in open_at:
            problems.append((number, f"region {name} is closed but was never opened"))
        else:
            first = open_at.pop(name)
            body = [inner for inner in lines[first:number - 1] if not MARK.match(inner)]
            code = textwrap.dedent("\n".join(body)).strip("\n")
            if not code.strip():
                problems.append((first, f"region {name} is empty"))
            regions[name] = Region(name, first + 1, number - 1, code)
    problems += [(line, f"region {name} is never closed") for name, line in open_at.items()]
    return regions, problems


def take(text, name):
    """The region `name` of a file's text, or the whole file where `name` is empty."""
    if not name:
        lines = text.splitlines()
        code = "\n".join(line for line in lines if not MARK.match(line))
        return Region("", 1, len(lines), code.strip("\n"))
    regions, problems = parse(text)
    mine = [message for _, message in problems if message.split()[1] == name]
    if mine:
        raise Missing(mine[0])
    if name not in regions:
        raise Missing(f"region {name} is not marked")
    return regions[name]
