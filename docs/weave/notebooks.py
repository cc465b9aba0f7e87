"""{cell}: a cell of a notebook with what it showed when it ran."""

import json
import pathlib

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from weave import links, plots, results


class Unknown(Exception):
    """What a cell shows is not known; the text says why."""


def run_of(env, path):
    """What the cells of the notebook showed when it ran."""
    run = pathlib.Path(env.config.weave_outputs, path).with_suffix(".json")
    if not run.is_file():
        raise Unknown(f"{path} was not run: is it in notebooks/BUILD?")
    env.note_dependency(str(run))
    return json.loads(run.read_text(encoding="utf-8"))


class Cell(SphinxDirective):
    """```{cell} NUMBER: the code of a cell, and what it showed."""

    required_arguments = 1
    has_content = True

    def run(self):
        path = links.path_of(self.env, self.env.docname)
        code = "\n".join(self.content).rstrip()
        made = [nodes.literal_block(code, code, language="python")]
        try:
            return made + self.outputs(run_of(self.env, path)[int(self.arguments[0])])
        except (Unknown, IndexError) as problem:
            return made + [self.state.document.reporter.warning(f"cell: {problem}",
                                                               line=self.lineno)]

    def outputs(self, cell):
        made = []
        if cell["text"]:
            made.append(nodes.literal_block(cell["text"], cell["text"], language="text",
                                            classes=["weave-output"]))
        if "html" in cell:
            made.append(nodes.raw("", f'<div class="weave-value">{cell["html"]}</div>',
                                  format="html"))
        elif "value" in cell:
            made.append(nodes.literal_block(cell["value"], cell["value"], language="text",
                                            classes=["weave-output"]))
        for figure in cell["figures"]:
            made.append(results.figure(self, plots.Plot(figure["svg"], []), figure["alt"], ""))
        return made




def setup(app):
    app.add_directive("cell", Cell)
