"""Numbers, tables and plots of recorded runs: {result}, {plot}, {measurements}, {drawing}."""

import html
import importlib.util
import pathlib
import re

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective, SphinxRole

from weave import examples, links, plots, records, tree


def of_site(env):
    """The recorded runs, read once a build."""
    if not hasattr(env.app, "weave_records"):
        env.app.weave_records = records.load(pathlib.Path(env.config.weave_root),
                                             env.config.weave_machine, env.config.weave_record)
    return env.app.weave_records


class Warned(SphinxDirective):
    """A directive whose problems are warnings at its line."""

    problems = (records.Unknown, plots.Nothing, examples.Unknown)

    def run(self):
        try:
            return self.made()
        except self.problems as problem:
            return [self.state.document.reporter.warning(f"{self.name}: {problem}",
                                                         line=self.lineno)]

    def recorded(self):
        found = of_site(self.env)
        if not found.rows:
            raise records.Unknown("bench/results holds no recorded run")
        return found


class ResultRole(SphinxRole):
    """{result}`softmax/rows_4096x1024 vs_best_peer`: one number."""

    def run(self):
        key, _, field = self.text.partition(" ")
        try:
            found = of_site(self.env)
            text = records.number(found, records.one(found, key), field.strip())
        except records.Unknown as problem:
            return [], [self.inliner.reporter.warning(f"result: {problem}", line=self.lineno)]
        return [nodes.inline(text, text, classes=["weave-result"])], []


def table(found, rows):
    """A table of rows, in a frame of its own that scrolls where it is too wide."""
    lines = [records.cells(found, row) for row in rows]
    filled = [index for index in range(len(records.HEADINGS)) if any(line[index] for line in lines)]
    group = nodes.tgroup(cols=len(filled))
    group += [nodes.colspec(colwidth=1) for _ in filled]
    head, body = nodes.thead(), nodes.tbody()
    for part, texts in [(head, records.HEADINGS), *((body, line) for line in lines)]:
        row = nodes.row()
        for index in filled:
            text = texts[index]
            kind = nodes.literal if part is body and index == 0 else nodes.inline
            row += nodes.entry("", nodes.paragraph("", "", kind(text, text)))
        part += row
    group += [head, body]
    return nodes.table("", group, classes=["weave-results"])


class Result(Warned):
    """```{result} softmax/*@1: a table of recorded rows."""

    required_arguments = 1
    final_argument_whitespace = True

    def made(self):
        found = self.recorded()
        rows = [row for key in self.arguments[0].split() for row in records.matching(found, key)]
        return [table(found, rows), caption(f"Measured on {found.machine()}.")]


def caption(text):
    return nodes.paragraph(text, text, classes=["weave-caption"])


def figure(directive, drawn, label, text):
    """A drawing within the page, told to those who cannot see it by `label`."""
    number = directive.env.new_serialno("weave-figure")
    svg = plots.unique_ids(drawn.svg, f"f{number}")
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)
    entries = "".join(
        f'<span><i style="color:var(--weave-series-{place})">{plots.GLYPHS[place]}</i>'
        f"{html.escape(name)}</span>" for name, place in drawn.legend)
    legend = f'<div class="weave-legend">{entries}</div>' if entries else ""
    made = nodes.raw("", f'{legend}<div class="weave-plot">{svg}</div>', format="html")
    return nodes.container("", made, *([caption(text)] if text else []), classes=["weave-figure"])


KINDS = {
    "speed": ("Speed of {op} beside other libraries, {threads}.", plots.speed),
    "ceiling": ("{op}: percent of what the machine can do at best, {threads}. Ceilings are "
                "measured in the same run: fused multiply-adds, and copies where the data live.",
                plots.ceiling),
    "staircase": ("The steps of the ladder of {op}, {threads}.", plots.staircase),
}


def plot(directive, found, kind, op, threads=1, pattern="*"):
    text, draw = KINDS[kind]
    rows = found.of_op(f"{op}_ladder" if kind == "staircase" else op, threads, pattern)
    if not rows:
        raise records.Unknown(f"{kind}: no case of {op} is recorded with {threads} threads"
                              + (f" under {pattern}" if pattern != "*" else ""))
    text = text.format(op=op, threads="one thread" if threads == 1 else f"{threads} threads")
    return figure(directive, draw(rows), text, f"{text} {found.machine()}.")


class Plot(Warned):
    """```{plot} KIND OP: a drawing of recorded rows."""

    required_arguments = 2
    option_spec = {"threads": directives.positive_int, "cases": directives.unchanged_required}

    def made(self):
        kind, op = self.arguments
        if kind == "error":
            return [accuracy_plot(self, op)]
        if kind not in KINDS:
            raise records.Unknown(f"no plot {kind}; need one of {', '.join([*KINDS, 'error'])}")
        return [plot(self, self.recorded(), kind, op, self.options.get("threads", 1),
                     self.options.get("cases", "*"))]


def accuracy_plot(directive, op):
    """Error against tolerance of every kernel of an operation."""
    path = directive.config.weave_accuracy
    if not path:
        raise records.Unknown("nothing says how accurate kernels are")
    rows = records.accuracy(pathlib.Path(path), op)
    if not any(row["error"] for row in rows):
        return caption(f"In every case of its tests each kernel of {op} gives the exact result.")
    text = (f"The error of each kernel of {op} in the case of its tests that comes nearest to what "
            "they allow, against the reference kernel in double. Found by running the kernels when "
            "this site was built.")
    return figure(directive, plots.error(rows), text, text)


class Measurements(Warned):
    """```{measurements} OP: all that is recorded of an operation."""

    required_arguments = 1

    def made(self):
        op, found = self.arguments[0], self.recorded()
        rows = found.of_op(op)
        if not rows:
            raise records.Unknown(f"no case of {op} is recorded")
        made = [plot(self, found, "speed", op), plot(self, found, "ceiling", op)]
        if self.config.weave_accuracy:
            made.append(accuracy_plot(self, op))
        made.append(nodes.raw("", "<details class='weave-all'><summary>All "
                              f"{len(rows)} recorded rows</summary>", format="html"))
        made += [table(found, rows), nodes.raw("", "</details>", format="html")]
        return [*made, caption(f"Measured on {found.machine()}. “vs” is the other's time over "
                               "Prova's: above 1×, Prova is faster.")]


class Drawing(Warned):
    """```{drawing} FILE.py: what its function draw(figure, colors) draws."""

    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged_required, "output": directives.unchanged_required,
                   "size": directives.unchanged_required}

    def made(self):
        root = pathlib.Path(self.config.weave_root)
        page = links.path_of(self.env, self.env.docname)
        path = tree.resolve(root, page, self.arguments[0])
        if path is None:
            raise plots.Nothing(f"{self.arguments[0]}: no such file")
        if "alt" not in self.options:
            raise plots.Nothing("needs :alt: with what the drawing shows")
        self.env.note_dependency(str(root / path))
        extra = []
        if target := self.options.get("output"):
            self.env.note_dependency(str(root / examples.expected_path(target)))
            extra.append(examples.output(root, self.config.weave_outputs, target))
        size = tuple(float(part) for part in self.options.get("size", "7x4").split("x"))
        draw = load(root / path)
        svg = plots.svg(lambda canvas: draw(canvas, plots.Colors, *extra), size)
        made = figure(self, plots.Plot(svg, []), self.options["alt"], "")
        text = nodes.container(classes=["weave-caption"])
        self.state.nested_parse(self.content, self.content_offset, text)
        made += text if self.content else []
        return [made]


def load(path):
    """The function `draw` of a Python file."""
    spec = importlib.util.spec_from_file_location(re.sub(r"\W", "_", path.stem), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "draw"):
        raise plots.Nothing(f"{path.name} defines no draw(figure, colors)")
    return module.draw


def setup(app):
    plots.register_fonts()
    for name, default in (("weave_machine", ""), ("weave_record", "full*"), ("weave_accuracy", "")):
        app.add_config_value(name, default, "env")
    app.add_role("result", ResultRole())
    app.add_directive("result", Result)
    app.add_directive("plot", Plot)
    app.add_directive("measurements", Measurements)
    app.add_directive("drawing", Drawing)
