"""gelu, its slope, and relu beside it."""

import math


def draw(figure, colors):
    axis = figure.subplots()
    x = [i / 20 for i in range(-80, 61)]
    below = [math.erfc(-each / math.sqrt(2)) / 2 for each in x]
    density = [math.exp(-each * each / 2) / math.sqrt(2 * math.pi) for each in x]
    axis.plot(x, [max(each, 0) for each in x], color=colors.quiet, lw=3, label="relu")
    axis.plot(x, [a * b for a, b in zip(x, below)], color=colors.series[0], label="gelu",
              marker="o", markevery=20)
    axis.plot(x, [p + a * q for a, p, q in zip(x, below, density)], color=colors.series[1],
              label="slope of gelu", marker="s", markevery=20)
    axis.set_ylim(-0.4, 2.2)
    axis.set_xlabel("x")
    axis.legend()
