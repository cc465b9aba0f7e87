"""Where e^x is a float32, and where a row lies before and after its peak is taken off."""

import math


def draw(figure, colors):
    axis = figure.subplots()
    axis.axhspan(math.log10(1.18e-38), math.log10(3.4e38), color=colors.series[0], alpha=0.12, lw=0)
    ends = [-130, 110]
    axis.plot(ends, [x / math.log(10) for x in ends], color=colors.quiet, lw=1.2)
    rows = ((1, "as they are", [94, 97, 100], "o"), (0, "peak taken off", [-6, -3, 0], "s"))
    for place, name, scores, marker in rows:
        axis.plot(scores, [x / math.log(10) for x in scores], marker, ms=6, ls="none",
                  color=colors.series[place], label=f"scores 94, 97, 100, {name}")
    axis.set_ylim(-58, 50)
    axis.set_xlim(*ends)
    axis.text(-126, 41, "infinite", color=colors.ink)
    axis.text(-126, 1, "numbers of float32", color=colors.ink)
    axis.text(-126, -49, "subnormal, then 0", color=colors.ink)
    axis.set_xticks([-104, -50, 0, 50, 88.7])
    axis.set_xticklabels(["−104", "−50", "0", "50", "88.7"])
    axis.set_yticks([-38, 0, 38])
    axis.set_yticklabels(["$10^{-38}$", "1", "$10^{38}$"])
    axis.set_xlabel("x")
    axis.set_ylabel("$e^x$")
    axis.legend(loc="lower right")
