"""The error of adding n tenths one after another, as a program measured it."""

import re

LINE = re.compile(r"(\d+): one by one (\S+), sum below (\S+)")


def draw(figure, colors, printed):
    rows = [tuple(float(part) for part in found) for found in LINE.findall(printed)]
    sizes, errors, bounds = zip(*rows)
    axes = figure.subplots()
    axes.loglog(sizes, errors, "o-", color=colors.series[1])
    axes.loglog(sizes, bounds, "-", color=colors.series[0])
    for x, y, color, text in ((sizes[2], errors[3] * 5, colors.series[1], "one by one"),
                              (sizes[-1], bounds[-1] * 6, colors.series[0], "sum: below")):
        axes.text(x, y, text, color=color, ha="right", fontsize=12)
    axes.set_xlabel("numbers added", fontsize=12)
    axes.set_ylabel("relative error", fontsize=12)
    axes.set_ylim(1e-8, 1)
    axes.tick_params(labelsize=12)
