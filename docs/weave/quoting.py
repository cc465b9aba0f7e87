"""Code on a page: {region}, a named part of a source file under a caption that links it."""

import pathlib

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from weave import links, regions, sources, tree


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
    path = tree.resolve(root, links.path_of(env, env.docname), name)
    if path is None:
        raise regions.Missing(f"{name}: no such file")
    env.note_dependency(str(root / path))
    region = regions.take((root / path).read_text(encoding="utf-8"), region_name)
    code = nodes.literal_block(region.text, region.text, language=sources.language(path))
    caption = nodes.caption("", "", links.source_reference(path, region.first, region.last))
    return nodes.container("", caption, code, literal_block=True,
                           classes=["literal-block-wrapper", "weave-region"])


def setup(app):
    app.add_directive("region", Region)
