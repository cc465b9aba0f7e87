"""Measured rows as a table for a terminal, in Markdown or as CSV."""

import csv
import io

import units

HEADINGS = ["case", "threads", "median", "±", "p95", "speed", "bandwidth", "memory", "of ceiling",
            "vs reference", "vs peers", "of minima", "best peer"]


def _base(row):
    return row["case"].rpartition("/")[0], row["threads"]


def _references(rows):
    """Seconds of the reference kernel by case; it has one thread, whatever the number allowed."""
    return {_base(row)[0]: row["median_s"] for row in rows if row["kernel"] == "reference"}


def _ratio(number):
    return "" if number is None else f"{number:.2f}×"


def cells(row, references):
    """The texts of one row."""
    reference = references.get(_base(row)[0])
    peers = sorted(row["peer_ratios"].items(), key=lambda peer: peer[1])
    width = (row["median_high_s"] - row["median_low_s"]) / 2 / row["median_s"]
    return [
        row["case"],
        str(row["threads"]),
        units.time(row["median_s"]),
        f"{width:.1%}",
        units.time(row["p95_s"]),
        units.rate(row["flops_per_s"], "op") if row["flops_per_s"] else "",
        units.rate(row["bytes_per_s"], "B") if row["bytes_per_s"] else "",
        units.size(row["peak_bytes"]),
        f"{row['ceiling_fraction']:.0%} {row['ceiling']}" if row["ceiling_fraction"] else "",
        f"{reference / row['median_s']:.1f}×" if reference else "",
        ", ".join(f"{name} {ratio:.2f}×" for name, ratio in peers),
        _ratio(row["best_peer_ratio_of_minima"]),
        _ratio(row["best_peer_ratio"]),
    ]


def _lines(rows):
    """The rows to show: those of the reference kernel only where nothing else was measured."""
    references = _references(rows)
    shown = [row for row in rows if row["kernel"] != "reference"] or rows
    return [cells(row, references) for row in shown]


def plain(rows):
    """Columns of equal width; a ratio above 1 means that Prova is faster."""
    lines = [HEADINGS, *_lines(rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in lines)


def markdown(rows):
    """A Markdown table with the same columns."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *_lines(rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def comma_separated(rows):
    """Every number of every row; one column for each peer's median."""
    if not rows:
        return ""
    peers = sorted({name for row in rows for name in row["peers"]})
    fields = [name for name, value in rows[0].items() if not isinstance(value, (dict, list))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*fields, *(f"{name}_s" for name in peers)])
    for row in rows:
        writer.writerow([*(row.get(name) for name in fields),
                         *(row["peers"].get(name) for name in peers)])
    return out.getvalue().rstrip("\n")


def against(rows, revision):
    """The same cases before and now; above 1 means that they have become faster."""
    lines = [["case", "threads", revision, "now", "ratio", "95 % interval", ""]]
    for row in rows:
        before = row.get("before")
        if before is None:
            continue
        low, high = before["ratio_low"], before["ratio_high"]
        verdict = "faster" if low > 1.01 else "slower" if high < 0.99 else ""
        lines.append([row["case"], str(row["threads"]), units.time(before["median_s"]),
                      units.time(row["median_s"]), f"{before['ratio']:.3f}×",
                      f"{low:.3f}–{high:.3f}", verdict])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in lines)
