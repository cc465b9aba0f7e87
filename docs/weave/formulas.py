"""Formulas: MathJax knows each command, and what follows one without a space stays on its line."""

import functools
import pathlib
import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)

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


MATHJAX = pathlib.Path("/usr/share/javascript/mathjax")
DEFINED_BY = ["jax/input/TeX/jax.js", "extensions/TeX/AMSmath.js", "extensions/TeX/AMSsymbols.js"]


@functools.lru_cache(maxsize=None)
def commands():
    """Names that MathJax's TeX defines, from its own tables."""
    texts = [(MATHJAX / name).read_text(encoding="utf-8", errors="replace") for name in DEFINED_BY]
    return set(re.findall(r"[{,]\s*[\"']?\\*([A-Za-z]+)[\"']?\s*:", "".join(texts)))


def unknown_commands(tex):
    """Commands of a formula that would be shown in red."""
    used = re.findall(r"\\([A-Za-z]+)", tex.replace("\\\\", " "))
    return sorted(set(used) - commands())


class Known(SphinxPostTransform):
    """A command that MathJax does not know is a warning."""

    default_priority = 400

    def run(self, **_):
        for kind in (nodes.math, nodes.math_block):
            for formula in self.document.findall(kind):
                for name in unknown_commands(formula.astext()):
                    logger.warning("formula: MathJax knows no \\%s", name, location=formula)


def setup(app):
    app.add_post_transform(Known)
    app.add_post_transform(Glue)
