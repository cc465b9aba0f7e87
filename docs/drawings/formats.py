"""How the bits of the four floating formats are divided."""

from matplotlib.patches import Rectangle

FORMATS = [("float16", 5, 10), ("bfloat16", 8, 7), ("float32", 8, 23), ("float64", 11, 52)]


def draw(figure, colors):
    axes = figure.subplots()
    for row, (name, exponent, fraction) in enumerate(FORMATS):
        left = 0
        for width, color, text in ((1, colors.quiet, ""), (exponent, colors.series[1], exponent),
                                   (fraction, colors.series[0], fraction)):
            axes.add_patch(Rectangle((left, row), width, 0.62, facecolor=color, alpha=0.35,
                                     edgecolor="none"))
            axes.text(left + width / 2, row + 0.31, str(text), ha="center", va="center",
                      fontsize=12, color=colors.ink)
            left += width
        axes.text(-1, row + 0.31, name, ha="right", va="center", fontsize=12, color=colors.ink)
    for row, (name, color) in enumerate([("exponent", colors.series[1]),
                                         ("fraction", colors.series[0])]):
        axes.text(30, row + 0.31, name, ha="left", va="center", fontsize=12, color=color)
    axes.set_xlim(-15, 64.5)
    axes.set_ylim(4, -0.3)
    axes.axis("off")
