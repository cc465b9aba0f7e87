"""Doxygen over the public headers: runs it, and knows which symbols its XML holds."""

import dataclasses
import re
import subprocess
import xml.etree.ElementTree as ElementTree

ROOMS = ["base", "cuda", "tensor", "autograd", "ops", "nn", "vision", "gradcheck", "bench"]
INTERNAL = re.compile(
    r"(-inl|_kernels?|_cuda|_peers|fake_\w+|testing|test_\w+|\w+_test\w*|idx_testing)\.h$")

# A quotation of Doxygen's XML, which keeps the ends of its lines where other text loses them.
QUOTATION = re.compile(r"&quot;(?:[^<&]|&(?!quot;))*&quot;")

CONFIGURATION = """
PROJECT_NAME = Prova
INPUT = {inputs}
STRIP_FROM_PATH = {root}
FULL_PATH_NAMES = YES
OUTPUT_DIRECTORY = {out}
GENERATE_HTML = NO
GENERATE_LATEX = NO
GENERATE_XML = YES
XML_PROGRAMLISTING = NO
JAVADOC_AUTOBRIEF = YES
MARKDOWN_SUPPORT = YES
AUTOLINK_SUPPORT = NO
EXTRACT_ALL = NO
HIDE_UNDOC_MEMBERS = NO
EXTRACT_LOCAL_CLASSES = NO
HIDE_FRIEND_COMPOUNDS = YES
EXCLUDE_SYMBOLS = prova::internal* internal*
MACRO_EXPANSION = YES
EXPAND_ONLY_PREDEF = YES
PREDEFINED = "PROVA_FIELDS(...)=" PROVA_LINKED= PROVA_SHARED_MEMBER= __global__= __device__= \
  __forceinline__= DOXYGEN
ENABLE_PREPROCESSING = YES
SORT_MEMBER_DOCS = NO
MAX_INITIALIZER_LINES = 1
QUIET = YES
WARNINGS = YES
WARN_IF_UNDOCUMENTED = NO
WARN_IF_DOC_ERROR = YES
WARN_AS_ERROR = NO
"""


def public_headers(paths):
    """Of these files the public headers: those of the rooms that are no kernel's or test's own."""
    for path in paths:
        room, *rest = path.parts
        if room not in ROOMS or path.suffix != ".h" or INTERNAL.search(path.name):
            continue
        if room == "ops" and not (len(rest) == 2 and rest[0] in (path.stem, "common")):
            continue
        if "ladder" in rest or "steps" in rest or "harness" in rest:
            continue
        yield path


def run(root, out, headers):
    """Writes XML of the headers below `out`; returns what Doxygen complains of, line by line."""
    out.mkdir(parents=True, exist_ok=True)
    inputs = " ".join(f'"{root / header}"' for header in headers)
    text = CONFIGURATION.format(root=root, out=out, inputs=inputs)
    done = subprocess.run(["doxygen", "-"], input=text, text=True, check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaints = [line.replace(f"{root}/", "") for line in done.stderr.splitlines() if line]
    if done.returncode != 0 and not complaints:
        complaints = [f"doxygen ended with exit code {done.returncode}"]
    for path in out.glob("xml/*.xml"):
        # Breathe would begin a paragraph at each of them.
        path.write_text(QUOTATION.sub(lambda found: found[0].replace("\n", " "),
                                      path.read_text(encoding="utf-8")), encoding="utf-8")
    return complaints


@dataclasses.dataclass
class Symbol:
    """A documented name: what it is, how it is declared, and the header that holds it."""

    name: str
    kind: str
    declaration: str
    header: str
    line: int
    element: ElementTree.Element


def symbols(xml):
    """Qualified name to its symbols; a function has one for each overload."""
    found = {}
    for path in sorted(xml.glob("*.xml")):
        if not path.name.startswith(("class", "struct", "namespace", "union")):
            continue
        for compound in ElementTree.parse(path).iter("compounddef"):
            name = compound.findtext("compoundname")
            kind = compound.get("kind")
            if kind != "namespace":
                _add(found, compound, name, kind, f"{kind} {name.split('::')[-1]}")
            for member in compound.iter("memberdef"):
                qualified = f"{name}::{member.findtext('name')}"
                _add(found, member, qualified, member.get("kind"), declaration(member))
    return found


def _add(found, element, name, kind, text):
    place = element.find("location")
    if place is None:
        return
    header = place.get("declfile") or place.get("file")
    line = int(place.get("declline") or place.get("line") or 0)
    found.setdefault(name, []).append(Symbol(name, kind, text, header, line, element))


def _text(element):
    return "" if element is None else "".join(element.itertext()).strip()


def declaration(member):
    """A member as its header declares it, on one line."""
    kind, name = member.get("kind"), member.findtext("name")
    template = member.find("templateparamlist")
    prefix = ""
    if template is not None:
        parts = []
        for param in template.findall("param"):
            part = " ".join(filter(None, [_text(param.find("type")),
                                          _text(param.find("declname"))]))
            default = _text(param.find("defval"))
            parts.append(part + (f" = {default}" if default else ""))
        prefix = f"template <{', '.join(parts)}> "
    kind_of = _text(member.find("type"))
    text = f"{kind_of} {name}".strip()
    if kind == "function":
        text += _text(member.find("argsstring"))
    elif kind == "enum":
        scoped = " class" if member.get("strong") == "yes" else ""
        values = ", ".join(_text(value.find("name")) for value in member.findall("enumvalue"))
        text = f"enum{scoped} {name} {{ {values} }}"
    elif kind == "typedef":
        text = f"using {name} = {kind_of}"
    elif kind == "variable":
        text += _text(member.find("argsstring"))
    text = re.sub(r"\s+([&*])\s*", r"\1 ", text)
    return prefix + re.sub(r"\s+", " ", text)


COMPOUNDS = {"class": "doxygenclass", "struct": "doxygenstruct", "union": "doxygenunion"}
OTHERS = {"function": "doxygenmember", "enum": "doxygenenum", "typedef": "doxygentypedef",
          "variable": "doxygenvariable"}


def entry(symbol, options=()):
    """The lines of Breathe's directive for one symbol."""
    directive = COMPOUNDS.get(symbol.kind) or OTHERS[symbol.kind]
    more = [":members:", ":undoc-members:"] if symbol.kind in COMPOUNDS else []
    more += [f":id: {symbol.element.get('id')}"] if symbol.kind == "function" else []
    return [f"```{{{directive}}} {symbol.name}", ":project: prova", *more, *options, "```", ""]


def listed(found):
    """What the API reference shows by itself: all names of the namespaces, in the order in which
    headers hold them, for a comment may tell of several; members stand with their class."""
    classes = {symbol.name for symbols in found.values() for symbol in symbols
               if symbol.kind in COMPOUNDS}
    mine = [symbol for symbols in found.values() for symbol in symbols
            if symbol.name.rpartition("::")[0] not in classes
            and (symbol.kind in COMPOUNDS or symbol.kind in OTHERS)]
    return sorted(mine, key=lambda symbol: (symbol.header, symbol.line))


def brief(symbol):
    """The first sentence of what a header says of a symbol."""
    return _text(symbol.element.find("briefdescription"))
