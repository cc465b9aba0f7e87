"""One operation's folder: what it holds, and what holds each part to the others."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

BOXES = {
    "contract": (0.005, 0.70, "Contract", "shapes, dtypes, errors"),
    "definition": (0.005, 0.26, "Definition", "a loop, or other operations"),
    "reference": (0.39, 0.70, "Reference kernel", "plain loops, in double"),
    "gradient": (0.39, 0.26, "Gradient", "derived on the page"),
    "vector": (0.775, 0.70, "Fast kernels", "on every vector target"),
    "second": (0.775, 0.26, "Second derivative", "the gradient's own gradient"),
}
WIDTH, HEIGHT = 0.22, 0.21
PROOFS = [
    ("contract", "reference", "every error\nand its text", 0),
    ("reference", "vector", "within a stated\ntolerance", 0),
    ("definition", "reference", "same values", 1),
    ("definition", "gradient", "same\ngradient", 0),
    ("gradient", "reference", "finite differences,\nguards, mutants", 1),
    ("gradient", "second", "finite\ndifferences", 0),
]


def centre(name):
    left, bottom, _, _ = BOXES[name]
    return left + WIDTH / 2, bottom + HEIGHT / 2


def draw(figure, colors):
    axis = figure.add_axes([0, 0, 1, 1])
    axis.set(xlim=(0, 1), ylim=(0.02, 0.98))
    axis.axis("off")
    patches = {}
    for name, (left, bottom, title, text) in BOXES.items():
        box = FancyBboxPatch((left, bottom), WIDTH, HEIGHT, facecolor=colors.paper, linewidth=1.4,
                             edgecolor=colors.series[0], zorder=2,
                             boxstyle="round,pad=0,rounding_size=0.02")
        patches[name] = axis.add_patch(box)
        axis.text(left + WIDTH / 2, bottom + 0.135, title, ha="center", va="center", zorder=3,
                  fontsize=11, fontweight="bold", color=colors.ink)
        axis.text(left + WIDTH / 2, bottom + 0.065, text, ha="center", va="center", zorder=3,
                  fontsize=8.5, color=colors.ink)
    for first, second, text, upright in PROOFS:
        axis.add_patch(FancyArrowPatch(
            centre(first), centre(second), patchA=patches[first], patchB=patches[second],
            arrowstyle="<->", mutation_scale=11, color=colors.series[1], linewidth=1.4, zorder=1))
        (x0, y0), (x1, y1) = centre(first), centre(second)
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        axis.text(x + 0.012 * upright, y + 0.03 * (1 - upright), text, fontsize=8, zorder=4,
                  color=colors.ink,
                  ha="left" if upright else "center", va="center" if upright else "bottom",
                  bbox={"facecolor": colors.paper, "edgecolor": "none", "pad": 1.5})
    axis.text(0.5, 0.11, "Properties that hold for all inputs  ·  the same bits for any number of "
              "threads  ·  speed beside the best libraries", ha="center", fontsize=9,
              color=colors.ink)
