"""The trilinear form and its three sides: y, dx and dW, each a sum over two of three index sets."""

from matplotlib.patches import FancyBboxPatch

SIDES = (("y", "x", "W", "windows × filters", "terms: channels, taps"),
         ("dx", "dy", "W", "elements × channels", "terms: filters, taps"),
         ("dW", "dy", "x", "filters × (channels, taps)", "terms: images, windows"))


def draw(figure, colors):
    axis = figure.subplots()

    def box(x, y, text, place):
        axis.add_patch(FancyBboxPatch((x, y), 1.5, 0.9, boxstyle="round,pad=0.05",
                                      fc=colors.series[place], ec="none", alpha=0.35))
        axis.text(x + 0.75, y + 0.47, text, ha="center", va="center", color=colors.ink, size=12)

    places = {"x": 0, "dx": 0, "W": 1, "dW": 1, "y": 2, "dy": 2}
    for row, (made, first, second, shape, terms) in enumerate(SIDES):
        y = -1.7 * row
        box(0, y, made, places[made])
        axis.text(2, y + 0.45, "=", ha="center", va="center", color=colors.ink, size=13)
        box(2.5, y, first, places[first])
        axis.text(4.5, y + 0.45, "×", ha="center", va="center", color=colors.ink, size=13)
        box(5, y, second, places[second])
        axis.text(7.1, y + 0.68, shape, va="center", color=colors.ink, size=9.5)
        axis.text(7.1, y + 0.22, terms, va="center", color=colors.ink, size=9.5)
    axis.set_xlim(-0.2, 12.6)
    axis.set_ylim(-3.6, 1.2)
    axis.axis("off")
