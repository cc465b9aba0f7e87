"""dx as what a straight line leaves: g over z, the line fitted, the residuals."""

Z = [-1.6, -1.1, -0.7, -0.2, 0.3, 0.8, 1.1, 1.4]
G = [-0.2, 0.9, -0.6, 0.7, 1.6, 0.2, 1.5, 0.9]


def draw(figure, colors):
    n = len(Z)
    mean = sum(Z) / n
    scale = (sum((z - mean) ** 2 for z in Z) / n) ** 0.5
    z = [(each - mean) / scale for each in Z]
    level = sum(G) / n
    slope = sum(a * b for a, b in zip(z, G)) / n
    axis = figure.subplots()
    axis.plot([-1.9, 1.7], [level - 1.9 * slope, level + 1.7 * slope], color=colors.series[1],
              label="mean(g) + z · mean(g z)")
    for a, b in zip(z, G):
        axis.plot([a, a], [level + slope * a, b], color=colors.series[0], lw=2.2)
    axis.plot(z, G, "o", color=colors.ink, ls="none", label="g")
    axis.plot([], [], color=colors.series[0], lw=2.2, label="dx / r, the residual")
    axis.axhline(0, color=colors.quiet, lw=1)
    axis.set_xlabel("z, the normalized element")
    axis.set_ylabel("g = w · dy")
    axis.legend(loc="upper left")
    axis.set_ylim(-0.9, 2.6)
