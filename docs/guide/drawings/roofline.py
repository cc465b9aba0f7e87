"""The roof over a kernel: bandwidth times intensity up to the ridge, then the peak."""

# Operations a byte: of a machine to draw for, and of cases, by their formulas.
RIDGE = 10
KERNELS = [("softmax", 5 / 8), ("sigmoid", 25 / 8), ("matmul, n = 512", 512 / 6)]


def roof(intensity):
    return min(1, intensity / RIDGE)


def draw(figure, colors):
    axis = figure.subplots()
    axis.loglog([0.02, 1, 20], [0.02, 1, 1], color=colors.ink)
    for index, (name, intensity) in enumerate(KERNELS):
        place, limit = intensity / RIDGE, roof(intensity)
        axis.loglog([place, place], [0.012, limit], color=colors.series[index], linewidth=1)
        axis.loglog([place], [limit], "os^"[index], color=colors.series[index], markersize=7)
        left = place > 1
        axis.annotate(name, (place, 0.014), xytext=(-5 if left else 5, 0),
                      textcoords="offset points", ha="right" if left else "left")
    axis.annotate("bytes bind", (0.085, 0.13), ha="right")
    axis.annotate("arithmetic binds", (4, 1.12), ha="center", va="bottom")
    axis.set_ylim(0.012, 2)
    axis.set_xlabel("operations a byte, over those of the ridge")
    axis.set_ylabel("speed over the peak")
