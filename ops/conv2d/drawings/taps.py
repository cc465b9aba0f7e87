"""A 3 x 3 window over a padded image, and the element of y that it makes."""

from matplotlib.patches import Rectangle


def draw(figure, colors):
    axis = figure.subplots()

    def cell(x, y, place=None, alpha=0.3, dashed=False):
        if place is not None:
            axis.add_patch(Rectangle((x, y), 1, 1, fc=colors.series[place], alpha=alpha, ec="none"))
        axis.add_patch(Rectangle((x, y), 1, 1, fc="none", ec=colors.ink, lw=0.7,
                                 ls=":" if dashed else "-"))

    for row in range(-1, 6):
        for col in range(-1, 6):
            outside = not (0 <= row < 5 and 0 <= col < 5)
            under = -1 <= row < 2 and 1 <= col < 4
            cell(col, row, 1 if under else None, 0.15 if outside else 0.45, outside)
            if outside:
                axis.text(col + 0.5, row + 0.5, "0", ha="center", va="center", color=colors.ink,
                          size=8, alpha=0.6)
    for a in range(3):
        for b in range(3):
            cell(8 + b, 1 + a, 2, 0.3)
            axis.text(8.5 + b, 1.5 + a, f"{a},{b}", ha="center", va="center", color=colors.ink,
                      size=8)
    for row in range(5):
        for col in range(5):
            cell(13 + col, row, 0 if (row, col) == (0, 2) else None, 0.7)
    axis.text(2.5, -1.5, "x, padding 1", ha="center", color=colors.ink)
    axis.text(9.5, -1.5, "taps of W", ha="center", color=colors.ink)
    axis.text(15.5, -1.5, "y", ha="center", color=colors.ink)
    axis.text(7, 2.5, "×", ha="center", va="center", color=colors.ink, size=14)
    axis.text(12, 2.5, "=", ha="center", va="center", color=colors.ink, size=14)
    axis.set_xlim(-1.3, 18.3)
    axis.set_ylim(6.3, -2.6)
    axis.set_aspect("equal")
    axis.axis("off")
