"""A product of three Jacobians, bracketed from the left and from the right."""

from matplotlib.patches import Rectangle


def draw(figure, colors):
    axis = figure.subplots()
    axis.set_axis_off()
    axis.set_xlim(0, 14)
    axis.set_ylim(-0.6, 7)
    axis.set_aspect("equal")

    def box(x, y, width, height, label, series):
        axis.add_patch(Rectangle((x, y), width, height, facecolor=colors.series[series],
                                 edgecolor=colors.ink, alpha=0.35, linewidth=1))
        axis.text(x + width / 2, y + height / 2, label, ha="center", va="center")

    def text(x, y, label, **style):
        axis.text(x, y, label, ha="center", va="center", **style)

    def row(bottom, brackets, title, steps):
        middle = bottom + 1
        box(0.5, middle - 0.2, 2, 0.4, "", 0)
        text(1.5, middle + 0.55, "$J_3$")
        box(3.1, bottom, 2, 2, "$J_2$", 1)
        box(5.7, bottom, 2, 2, "$J_1$", 1)
        for x, mark in brackets:
            text(x, middle, mark, fontsize=22)
        axis.text(8.6, middle + 0.55, title, weight="bold", va="center")
        for index, step in enumerate(steps):
            axis.text(8.6, middle - 0.1 - 0.6 * index, step, va="center")

    row(4.4, [(0.2, "("), (5.4, ")")], "reverse: from the left",
        ["row × matrix: $n^2$", "row × matrix: $n^2$"])
    row(0.6, [(2.8, "("), (8.0, ")")], "forward: from the right",
        ["matrix × matrix: $n^3$", "row × matrix: $n^2$"])
