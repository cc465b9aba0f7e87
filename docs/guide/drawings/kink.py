"""Central differences of relu beside its kink."""


def draw(figure, colors):
    axis = figure.subplots()
    axis.plot([-2, 0, 2.2], [0, 0, 2.2], color=colors.ink, linewidth=2)
    for x, series, label in ((0.5, 1, "x = h/2: slope 0.75"), (-1.0, 0, "x = −h: slope 0"),
                             (0.0, 2, "x = 0: slope 0.5")):
        ends = (x - 1, x + 1)
        values = [max(0, end) for end in ends]
        axis.plot(ends, values, "--", marker="os^"[series], color=colors.series[series],
                  label=label)
    axis.set_xlabel("x, in steps h")
    axis.set_ylabel("relu(x)")
    axis.legend(loc="upper left", fontsize=9)
