"""The worst error of dot products over their length, as examples/dot_error measured it."""


def draw(figure, colors, output):
    rows = [line.split() for line in output.splitlines()[6:]]
    terms = [float(row[0]) for row in rows]
    axis = figure.subplots()
    for place, (name, marker) in enumerate((("one by one", "s"), ("in blocks of 512", "o"))):
        axis.plot(terms, [float(row[1 + place]) for row in rows], marker=marker,
                  color=colors.series[1 - place], label=name)
    axis.set_xscale("log", base=4)
    axis.set_yscale("log")
    axis.set_xticks(terms, [f"{int(each):,}".replace(",", " ") for each in terms])
    axis.set_yticks([1, 10, 100], ["1", "10", "100"])
    axis.minorticks_off()
    axis.set_xlabel("terms of the sum")
    axis.set_ylabel("worst error, epsilons")
    axis.legend(loc="upper left")
