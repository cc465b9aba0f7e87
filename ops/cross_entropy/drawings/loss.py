"""Loss and slope over the lead of the right class, as examples/loss_curve printed them."""


def draw(figure, colors, output):
    rows = [[float(each) for each in line.split()] for line in output.splitlines()[1:]]
    lead = [row[0] for row in rows]
    loss, slope = figure.subplots(1, 2)
    for place, (name, marker) in enumerate((("s = 0", "o"), ("s = 0.1", "s"))):
        for axis, column in ((loss, 1), (slope, 2)):
            axis.plot(lead, [row[column + 2 * place] for row in rows], color=colors.series[place],
                      label=name, marker=marker, markevery=4)
    slope.axhline(0, color=colors.ink, lw=0.8)
    loss.set_title("loss")
    slope.set_title("its slope")
    for axis in (loss, slope):
        axis.set_xlabel("lead of the right class")
    loss.legend()
