"""Eight terms added one after another, and as a tree: how many additions the first one passes."""


def draw(figure, colors):
    chain, tree = figure.subplots(1, 2)
    for i in range(8):
        chain.plot([i, max(i, 1)], [0, max(i, 1)], color=colors.quiet, lw=1.2)
    chain.plot([0] + list(range(1, 8)), range(8), color=colors.series[1], marker="o")
    chain.set_title("one by one: 7 on the path")
    positions = list(range(8))
    level = 0
    while len(positions) > 1:
        joined = [(a + b) / 2 for a, b in zip(positions[::2], positions[1::2])]
        for place, parent in enumerate(joined):
            for child in positions[2 * place:2 * place + 2]:
                first = place == 0 and child == positions[0]
                tree.plot([child, parent], [level, level + 1], lw=2 if first else 1.2,
                          color=colors.series[0] if first else colors.quiet)
            tree.plot([parent], [level + 1], "o", color=colors.series[0])
        positions, level = joined, level + 1
    tree.set_title("a tree: 3")
    for axis in (chain, tree):
        axis.plot(range(8), [0] * 8, "o", color=colors.ink, ms=4)
        axis.axis("off")
