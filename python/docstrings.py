"""Writes docs.cc: the contracts of C++ headers as the docstrings of their Python functions.

A contract is the `///` comment before a function. Several functions of one name share the first
that has one. Names of C++ become those of Python, so that help() shows what a caller sees.
"""

import re
import sys
import textwrap

DECLARATION = re.compile(r"(?:inline )?[\w:<>*& ]+?[ &*](?P<name>\w+)\(")
# An error code, and the exception that has it.
ERRORS = {
    "kShape": "ShapeError (a ValueError)",
    "kDType": "DTypeError (a TypeError)",
    "kIndex": "OutOfRangeError (an IndexError)",
    "kValue": "ArgumentError (a ValueError)",
    "kDevice": "DeviceError (a RuntimeError)",
    "kGradient": "GradientError (a RuntimeError)",
    "kMemory": "OutOfMemoryError (a MemoryError)",
    "kUnsupported": "UnsupportedError (a NotImplementedError)",
}
WORDS = [
    (re.compile(r"\bErrors:"), "Raises:"),
    (re.compile(r"\bor undefined\b"), "or None"),
    (re.compile(r"\bwhere (\w+) is undefined\b"), r"where \1 is None"),
    (re.compile(r"`(\w+)\(x, DType::kFloat32\)`"), r"\1(x, float32)"),
]


def contracts(text):
    """(function, contract) in the order of the header."""
    block = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("///"):
            block.append(stripped[3:].removeprefix(" "))
            continue
        found = DECLARATION.match(line)
        if found and block:
            yield found["name"], "\n".join(block).strip()
        block = []


def for_python(contract):
    """A contract in the words of Python."""
    for code, exception in ERRORS.items():
        contract = re.sub(rf"\b{code}\b", exception, contract)
    for pattern, words in WORDS:
        contract = pattern.sub(words, contract)
    return "\n\n".join(map(filled, contract.split("\n\n")))


def filled(paragraph):
    """A paragraph in lines of one length; one with indented lines, a formula, as it is."""
    if any(line.startswith(" ") for line in paragraph.splitlines()):
        return paragraph
    return textwrap.fill(paragraph, width=96, break_long_words=False, break_on_hyphens=False)


def literal(text):
    """`text` as a C++ string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def source(headers):
    """The text of docs.cc for the texts of headers."""
    docs = {}
    for header in headers:
        for name, contract in contracts(header):
            docs.setdefault(name, for_python(contract))
    entries = "".join(f"    {{{literal(name)}, {literal(doc)}}},\n" for name, doc in docs.items())
    return f'''#include <map>
#include <string_view>

#include "python/operation.h"

namespace prova::python {{

const char* DocOf(const char* function) {{
  static const std::map<std::string_view, const char*> docs = {{
{entries}  }};
  const auto found = docs.find(function);
  return found == docs.end() ? nullptr : found->second;
}}

}}  // namespace prova::python
'''


def main():
    headers = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            headers.append(file.read())
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(source(headers))


if __name__ == "__main__":
    main()
