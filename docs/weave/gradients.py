"""Formula and gradient of every operation in one list, from the pages that derive them."""

import pathlib

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from weave import findings, generated, text, tree


class Gradients(SphinxDirective):
    """```{gradients} CARD …: the operations of these cards, or all of them."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        cards = self.arguments[0].split() if self.arguments else findings.CARDS
        unknown = set(cards) - set(findings.CARDS)
        if unknown:
            return [self.state.document.reporter.warning(
                f"gradients: no card {min(unknown)}; need some of {', '.join(findings.CARDS)}",
                line=self.lineno)]
        lines = [line for card in cards for line in self.of_card(card)]
        holder = nodes.container(classes=["weave-gradients"])
        self.state.nested_parse(StringList(lines, self.env.docname), self.content_offset, holder)
        return [holder]

    def of_card(self, card):
        root = pathlib.Path(self.config.weave_root)
        for op in tree.operations(root):
            page = root / f"ops/{op}/{op}.md"
            self.env.note_dependency(str(page))
            content = page.read_text(encoding="utf-8")
            if text.front_matter(content)[0].get("card") == card:
                yield from [f"**[{op}](/ops/{op}.md)**", "", "::::{container} weave-card", "",
                            *generated.formulas(content), "::::", ""]


def setup(app):
    app.add_directive("gradients", Gradients)
