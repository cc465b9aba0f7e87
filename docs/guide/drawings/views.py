"""Twelve numbers in memory, and four tensors that look at them."""

from matplotlib.patches import Rectangle

# Title, rows, columns, strides, offset: element (i, j) is number offset + i * a + j * b.
VIEWS = [
    ("x", 3, 4, (4, 1), 0),
    ("odd", 3, 2, (4, 2), 1),
    ("back", 3, 4, (4, -1), 3),
    ("turned", 4, 3, (1, 4), 0),
]


def cell(axes, x, y, number, colors, shown):
    axes.add_patch(Rectangle((x, y), 1, 1, facecolor=colors.series[0] if shown else "none",
                             alpha=0.18 if shown else 1, edgecolor="none"))
    axes.add_patch(Rectangle((x, y), 1, 1, facecolor="none", edgecolor=colors.quiet, lw=1))
    axes.text(x + 0.5, y + 0.5, str(number), ha="center", va="center", fontsize=12,
              color=colors.ink)


def bare(axes, width, height):
    axes.set_xlim(-0.1, width + 0.1)
    axes.set_ylim(height + 0.1, -0.1)
    axes.set_aspect("equal")
    axes.axis("off")


def draw(figure, colors):
    grid = figure.add_gridspec(3, 2, height_ratios=[1, 4, 4])
    memory = figure.add_subplot(grid[0, :])
    bare(memory, 12, 1)
    for number in range(12):
        cell(memory, number, 0, number, colors, False)
    memory.set_title("the storage", fontsize=12, color=colors.ink, loc="left")
    for place, (title, rows, columns, (down, right), offset) in enumerate(VIEWS):
        axes = figure.add_subplot(grid[1 + place // 2, place % 2])
        bare(axes, 6.5, 4)
        for i in range(rows):
            for j in range(columns):
                cell(axes, j, i, offset + i * down + j * right, colors, True)
        axes.set_title(title, fontsize=12, color=colors.ink, loc="left")
        text = f"strides\n{down}, {right}\noffset {offset}".replace("-", "−")
        axes.text(columns + 0.3, 0, text, fontsize=12, va="top", color=colors.ink)
