"""One operation's folder: what it holds, and what holds each part to the others."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

BOXES = {
    "contract": (0.005, 0.84, "Contract", "shapes, dtypes, errors"),
    "vector": (0.565, 0.84, "Fast kernels", "on every vector target"),
    "reference": (0.285, 0.57, "Reference kernel", "plain loops, in double"),
    "definition": (0.005, 0.29, "Definition", "a loop, or operations"),
    "gradient": (0.565, 0.29, "Gradient", "derived on the page"),
    "second": (0.565, 0.01, "Second derivative", "the gradient's own"),
}
WIDTH, HEIGHT = 0.43, 0.145
# The two parts, how one is held to the other, and where that is written: x, y, alignment.
PROOFS = [
    ("contract", "reference", "every error\nand its text", (0.28, 0.777, "right")),
    ("reference", "vector", "within a stated\ntolerance", (0.72, 0.777, "left")),
    ("definition", "reference", "same values", (0.28, 0.503, "right")),
    ("gradient", "reference", "finite differences,\nguards, mutants", (0.70, 0.503, "left")),
    ("definition", "gradient", "same\ngradient", (0.5, 0.422, "center")),
    ("gradient", "second", "finite\ndifferences", (0.755, 0.222, "right")),
]

BESIDES = """Besides: properties of
all inputs, the same bits
for any number of threads,
speed beside the best."""


def centre(name):
    left, bottom, _, _ = BOXES[name]
    return left + WIDTH / 2, bottom + HEIGHT / 2


def draw(figure, colors):
    axis = figure.add_axes([0, 0, 1, 1])
    axis.set(xlim=(0, 1), ylim=(0, 0.995))
    axis.axis("off")
    patches = {}
    for name, (left, bottom, title, text) in BOXES.items():
        box = FancyBboxPatch((left, bottom), WIDTH, HEIGHT, facecolor=colors.paper, linewidth=1.4,
                             edgecolor=colors.series[0], zorder=2,
                             boxstyle="round,pad=0,rounding_size=0.02")
        patches[name] = axis.add_patch(box)
        axis.text(left + WIDTH / 2, bottom + 0.097, title, ha="center", va="center", zorder=3,
                  fontsize=12, fontweight="bold", color=colors.ink)
        axis.text(left + WIDTH / 2, bottom + 0.045, text, ha="center", va="center", zorder=3,
                  fontsize=10.5, color=colors.ink)
    for first, second, text, (x, y, side) in PROOFS:
        axis.add_patch(FancyArrowPatch(
            centre(first), centre(second), patchA=patches[first], patchB=patches[second],
            arrowstyle="<->", mutation_scale=11, color=colors.series[1], linewidth=1.4, zorder=1))
        axis.text(x, y, text, ha=side, va="center", fontsize=10, color=colors.ink)
    axis.text(0.005, 0.085, BESIDES, va="center", fontsize=10, color=colors.ink)
