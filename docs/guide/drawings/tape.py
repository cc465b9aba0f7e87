"""The tape of sum(x * w): tensors, the nodes that hang on them, and the way back."""

from matplotlib.patches import FancyBboxPatch

TENSORS = [("w", 0.2, 2.3), ("x", 0.2, 3.9), ("product", 3.1, 3.1), ("loss", 6.0, 3.1)]
NODES = [("parameter", 0.2, 0.9), ("mul", 3.1, 1.7), ("sum", 6.0, 1.7)]


def box(axes, name, x, y, face, colors, mono=False):
    axes.add_patch(FancyBboxPatch((x, y), 1.9, 0.62, boxstyle="round,pad=0.04,rounding_size=0.12",
                                  facecolor=face, edgecolor=colors.ink, lw=1.1, alpha=1))
    axes.text(x + 0.95, y + 0.31, name, ha="center", va="center", fontsize=12, color=colors.ink,
              style="italic" if mono else "normal")


def arrow(axes, start, end, color, text="", at=(0, 0), line="-"):
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": color, "lw": 1.4,
                                              "linestyle": line, "shrinkA": 3, "shrinkB": 3})
    if text:
        axes.text(*at, text, fontsize=12, color=color, ha="center", va="center")


def draw(figure, colors):
    axes = figure.subplots()
    forward, back = colors.series[0], colors.series[1]
    for name, x, y in TENSORS:
        box(axes, name, x, y, "none", colors)
    for name, x, y in NODES:
        box(axes, name, x, y, "none", colors, mono=True)
    arrow(axes, (2.1, 4.2), (3.1, 3.55), forward)
    arrow(axes, (2.1, 2.65), (3.1, 3.25), forward)
    arrow(axes, (5.0, 3.41), (6.0, 3.41), forward)
    # Each tracked tensor holds its node; each node holds the inputs of its operation.
    for x, top, bottom in ((4.05, 3.1, 2.32), (6.95, 3.1, 2.32), (1.15, 2.3, 1.52)):
        arrow(axes, (x, top), (x, bottom), colors.ink, line=":")
    arrow(axes, (6.0, 1.9), (5.0, 1.9), back, "1, 1, 1", (5.5, 1.55))
    arrow(axes, (3.1, 1.85), (2.1, 1.25), back, "1, 2, 3", (2.95, 1.15))
    axes.text(8.2, 2.01, "1", fontsize=12, color=back, va="center")
    arrow(axes, (8.15, 2.01), (7.9, 2.01), back)
    axes.text(8.1, 4.35, "values", fontsize=12, color=forward, ha="right", va="center")
    axes.text(8.1, 0.75, "gradients", fontsize=12, color=back, ha="right", va="center")
    axes.set_xlim(0, 8.5)
    axes.set_ylim(0.5, 4.8)
    axes.axis("off")
