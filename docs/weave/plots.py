"""Drawings of recorded results, as SVG that takes its colours from the page around it."""

import dataclasses
import io
import math
import pathlib
import re
import warnings

import matplotlib

matplotlib.use("svg")

from matplotlib import font_manager  # noqa: E402  (the backend comes first)
from matplotlib.figure import Figure  # noqa: E402

# Inches. A drawing of this width fits a phone; a wider one scrolls there.
WIDTH = 5

# Colours that stand for the theme's own: the SVG names CSS variables in their place.
INK, QUIET, PAPER = "#010203", "#040506", "#070809"
SERIES = ["#0a0b01", "#0a0b02", "#0a0b03", "#0a0b04", "#0a0b05", "#0a0b06", "#0a0b07"]
VARIABLES = {INK: "--color-foreground-primary", QUIET: "--weave-grid",
             PAPER: "--color-background-primary",
             **{colour: f"--weave-series-{index}" for index, colour in enumerate(SERIES)}}

# Prova first; each peer has one colour and one marker on all plots.
CONTENDERS = {"prova": "Prova", "onednn": "oneDNN", "openblas": "OpenBLAS", "eigen": "Eigen",
              "torch": "PyTorch", "std": "C++ library"}
PLACES = {name: place for place, name in enumerate(CONTENDERS)}
MARKERS, GLYPHS = "os^DvP*", "●■▲◆▼✚★"
FONTS = ["Inter", "DejaVu Sans"]
INTER = pathlib.Path("/usr/share/fonts/opentype/inter")
STYLE = {
    "font.family": FONTS, "font.size": 10, "svg.fonttype": "none", "svg.hashsalt": "prova",
    "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.edgecolor": QUIET, "grid.color": QUIET, "axes.grid": True, "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False, "xtick.major.size": 0,
    "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0, "grid.linewidth": 0.8,
    "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "legend.frameon": False, "figure.facecolor": "none", "axes.facecolor": "none",
    "savefig.facecolor": "none", "lines.linewidth": 1.8, "lines.markersize": 5.5,
    "axes.unicode_minus": True,
}
# What a notebook does not say itself.
NOTEBOOK_STYLE = {
    "axes.prop_cycle": matplotlib.cycler(color=SERIES, marker=list("os^DvP*")),
    "figure.constrained_layout.use": True, "figure.figsize": (WIDTH, 3.2),
    "figure.max_open_warning": 0,
}


@dataclasses.dataclass
class Plot:
    """A drawing, and its legend: (label, place in SERIES and GLYPHS)."""

    svg: str
    legend: list


class Nothing(Exception):
    """There is nothing to draw; the text says what is missing."""


class Colors:
    """What a drawing draws with; each follows the reader's theme."""

    ink, quiet, paper, series = INK, QUIET, PAPER, SERIES


def register_fonts():
    """Measures text by the site's own font, which Matplotlib may not have found yet."""
    for path in INTER.glob("Inter-*.otf"):
        font_manager.fontManager.addfont(str(path))


def svg(draw, size):
    """What `draw(figure)` draws, as the text of an SVG element."""
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "There are no gridspecs")  # Drawings place axes.
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        if not figure.axes and not figure.texts and not figure.patches:
            raise Nothing("the drawing is empty")
        return svg_of(figure, size)


def svg_of(figure, size):
    """The text of an SVG element that shows a figure drawn in STYLE."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg"):]
    for colour, variable in VARIABLES.items():
        text = re.sub(colour, f"var({variable})", text, flags=re.IGNORECASE)
    # Text is as large in a narrow drawing as in a wide one.
    room = f"min-width:{4.3 * size[0]:.1f}rem;max-width:{6.6 * size[0]:.1f}rem"
    text = text.replace("<svg", f'<svg style="{room}"', 1)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg[^>]*?) width="[\d.]+pt" height="[\d.]+pt"', r"\1", text, count=1)
    text = re.sub(r"font: ([^;\"]*?)'Inter'[^;\"]*", r"font: \1var(--font-stack)", text)
    return re.sub(r"\n\s*", "\n", text)


def unique_ids(text, prefix):
    """The SVG with ids that no other drawing of the page has."""
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', text)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)


def family(row):
    """A case without its sizes: `rows` of rows_4096x1024, `square_nt` of square_64_nt."""
    return re.sub(r"(^|_)\d+(x\d+)*(?=_|$)", "", row["case"].split("/")[1]).strip("_") or "all"


def bound_by_arithmetic(rows):
    """Whether cases are told in flops, all of them being bound by arithmetic; else in bytes."""
    return all(row["ceiling"] == "fma" or not row["bytes_per_s"] for row in rows)


def work(row, flops):
    """The flops of a case, or the bytes that it reads and writes."""
    return (row["flops_per_s"] if flops else row["bytes_per_s"]) * row["median_s"]


def size_order(row):
    return family(row), row["bytes_per_s"] * row["median_s"], row["flops_per_s"] * row["median_s"]


def thinned(rows, most=24):
    """At most about `most` rows: of each family the smallest, the largest, and some between."""
    families = {}
    for row in sorted(rows, key=size_order):
        families.setdefault((family(row), row["dtype"]), []).append(row)
    keep = max(2, most // max(1, len(families)))
    kept = []
    for mine in families.values():
        steps = min(keep, len(mine))
        places = {round(step * (len(mine) - 1) / max(1, steps - 1)) for step in range(steps)}
        kept += [mine[place] for place in sorted(places)]
    return kept


def times(row):
    """Contender to its seconds on a case."""
    return {"prova": row["median_s"], **row["peers"]}


def short(row):
    op, case, dtype, kernel = row["case"].split("/")
    return case if dtype == "float32" else f"{case} {dtype}"


def grows(rows):
    """Whether cases, in order, are sizes of one thing: it has a name, and each clearly grows."""
    sizes = [work(row, bound_by_arithmetic(rows)) for row in rows]
    return (len(rows) >= 3 and not rows[0]["case"].split("/")[1][0].isdigit()
            and all(larger > 1.2 * size for size, larger in zip(sizes, sizes[1:])))


def speed(rows):
    """Speed over size, a panel for each family whose cases grow; the ratios of other cases."""
    families = {}
    for row in sorted(rows, key=size_order):
        families.setdefault((family(row), row["dtype"]), []).append(row)
    panels = [(name, mine) for name, mine in families.items() if grows(mine)]
    rest = thinned([row for mine in families.values() if not grows(mine) for row in mine])
    if not rows:
        raise Nothing("no case is recorded")
    unknown = {name for row in rows for name in times(row)} - set(CONTENDERS)
    if unknown:
        raise Nothing(f"no colour is set for the peer {min(unknown)}")

    def draw(figure):
        heights = [2.9] * len(panels) + [0.5 + 0.34 * len(rest)] * bool(rest)
        axes = figure.subplots(len(heights), 1, squeeze=False,
                               gridspec_kw={"height_ratios": heights})[:, 0]
        for axis, ((name, dtype), mine) in zip(axes, panels):
            _speed_lines(axis, mine)
            axis.set_title(f"{name}, {dtype}")
        if rest:
            _ratios(axes[-1], rest)
            axes[-1].set_title("other cases" if panels else "")

    size = (WIDTH, sum([2.9] * len(panels) + [1 + 0.34 * len(rest)] * bool(rest)))
    used = [name for name in CONTENDERS if any(name in times(row) for row in rows)]
    return Plot(svg(draw, size), [(CONTENDERS[name], PLACES[name]) for name in used])


def _speed_lines(axis, rows):
    flops = bound_by_arithmetic(rows)
    sizes = [work(row, flops) for row in rows]
    giga = [{name: size / seconds / 1e9 for name, seconds in times(row).items()}
            for row, size in zip(rows, sizes)]
    for name in reversed(list(CONTENDERS)):
        points = [(size, each[name]) for size, each in zip(sizes, giga) if name in each]
        if points:
            axis.plot(*zip(*points), color=SERIES[PLACES[name]], marker=MARKERS[PLACES[name]],
                      zorder=3 if name == "prova" else 2)
    axis.set_xscale("log")
    axis.set_ylim(0, None)
    axis.set_xlabel("operations of the case" if flops else "bytes that the case reads and writes")
    axis.set_ylabel("Gflop/s" if flops else "GB/s")
    axis.xaxis.set_minor_formatter("")
    axis.xaxis.set_major_formatter(_scaled(" " if flops else " ", "" if flops else "B"))


def _scaled(space, unit):
    from matplotlib.ticker import FuncFormatter

    def text(value, _):
        for scale, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")):
            if value >= scale:
                return f"{value / scale:g}{space}{prefix}{unit}".rstrip()
        return f"{value:g}"

    return FuncFormatter(text)


def _ratios(axis, rows):
    """How fast Prova is beside each peer, a line for each case."""
    for place, row in enumerate(rows):
        for name, ratio in row["peer_ratios"].items():
            axis.plot(ratio, place, color=SERIES[PLACES[name]],
                      marker=MARKERS[PLACES[name]], linestyle="")
    axis.axvline(1, color=SERIES[0], linewidth=1.8)
    axis.set_yticks(range(len(rows)), [short(row) for row in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    ratios = [ratio for row in rows for ratio in row["peer_ratios"].values()]
    if ratios and max(ratios) / min(ratios) > 6:
        axis.set_xscale("log", base=2)
    else:
        axis.set_xlim(0, max([1.2, *(1.08 * ratio for ratio in ratios)]))
    axis.xaxis.set_major_formatter("{x:g}×")
    axis.set_xlabel("time of the peer over Prova's;\nright of the line Prova is faster")


def ceiling(rows):
    """Percent of what the machine can do, and what binds."""
    rows = thinned([row for row in rows if row["ceiling_fraction"]])
    if not rows:
        raise Nothing("no case knows its ceiling")

    def draw(figure):
        axis = figure.subplots()
        percent = [100 * row["ceiling_fraction"] for row in rows]
        axis.barh(range(len(rows)), percent, color=SERIES[0], height=0.62)
        for place, (row, value) in enumerate(zip(rows, percent)):
            bound = "arithmetic" if row["ceiling"] == "fma" else row["ceiling"]
            axis.annotate(f"{value:.0f} %  {bound}", (value, place), xytext=(5, 0),
                          textcoords="offset points", va="center", fontsize=9,
                          bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1})
        axis.axvline(100, color=INK, linewidth=1)
        axis.set_yticks(range(len(rows)), [short(row) for row in rows])
        axis.set_ylim(len(rows) - 0.4, -0.6)
        axis.set_xlim(0, max(150, 1.4 * max(percent)))
        axis.set_xlabel("percent of the least possible time,\nand what binds it")
        axis.grid(axis="y", visible=False)

    return Plot(svg(draw, (WIDTH, 1.1 + 0.3 * len(rows))), [])


def staircase(rows):
    """The steps of a ladder from the first, at the top, to the last; each size is a line."""
    steps, sizes = [], []
    for row in rows:
        step, size = step_of(row)
        steps += [step] if step not in steps else []
        sizes += [size] if size not in sizes else []
    if len(steps) < 2:
        raise Nothing("a ladder needs at least two recorded steps")
    flops = bound_by_arithmetic(rows[-1:])
    speed_of = {step_of(row): work(row, flops) / row["median_s"] / 1e9 for row in rows}

    def draw(figure):
        axis = figure.subplots()
        places = range(len(steps) + 1)
        for index, size in enumerate(sizes):
            values = [speed_of.get((step, size), math.nan) for step in steps]
            axis.stairs(values, places, orientation="horizontal", baseline=None,
                        color=SERIES[index], linewidth=1.8)
            if len(sizes) == 1:
                for place, value in enumerate(values):
                    axis.annotate(f"{value:.3g}", (value, place + 0.5), xytext=(4, 0),
                                  textcoords="offset points", va="center", fontsize=9)
        axis.set_yticks([place + 0.5 for place in range(len(steps))],
                        [step.replace("_", " ") for step in steps])
        axis.grid(axis="y", visible=False)
        axis.set_ylim(len(steps), 0)
        axis.set_xlim(0, None)
        axis.set_xlabel("Gflop/s" if flops else "GB/s")

    legend = [(size, index) for index, size in enumerate(sizes)] if any(sizes) else []
    return Plot(svg(draw, (WIDTH, 0.8 + 0.42 * len(steps))), legend)


def step_of(row):
    """(step, size) of a ladder's case: STEP or STEP_SIZE, a size being digits at the end."""
    case = row["case"].split("/")[1]
    found = re.fullmatch(r"(.*?)_?(\d[\dx]*)?", case)
    return (found[1], found[2] or "") if found[1] else (case, "")


KERNELS = {"reference": "reference", "simd on EMU128": "portable vectors",
           "simd on AVX2": "AVX2", "simd on AVX3": "AVX-512"}


def error(rows):
    """The worst case of each kernel, a line for each dtype; a bar is what the tests allow."""
    dtypes = sorted({row["dtype"] for row in rows})
    kernels = [name for name in KERNELS if any(row["kernel"] == name for row in rows)]
    if not kernels:
        raise Nothing("no error is known")

    def draw(figure):
        axis = figure.subplots()
        for place, dtype in enumerate(dtypes):
            mine = [row for row in rows if row["dtype"] == dtype]
            axis.barh(place, max(row["tolerance"] for row in mine), height=0.7, color=QUIET,
                      alpha=0.6, zorder=1)
            for index, kernel in enumerate(kernels):
                spread = 0.17 * (index - (len(kernels) - 1) / 2)
                for row in mine:
                    if row["kernel"] == kernel:
                        axis.plot(row["error"], place + spread, marker=MARKERS[index],
                                  color=SERIES[index], linestyle="", zorder=3, clip_on=False)
        axis.set_yticks(range(len(dtypes)), dtypes)
        axis.set_ylim(len(dtypes) - 0.4, -0.6)
        axis.set_xlim(0, None)
        axis.set_xlabel("epsilons of the dtype;\nthe bar is what the tests allow")
        axis.grid(axis="y", visible=False)

    legend = [(KERNELS[kernel], index) for index, kernel in enumerate(kernels)]
    return Plot(svg(draw, (WIDTH, 1 + 0.6 * len(dtypes))), legend)
