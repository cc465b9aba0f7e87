"""One step of a tile of registers: a column of a, a row of b, 8 x 48 sums."""

from matplotlib.patches import Rectangle


def box(axis, x, y, width, height, colors, place=None, alpha=0.25):
    fill = "none" if place is None else colors.series[place]
    axis.add_patch(Rectangle((x, y), width, height, fc=fill, ec="none",
                             alpha=None if place is None else alpha))
    axis.add_patch(Rectangle((x, y), width, height, fc="none", ec=colors.ink, lw=0.9))


def draw(figure, colors):
    axis = figure.subplots()
    # y points down, as rows of a matrix do.
    box(axis, 0, 10, 16, 8, colors)
    box(axis, 7, 10, 1, 8, colors, 1, 0.8)
    box(axis, 20, -8, 24, 16, colors)
    box(axis, 20, -1, 24, 1, colors, 2, 0.8)
    for v in range(3):
        box(axis, 20 + 8 * v, 10, 8, 8, colors, 0)
        for r in range(8):
            axis.plot([20 + 8 * v, 28 + 8 * v], [10 + r] * 2, color=colors.ink, lw=0.4)
    axis.annotate("", (19.6, 14), (8.4, 14), arrowprops={"arrowstyle": "->", "color": colors.ink})
    axis.annotate("", (32, 9.6), (32, 0.4), arrowprops={"arrowstyle": "->", "color": colors.ink})
    axis.text(8, 9.2, "a: 8 rows", ha="center", color=colors.ink)
    axis.text(32, -9, "b: 3 vectors of columns", ha="center", color=colors.ink)
    axis.text(32, 20.6, "y: 24 vectors of sums, in registers", ha="center", color=colors.ink)
    axis.text(7.5, 20.6, "8 broadcasts", ha="center", color=colors.series[1])
    axis.text(19.2, -0.5, "3 loads", ha="right", va="center", color=colors.series[2])
    axis.text(7.5, 22.8, "term k", ha="center", color=colors.series[1])
    axis.set_xlim(-1, 45)
    axis.set_ylim(23.5, -11)
    axis.set_aspect("equal")
    axis.axis("off")
