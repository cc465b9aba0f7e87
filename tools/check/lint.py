"""Lint: the rules of the house that a regular expression can see, as one table."""

import re

CPP = (".h", ".cc", ".cu")
CODE = CPP + (".py", ".bzl", ".sh", "BUILD", "WORKSPACE", "dev", "run")
TEXT = CODE + (".md", ".txt", ".toml", ".yml", ".yaml")

LINE_LENGTH = 100
FILE_LENGTH = 1000

# Name, files, where it looks ("code": without comments and strings; "text"), pattern, message.
RULES = [
    ("using-namespace", CPP, "code", r"\busing\s+namespace\s+std\b", "name std:: in full"),
    ("unfinished", TEXT, "text", r"\b(TO[D]O|FIX[M]E|XX[X]|FILL I[N])\b",
     "finish it or write an issue"),
    ("random", CPP, "code", r"(?<![\w.>:])(?:std::)?(?:rand\s*\(\s*\)|srand\s*\()",
     "use the Philox generator of base/"),
    ("clock", CPP, "code", r"(?<![\w.>:])(?:std::)?time\s*\(\s*(?:NULL|nullptr|0|&)",
     "use std::chrono::steady_clock"),
    ("assert", CPP, "code", r"(?<!\w)assert\s*\(", "throw a typed error of base/ instead"),
    ("machine-path", TEXT, "text", r"(?<![\w.}])/(?:work|home|root|Users)/\w",
     "a path of one machine does not belong in the tree"),
]
COMPILED = [(name, files, where, re.compile(pattern), message)
            for name, files, where, pattern, message in RULES]

# One token at a time: what a comment or a string holds is no code.
TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^\s()\\]{0,16})\(.*?\)\1"'
    r'|"(?:\\.|[^"\\\n])*"' r"|(?<!\w)'(?:\\.|[^'\\\n])+'", re.DOTALL)


def code_only(text):
    """`text` with comments and literals blanked out, line for line."""
    return TOKEN.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def findings(path, text):
    """(line, rule, message) for one file; `path` is relative to the root."""
    name = path.name
    lines = text.splitlines()
    code = code_only(text).splitlines() if name.endswith(CPP) else lines
    for rule, files, where, pattern, message in COMPILED:
        if name.endswith(files):
            for number, line in enumerate(code if where == "code" else lines, 1):
                if pattern.search(line):
                    yield number, rule, message
    if name.endswith(TEXT) and len(lines) > FILE_LENGTH:
        yield FILE_LENGTH + 1, "file-length", f"{len(lines)} lines; {FILE_LENGTH} at most"
    if name.endswith(CODE):
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_LENGTH and "://" not in line and "#include" not in line:
                yield number, "line-length", f"{len(line)} characters; {LINE_LENGTH} at most"
    # Highway includes its -inl.h files once a target, behind a guard that toggles.
    if name.endswith(".h") and not name.endswith("-inl.h"):
        first = next((line.strip() for line in code if line.strip()), "")
        if first != "#pragma once":
            yield 1, "pragma-once", "a header begins with #pragma once (comments may precede it)"
    if name.endswith((".cc", ".cu")):
        yield from comment_blocks(lines)


def comment_blocks(lines):
    """Blocks of over two `//` lines after the head of a file; `///` documents and is free."""
    head, start = True, None
    for number, line in enumerate([*lines, ""], 1):
        stripped = line.strip()
        if stripped.startswith("//") and not stripped.startswith("///"):
            start = start or number
            continue
        if start and not head and number - start > 2:
            yield start, "comment-block", f"{number - start} lines of comment; two at most"
        head, start = False, None
