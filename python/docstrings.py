"""Writes docs.cc: the contracts of C++ headers as the docstrings of their Python functions.

A contract is the `///` comment before a function. Several functions of one name share the first
that has one. Names of C++ become those of Python, so that help() shows what a caller sees. Those
of operands and of choices stand in the binding beside the header, NAME_python.cc; what options
and choices mean is told in the header behind each of them, and becomes a last paragraph.
"""

import itertools
import pathlib
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
    (re.compile(r" where a `ScopedTf32` allows it"), " where a program in C++ allows it"),
]
# The operands a and b of a contract, and not the article.
OPERAND = re.compile(r"\ba(?=[\[,:]| [-+*/] | (?:and b|is|where)\b)|\bb\b")
# A text that chooses an enumerator: the enumeration, the argument, the pairs; and one of these.
CHOICE = re.compile(r'Pick<(\w+)>\(\s*\{"\w+", "(\w+)"\}[^{]+\{((?:\s*\{[^}]*\},?)+)')
PAIR = re.compile(r'\{"(\w+)", \w+::(\w+)\}')
TYPE = re.compile(r"^(?:struct|enum class) (\w+)[^{;]*\{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r"^ +(?:[\w:<>]+ )?(\w+)(?: = [^;]+)?[,;](?: +///< (.+))?$")


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


def members(headers):
    """Each structure and enumeration: what is told of its members, by their names."""
    types = {}
    for name, body in TYPE.findall("\n".join(headers)):
        told, before = {}, []
        for line in body.splitlines():
            found = MEMBER.match(line)
            if found:
                told[found[1]] = (found[2] or " ".join(before)).removesuffix(".")
            before = [*before, line.strip()[4:]] if line.strip().startswith("/// ") else []
        types[name.lower()] = told
    return types


def choices(binding):
    """(argument, enumeration, text of each enumerator, as code) of every choice by text."""
    for enumeration, argument, pairs in CHOICE.findall(binding):
        yield argument, enumeration, {code: f"`'{text}'`" for text, code in PAIR.findall(pairs)}


def options(function, binding, types):
    """The paragraph of what the options of a function mean."""
    chosen = {argument for argument, *_ in choices(binding)}
    fields = types.get(f"{function.replace('_', '').title()}Options".lower(), {})
    told = [f"{name}: {said}." for name, said in fields.items()
            if said and name not in chosen and f'"{name}"_a' in binding]
    for argument, enumeration, texts in choices(binding):
        said = types.get(enumeration.lower(), {})
        each = [", ".join(filter(None, [text, said.get(code)])) for code, text in texts.items()]
        told.append(f"{argument}: {'; '.join(each)}.")
    return " ".join(told)


def for_python(contract, binding=""):
    """A contract in the words of Python."""
    paragraphs = map(joined, contract.split("\n\n"))
    return "\n\n".join(filled(in_words(paragraph, binding)) for paragraph in paragraphs)


def in_words(text, binding):
    for code, exception in ERRORS.items():
        text = re.sub(rf"\b{code}\b", exception, text)
    for _, _, texts in choices(binding):
        for code, word in texts.items():
            text = re.sub(rf"\b{code}\b", word, text)
    for pattern, words in WORDS:
        text = pattern.sub(words, text)
    if "op.binary(" in binding or '"x1"_a' in binding:
        text = OPERAND.sub(lambda found: {"a": "x1", "b": "x2"}[found[0]], text)
    return text


def joined(paragraph):
    """A paragraph in one line, so that words are found; one with a formula as it is."""
    return paragraph if indented(paragraph) else " ".join(paragraph.split())


def indented(paragraph):
    return any(line.startswith(" ") for line in paragraph.splitlines())


def filled(paragraph):
    """A paragraph in lines of one length; one with indented lines, a formula, as it is."""
    if indented(paragraph):
        return paragraph
    return textwrap.fill(paragraph, width=96, break_long_words=False, break_on_hyphens=False)


def literal(text):
    """`text` as a C++ string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def source(headers, bindings=()):
    """The text of docs.cc for the texts of headers; bindings: those of headers, as far as known."""
    docs, types = {}, members(headers)
    for header, binding in itertools.zip_longest(headers, bindings, fillvalue=""):
        for name, contract in contracts(header):
            parts = [for_python(contract, binding), filled(options(name, binding, types))]
            docs.setdefault(name, "\n\n".join(filter(None, parts)))
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
    texts = {path: pathlib.Path(path).read_text(encoding="utf-8") for path in sys.argv[1:]}
    headers = [path for path in texts if path.endswith(".h")]
    bindings = [texts.get(path.removesuffix(".h") + "_python.cc", "") for path in headers]
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(source([texts[path] for path in headers], bindings))


if __name__ == "__main__":
    main()
