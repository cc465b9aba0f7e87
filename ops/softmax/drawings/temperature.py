"""The probabilities of four scores, divided by three temperatures."""

import math


def draw(figure, colors):
    scores = [1, 2, 3, 4]
    axes = figure.subplots(1, 3, sharey=True)
    for axis, temperature in zip(axes, (0.3, 1, 5)):
        terms = [math.exp((score - 4) / temperature) for score in scores]
        values = [term / sum(terms) for term in terms]
        axis.bar(scores, values, color=colors.series[0], width=0.7)
        for score, value in zip(scores, values):
            axis.text(score, value + 0.02, f"{value:.2f}", ha="center", color=colors.ink, size=9)
        axis.set_title(f"T = {temperature}")
        axis.set_xticks(scores)
        axis.set_ylim(0, 1.1)
        axis.grid(axis="x", visible=False)
    axes[0].set_ylabel("probability")
    axes[1].set_xlabel("score")
