"""Signatures and documentation of public symbols, by Doxygen and Breathe."""

import contextlib
import pathlib

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.domains import cpp
from sphinx.util.docutils import SphinxDirective, SphinxRole

from weave import doxygen, links, python_api


def known(env):
    """The symbols of the public headers, read once a build."""
    if not hasattr(env.app, "weave_symbols"):
        env.app.weave_symbols = doxygen.symbols(pathlib.Path(env.config.weave_doxygen))
    return env.app.weave_symbols


class ApiRole(SphinxRole):
    """{api}`softmax`: a link to the entry of a symbol in the API reference."""

    def run(self):
        link = addnodes.pending_xref("", nodes.literal(self.text, self.text), refdomain="cpp",
                                     reftype="any", refwarn=True, refexplicit=False,
                                     reftarget=f"prova::{self.text.removesuffix('()')}",
                                     refdoc=self.env.docname)
        return [link], []


@contextlib.contextmanager
def apart(env):
    """Within, declarations are not those that links find: the API reference holds these."""
    data, found = env.domaindata["cpp"], env.domaindata["cpp"]["root_symbol"]
    before = env.temp_data.pop("cpp:parent_symbol", None)
    data["root_symbol"] = cpp.Symbol(None, None, None, None, None, None, None)
    try:
        yield
    finally:
        data["root_symbol"] = found
        env.temp_data.pop("cpp:parent_symbol", None)
        if before is not None:
            env.temp_data["cpp:parent_symbol"] = before


class Contract(SphinxDirective):
    """```{contract} SYMBOL …: signature and documentation from the header."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        made = []
        for name in self.arguments[0].split():
            symbols = known(self.env).get(f"prova::{name}")
            if not symbols:
                made.append(self.state.document.reporter.warning(
                    f"contract: no public header documents {name}", line=self.lineno))
                continue
            for symbol in symbols:
                made += self.entry(symbol)
            if self.env.docname == f"ops/{name}":
                made += self.of_python(name)
        return made

    def of_python(self, name):
        try:
            return python_api.signature(self, name)
        except python_api.Missing as problem:
            return [self.state.document.reporter.warning(f"contract: {problem}", line=self.lineno)]

    def entry(self, symbol):
        lines = doxygen.entry(symbol, [":no-link:"])
        holder = nodes.container(classes=["weave-contract"])
        with apart(self.env):
            self.state.nested_parse(StringList(lines, self.env.docname), self.content_offset,
                                    holder)
        for node in holder.findall(addnodes.pending_xref):
            if key := node.get("cpp:parent_key"):
                # Links look names up in the namespace: they do not find what is declared here.
                node["cpp:parent_key"] = cpp.LookupKey(key.data[:1])
        place = nodes.paragraph("", "", links.source_reference(
            pathlib.PurePosixPath(symbol.header), symbol.line), classes=["weave-place"])
        return [holder, place]


class Signature(SphinxDirective):
    """```{signature} SYMBOL: how a symbol is called, as its header declares it first."""

    required_arguments = 1

    def run(self):
        name = self.arguments[0]
        symbols = known(self.env).get(f"prova::{name}")
        if not symbols:
            return [self.state.document.reporter.warning(
                f"signature: no public header documents {name}", line=self.lineno)]
        first = min(symbols, key=lambda symbol: symbol.line)
        self.env.note_dependency(str(pathlib.Path(self.config.weave_root, first.header)))
        text = first.declaration + ";"
        return [nodes.literal_block(text, text, language="c++", classes=["weave-signature"])]


def setup(app):
    app.add_role("api", ApiRole())
    app.add_directive("contract", Contract)
    app.add_directive("signature", Signature)
