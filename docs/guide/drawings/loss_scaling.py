"""The error of a float16 gradient over the scale of the loss, as examples/loss_scaling printed."""


def draw(figure, colors, output):
    axis = figure.subplots()
    rows = [line.split() for line in output.splitlines()[1:]]
    powers = [int(row[0][2:]) for row in rows]
    errors = [float(row[3]) for row in rows]
    finite = [(power, error) for power, error in zip(powers, errors) if error == error]
    axis.semilogy(*zip(*finite), marker="o", color=colors.series[0])
    overflow = min(power for power, error in zip(powers, errors) if error != error)
    axis.axvspan(overflow - 2, max(powers) + 1, color=colors.series[1], alpha=0.25, linewidth=0)
    axis.text((overflow + max(powers) - 1) / 2, 0.02, "overflow:\nnan", ha="center")
    axis.text(1, 2e-3, "underflow", ha="left")
    axis.set_ylim(1e-4, 2)
    axis.set_xlim(-1, max(powers) + 1)
    axis.set_xticks(powers, [f"$2^{{{power}}}$" for power in powers])
    axis.set_xlabel("scale of the loss")
    axis.set_ylabel("relative error of the gradient")
