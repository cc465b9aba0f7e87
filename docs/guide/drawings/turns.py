"""Ratios of two programs on a simulated machine, by four ways to measure them."""

TRUE = 1.2
WAYS = ["one after the other,\nmedians", "in turns,\nmedians", "in turns,\nround by round",
        "in turns,\nminima"]


def draw(figure, colors, printed):
    rows = [[float(cell) for cell in line.split()[1:]] for line in printed.splitlines()[1:]]
    axis = figure.subplots()
    axis.axvline(TRUE, color=colors.ink, linewidth=1)
    for way, column in enumerate(zip(*rows)):
        spread = [way + 0.3 * (run / (len(column) - 1) - 0.5) for run in range(len(column))]
        axis.plot(column, spread, "o", color=colors.series[way], markersize=6, clip_on=False)
    axis.set_yticks(range(len(WAYS)), WAYS)
    axis.set_ylim(len(WAYS) - 0.6, -0.4)
    axis.set_xlabel("measured ratio; the line is the true one, 1.2")
