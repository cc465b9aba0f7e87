"""The dtype in which each pair of dtypes meets, as a program printed it."""

from matplotlib.patches import Rectangle

SHORT = [("bfloat", "bf"), ("float", "f"), ("uint", "u"), ("int", "i")]


def short(name):
    for long, letters in SHORT:
        name = name.replace(long, letters)
    return name


def kind(name, colors):
    if name == "bool":
        return colors.quiet
    return colors.series[1 if "f" in short(name) else 0]


def draw(figure, colors, printed):
    rows = [line.split() for line in printed.splitlines()]
    names = [row[i] for i, row in enumerate(rows)]
    axes = figure.subplots()
    for i, row in enumerate(rows):
        axes.text(-0.15, i + 0.5, short(names[i]), ha="right", va="center", fontsize=10,
                  color=colors.ink, fontweight="bold")
        axes.text(i + 0.5, -0.15, short(names[i]), ha="center", va="bottom", fontsize=10,
                  color=colors.ink, fontweight="bold")
        for j, name in enumerate(row):
            axes.add_patch(Rectangle((j + 0.03, i + 0.03), 0.94, 0.94, alpha=0.22, lw=0,
                                     facecolor=kind(name, colors)))
            if name not in (names[i], names[j]):
                axes.add_patch(Rectangle((j + 0.06, i + 0.06), 0.88, 0.88, facecolor="none",
                                         edgecolor=colors.ink, lw=1.2))
            axes.text(j + 0.5, i + 0.5, short(name), ha="center", va="center", fontsize=10,
                      color=colors.ink)
    axes.set_xlim(-1, 10.05)
    axes.set_ylim(10.05, -0.7)
    axes.set_aspect("equal")
    axes.axis("off")
