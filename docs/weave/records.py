"""Recorded runs: finding the rows that a page names, and saying their numbers with units."""

import dataclasses
import fnmatch
import json
import re

import units


class Unknown(Exception):
    """A key names no recorded row, or no number of one; the text says which."""


@dataclasses.dataclass
class Records:
    """The rows of the full runs on one machine, and what each says of its machine and commit."""

    rows: list
    environment: dict

    def of_op(self, op, threads=None, pattern="*"):
        """The rows of the kernels of an operation, without its reference kernel."""
        return [row for row in self.rows
                if row["op"] == op and row["kernel"] != "reference"
                and threads in (None, row["threads"])
                and fnmatch.fnmatchcase(row["case"].split("/")[1], pattern)]

    def reference(self, row):
        """The row of the reference kernel on the same case, or None."""
        case = row["case"].rpartition("/")[0]
        return next((other for other in self.rows if other["kernel"] == "reference"
                     and other["case"].rpartition("/")[0] == case), None)

    def machine(self):
        """The processor and the commit, for captions."""
        cpu = re.sub(r" Processor| \(family.*| CPU| @.*|\(R\)|\(TM\)", "",
                     self.environment.get("cpu") or "unknown processor")
        commit, _, changed = (self.environment.get("commit") or "no commit").partition(" ")
        isa = self.environment.get("isa", "")
        return ", ".join(filter(None, [cpu, isa, f"commit {commit[:10]}" + " " * bool(changed)
                                       + changed]))


def load(root, machine="", name="full*"):
    """The runs that are recorded under `name` for `machine`; for the only one where it is empty."""
    folder = root / "bench/results"
    files = sorted(folder.glob(f"{machine or '*'}/{name}.json"))
    machines = {file.parent.name for file in files}
    if len(machines) > 1:
        raise Unknown(f"results of several machines: {', '.join(sorted(machines))}; docs/conf.py "
                      "must name one as weave_machine")
    rows, environment = [], {}
    for file in files:
        record = json.loads(file.read_text(encoding="utf-8"))
        rows += record["cases"]
        environment = environment or record["environment"]
    return Records(rows, environment)


KEY = re.compile(r"(?P<case>[^@\s]+)(?:@(?P<threads>\d+))?$")


def matching(records, pattern):
    """The rows that `OP/CASE[/DTYPE/KERNEL][@THREADS]` names, `*` standing for anything."""
    found = KEY.match(pattern)
    if not found:
        raise Unknown(f"{pattern}: need OP/CASE[/DTYPE/KERNEL][@THREADS]")
    parts = found["case"].split("/")
    if len(parts) == 2:
        parts += ["float32", "simd"]
    if len(parts) != 4:
        raise Unknown(f"{pattern}: need OP/CASE or OP/CASE/DTYPE/KERNEL")
    threads = int(found["threads"] or 1)
    rows = [row for row in records.rows if row["threads"] == threads
            and fnmatch.fnmatchcase(row["case"], "/".join(parts))]
    if not rows:
        raise Unknown(f"no recorded row is named {pattern}")
    return rows


def one(records, key):
    """The only row that a key names."""
    rows = matching(records, key)
    if len(rows) != 1:
        raise Unknown(f"{key} names {len(rows)} rows; need one")
    return rows[0]


def number(records, row, field):
    """One number of a row, with its unit."""
    peers = row["peer_ratios"]
    simple = {
        "median": lambda: units.time(row["median_s"]),
        "p95": lambda: units.time(row["p95_s"]),
        "bandwidth": lambda: units.rate(row["bytes_per_s"], "B"),
        "speed": lambda: units.rate(row["flops_per_s"], "flop"),
        "memory": lambda: units.size(row["peak_bytes"]),
        "of_ceiling": lambda: f"{row['ceiling_fraction']:.0%}",
        "best_peer": lambda: row["best_peer"],
        "vs_best_peer": lambda: f"{row['best_peer_ratio']:.2f}×",
        "vs_reference": lambda: f"{records.reference(row)['median_s'] / row['median_s']:.1f}×",
    }
    if field in simple:
        try:
            return simple[field]()
        except TypeError:
            raise Unknown(f"{row['case']} has no {field}") from None
    if field.startswith("over_"):
        key = f"{row['case'].split('/')[0]}/{field.removeprefix('over_')}@{row['threads']}"
        return f"{one(records, key)['median_s'] / row['median_s']:.3g}×"
    peer = field.removeprefix("vs_")
    if field.startswith("vs_") and peer in peers:
        return f"{peers[peer]:.2f}×"
    raise Unknown(f"{row['case']}: no {field}; need one of {', '.join(simple)}"
                  + "".join(f", vs_{name}" for name in sorted(peers)))


HEADINGS = ["case", "threads", "median", "speed", "bandwidth", "of ceiling", "vs reference",
            "vs peers"]


def cells(records, row):
    """The cells of a row in a table of results; the peers, fastest first."""
    reference = records.reference(row)
    peers = sorted(row["peer_ratios"].items(), key=lambda peer: peer[1])
    op, case, dtype, kernel = row["case"].split("/")
    name = case if (dtype, kernel) == ("float32", "simd") else f"{case}/{dtype}/{kernel}"
    return [
        name,
        str(row["threads"]),
        units.time(row["median_s"]),
        units.rate(row["flops_per_s"], "flop") if row["flops_per_s"] else "",
        units.rate(row["bytes_per_s"], "B") if row["bytes_per_s"] else "",
        f"{row['ceiling_fraction']:.0%} {row['ceiling']}" if row["ceiling_fraction"] else "",
        f"{reference['median_s'] / row['median_s']:.1f}×" if reference else "",
        ", ".join(f"{name} {ratio:.2f}×" for name, ratio in peers),
    ]


def accuracy(path, op):
    """The rows of an operation in what //ops:accuracy printed, for dtypes that kernels compute in:
    a storage type is rounded from float32, and errs as that does."""
    rows = [row for row in json.loads(path.read_text(encoding="utf-8"))["rows"]
            if row["op"] == op and row["dtype"] in ("float32", "float64")]
    if not rows:
        raise Unknown(f"nothing says how accurate {op} is")
    return rows
