"""The error of finite differences over the step, as examples/step_size printed it."""


def draw(figure, colors, output):
    axis = figure.subplots()
    curve = output.split("== best")[0].splitlines()[2:]
    rows = [line.split() for line in curve]
    ways = [("float32", 2, "float32, forward", 1, "s", "--"),
            ("float32", 3, "float32, central", 1, "s", "-"),
            ("float64", 2, "float64, forward", 0, "o", "--"),
            ("float64", 3, "float64, central", 0, "o", "-")]
    for dtype, column, label, series, marker, line in ways:
        mine = [row for row in rows if row[0] == dtype]
        axis.loglog([float(row[1]) for row in mine], [float(row[column]) for row in mine],
                    line, marker=marker, markersize=4, color=colors.series[series], label=label)
    axis.set_xlabel("step h")
    axis.set_ylabel("error of the slope (root mean square)")
    axis.legend(loc="lower left", fontsize=9)
