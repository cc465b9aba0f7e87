"""The block of y that a task owns, cut into chunks of columns and blocks of terms."""

from matplotlib.patches import Rectangle


def draw(figure, colors):
    axis = figure.subplots()

    def box(x, y, width, height, place=None, alpha=0.25, lw=0.9):
        if place is not None:
            axis.add_patch(Rectangle((x, y), width, height, fc=colors.series[place], alpha=alpha,
                                     ec="none"))
        axis.add_patch(Rectangle((x, y), width, height, fc="none", ec=colors.ink, lw=lw))

    # a: 12 rows x 10 terms; b: 10 terms x 14 columns; y: 12 x 14.
    box(0, 12, 10, 12)
    box(12, 0, 14, 10)
    box(12, 12, 14, 12)
    box(0, 12, 4, 12, 1)
    box(12, 0, 5, 4, 2, 0.45)
    for strip in (1.25, 2.5, 3.75):
        axis.plot([12 + strip] * 2, [0, 4], color=colors.ink, lw=0.5)
    box(12, 12, 5, 12, 0, 0.15)
    box(12, 14, 1.25, 1, 0, 0.9, 0.6)
    box(0, 14, 4, 1, 1, 0.8, 0.6)
    for term in (4, 8):
        axis.plot([term] * 2, [12, 24], color=colors.quiet, lw=1)
        axis.plot([12, 26], [term] * 2, color=colors.quiet, lw=1)
    for chunk in (5, 10):
        axis.plot([12 + chunk] * 2, [0, 24], color=colors.quiet, lw=1)
    axis.text(2, 11.5, "512 terms", ha="center", color=colors.ink, size=9)
    axis.text(11.6, 2, "512 terms", ha="right", va="center", color=colors.ink, size=9)
    axis.text(14.5, -0.6, "192 columns", ha="center", color=colors.ink, size=9)
    axis.text(22, 5, "b", ha="center", va="center", color=colors.ink)
    axis.text(7, 18, "a", ha="center", va="center", color=colors.ink)
    axis.text(22, 18, "y of one task", ha="center", va="center", color=colors.ink)
    axis.text(13.6, 14.9, "a tile", ha="left", va="bottom", color=colors.ink, size=9)
    axis.set_xlim(-0.5, 26.5)
    axis.set_ylim(24.5, -2)
    axis.set_aspect("equal")
    axis.axis("off")
