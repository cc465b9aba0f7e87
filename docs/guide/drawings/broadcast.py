"""A column and a row, stretched to a table without copying."""

from matplotlib.patches import Rectangle

COLUMN, ROW = [0, 10, 20], [1, 2, 3, 4]


def table(axes, rows, real, colors, title):
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            own = real(i, j)
            axes.add_patch(Rectangle((j, i), 1, 1, facecolor=colors.series[0] if own else "none",
                                     alpha=0.18 if own else 1, edgecolor="none"))
            axes.add_patch(Rectangle((j, i), 1, 1, facecolor="none", edgecolor=colors.quiet,
                                     lw=1, linestyle="-" if own else ":"))
            axes.text(j + 0.5, i + 0.5, str(value), ha="center", va="center", fontsize=12,
                      color=colors.ink, alpha=1 if own else 0.5)
    axes.set_xlim(-0.1, 4.1)
    axes.set_ylim(3.1, -0.1)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(title, fontsize=12, color=colors.ink)


def draw(figure, colors):
    axes = figure.subplots(1, 3)
    table(axes[0], [[value] * 4 for value in COLUMN], lambda i, j: j == 0, colors, "column [3, 1]")
    table(axes[1], [ROW] * 3, lambda i, j: i == 0, colors, "row [4]")
    table(axes[2], [[a + b for b in ROW] for a in COLUMN], lambda i, j: True, colors, "sum [3, 4]")
    for left, sign in ((0, "+"), (1, "=")):
        axes[left].text(4.45, 1.5, sign, fontsize=17, ha="center", va="center", color=colors.ink)
