"""A plane of 4 x 4 in windows of 2 x 2: the maxima, and where the gradient goes."""

from matplotlib.patches import Rectangle

X = [[1, 3, 2, 2], [0, 2, 2, 1], [5, 4, 0, 0], [1, 5, 0, 7]]
DY = [[1, 2], [3, 4]]


def first_maximum(i, j):
    places = [(2 * i + a, 2 * j + b) for a in range(2) for b in range(2)]
    return max(places, key=lambda place: X[place[0]][place[1]])


def draw(figure, colors):
    axis = figure.subplots()

    def cell(x, y, text, place=None):
        if place is not None:
            axis.add_patch(Rectangle((x, y), 1, 1, fc=colors.series[place], alpha=0.4, ec="none"))
        axis.add_patch(Rectangle((x, y), 1, 1, fc="none", ec=colors.quiet, lw=0.8))
        axis.text(x + 0.5, y + 0.5, text, ha="center", va="center", color=colors.ink, size=9)

    chosen = {first_maximum(i, j): (i, j) for i in range(2) for j in range(2)}
    for row in range(4):
        for col in range(4):
            window = chosen.get((row, col))
            cell(col, row, str(X[row][col]), 0 if window else None)
            cell(13 + col, row, str(DY[window[0]][window[1]]) if window else "0",
                 1 if window else None)
    for i in range(2):
        for j in range(2):
            row, col = first_maximum(i, j)
            cell(5.5 + j, 1 + i, str(X[row][col]), 0)
            cell(9.5 + j, 1 + i, str(DY[i][j]), 1)
            for left in (0, 13):
                axis.add_patch(Rectangle((left + 2 * j, 2 * i), 2, 2, fc="none", ec=colors.ink,
                                         lw=1.4))
    for x, text in ((2, "x"), (6.5, "y"), (10.5, "dy"), (15, "dx")):
        axis.text(x, -0.5, text, ha="center", color=colors.ink)
    axis.set_xlim(-0.2, 17.2)
    axis.set_ylim(4.2, -1.2)
    axis.set_aspect("equal")
    axis.axis("off")
