"""Formulas in running text: what follows one without a space stays on its line."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

TAIL = re.compile(r"[^\s\w]+[\w-]*|-\w+")


class Glue(SphinxPostTransform):
    """A comma or a full stop behind a formula never begins a line."""

    default_priority = 500

    def run(self, **_):
        for formula in list(self.document.findall(nodes.math)):
            place = formula.parent.index(formula)
            rest = formula.parent[place + 1:place + 2]
            tail = TAIL.match(rest[0]) if rest and isinstance(rest[0], nodes.Text) else None
            if not tail:
                continue
            parent = formula.parent
            parent[place:place + 2] = [
                nodes.inline("", "", formula, nodes.Text(tail[0]), classes=["weave-glue"]),
                nodes.Text(rest[0][tail.end():])]


def setup(app):
    app.add_post_transform(Glue)
