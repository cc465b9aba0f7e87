"""Layering: which room may include which. The one table; Bazel's visibility says the same."""

import re

# From the bottom: a room may include those before it, besides itself.
ORDER = ["base", "cuda", "tensor", "autograd", "ops", "nn", "vision"]
# A room: the rooms that it may include.
MAY_INCLUDE = {
    **{room: ORDER[:place] for place, room in enumerate(ORDER)},
    "gradcheck": ORDER[:ORDER.index("nn")],
    "bench": ORDER + ["gradcheck"],
    "examples": ORDER,
    "notebooks": ORDER,
    # Users' functions are held to the cases of operations.
    "python": ORDER + ["gradcheck"],
}
# The proof: seen only by the files that test, and only in the rooms that have it below them.
PROOF = ["gradcheck", "bench"]
PROOF_USERS = ["ops", "nn", "vision", "examples", "gradcheck", "bench"]
TEST_FILE = re.compile(r"_(test|cases|bench|peers|ulps)\.(cc|h)$"
                       r"|(^|/)(testing|catalogue|accuracy)[^/]*\.(cc|h)$")

# How Python calls an operation is said in the operation's folder.
BINDING_FILE = re.compile(r"^ops/\w+/\w+_python\.cc$")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def findings(path, lines):
    """Findings for one C++ file; `path` is relative to the root."""
    room = path.parts[0]
    if room not in MAY_INCLUDE:
        return
    allowed = {room, *MAY_INCLUDE[room]}
    if TEST_FILE.search(path.as_posix()) and room in PROOF_USERS:
        allowed.update(PROOF)
    if BINDING_FILE.search(path.as_posix()):
        allowed.add("python")
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        quoted, header = found.group(1), found.group(1) or found.group(2)
        other = header.partition("/")[0]
        if other in MAY_INCLUDE and "/" in header:
            if other not in allowed:
                yield number, "layering", f"{room}/ must not include {header}"
        elif quoted and other != "hwy":
            yield number, "include-path", f'"{header}" must begin with its room: "room/…/file.h"'
