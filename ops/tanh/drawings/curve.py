"""tanh and its slope."""

import math


def draw(figure, colors):
    axis = figure.subplots()
    x = [i / 20 for i in range(-80, 81)]
    y = [math.tanh(each) for each in x]
    axis.plot(x, y, color=colors.series[0], label="tanh x", marker="o", markevery=20)
    axis.plot(x, [1 - each * each for each in y], color=colors.series[1], label="its slope",
              marker="s", markevery=20)
    axis.set_xlabel("x")
    axis.legend()
