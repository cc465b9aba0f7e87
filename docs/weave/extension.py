"""The Sphinx extension: every directive and role of the site, and how links are resolved."""

import pathlib

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from weave import (breathing, contracts, examples, formulas, gradients, links, properties, regions,
                   results, sources, tree)

logger = logging.getLogger(__name__)


class Region(SphinxDirective):
    """```{region} FILE#NAME: a named region of a source file, or a whole file."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        try:
            return [region_node(self, self.arguments[0])]
        except regions.Missing as problem:
            return [self.state.document.reporter.warning(str(problem), line=self.lineno)]


def region_node(directive, argument):
    """The code of a region under a caption that links its lines."""
    env = directive.env
    root = pathlib.Path(env.config.weave_root)
    name, _, region_name = argument.partition("#")
    page = links.path_of(env, env.docname)
    path = tree.resolve(root, page, name)
    if path is None:
        raise regions.Missing(f"{name}: no such file")
    env.note_dependency(str(root / path))
    region = regions.take((root / path).read_text(encoding="utf-8"), region_name)
    code = nodes.literal_block(region.text, region.text, language=sources.language(path))
    caption = nodes.caption("", "", links.source_reference(path, region.first, region.last))
    return nodes.container("", caption, code, literal_block=True,
                           classes=["literal-block-wrapper", "weave-region"])


class ApiRole(SphinxRole):
    """{api}`softmax`: a link to the entry of a symbol in the API reference."""

    def run(self):
        return [contracts.reference(self.env, self.text)], []


def setup(app):
    app.add_config_value("weave_root", "", "env")
    app.add_config_value("weave_machinery", "", "env")
    app.add_config_value("weave_outputs", "", "env")
    app.add_config_value("weave_doxygen", "", "env")
    app.add_directive("region", Region)
    app.add_role("api", ApiRole())
    breathing.setup(app)
    contracts.setup(app)
    examples.setup(app)
    formulas.setup(app)
    gradients.setup(app)
    links.setup(app)
    properties.setup(app)
    results.setup(app)
    sources.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
