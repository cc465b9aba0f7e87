"""./dev bench: measures operations beside peers, a record of themselves or another revision."""

import json
import os
import pathlib
import sys
import tempfile

import against
import common
import gate
import machine
import suites
import tables
import units

PEERS = ["onednn", "openblas", "eigen", "std", "torch"]


def numbers_of_threads(text):
    """[1, 2] of "1,2"."""
    try:
        threads = [int(part) for part in text.split(",")]
    except ValueError:
        threads = [0]
    if not all(1 <= number <= 1024 for number in threads):
        raise suites.Problem(f"--threads {text}; need numbers from 1 to 1024, such as 2 or 1,2")
    return threads


def peer_names(text):
    names = text.split(",")
    if text not in ("all", "none") and not set(names) <= set(PEERS):
        unknown = ", ".join(sorted(set(names) - set(PEERS)))
        raise suites.Problem(f"--peers {unknown}: no such peer; need all, none or some of "
                             f"{','.join(PEERS)}")
    return names


def writable(path):
    """Refuses a file that could not be written after an hour of measuring."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.resolve().parent):
            pass
        if path.is_dir() or (path.exists() and not os.access(path, os.W_OK)):
            raise OSError("it is a folder" if path.is_dir() else "no permission")
    except OSError as error:
        raise suites.Problem(f"--out {path} cannot be written: {error}") from error


def merged_ceilings(measured):
    """Of the ceilings that each program measured the highest: noise only takes away."""
    merged = {}
    for ceilings in measured:
        best = merged.setdefault(ceilings["threads"], ceilings)
        for name in ("float32_flops_per_s", "float64_flops_per_s"):
            best[name] = max(best[name], ceilings[name])
        for best_level, level in zip(best["levels"], ceilings["levels"]):
            for name in ("read_bytes_per_s", "copy_bytes_per_s"):
                best_level[name] = max(best_level[name], level[name])
    return [merged[threads] for threads in sorted(merged)]


def progress(done, total, row):
    """One line on the error stream as soon as a row is there."""
    ratio = row["best_peer_ratio"]
    beside = f", {ratio:.2f}× {row['best_peer']}" if ratio is not None else ""
    print(f"[{done}/{total}] {row['case']}, threads {row['threads']}: "
          f"{units.time(row['median_s'])}{beside}", file=sys.stderr, flush=True)


def measure(programs, rows, options, threads):
    """The record of one run: environment and cases, as --out writes it."""
    environment, ceilings, cases, dropped = machine.environment(), [], [], []
    if environment["load_average"] + max(threads) > environment["cores"] + 0.5:
        print(f"dev: the machine is busy (load average {environment['load_average']:.1f}, "
              f"{environment['cores']} processors): ratios with {max(threads)} threads will "
              "mislead", file=sys.stderr)
    wanted = [row for program in programs for row in rows[program.suite]]
    total = len({row.rpartition("/")[0] for row in wanted}) * len(threads)
    seen = set()
    for program in programs:
        if not rows[program.suite]:
            continue
        for said in program.measure(rows[program.suite], options):
            if "environment" in said:
                here = said["environment"]
                ceilings += here.pop("ceilings")
                if "torch_problem" in here["libraries"] and not environment.get("libraries"):
                    print("dev: PyTorch takes no part: " + here["libraries"]["torch_problem"],
                          file=sys.stderr)
                environment.update(here)
                continue
            row = said["row"]
            seen.add((row["case"].rpartition("/")[0], row["threads"]))
            progress(len(seen), total, row)
            cases.append(row)
            dropped += [(row["case"], peer) for peer in row["peers_that_disagree"]]
    environment["ceilings"] = merged_ceilings(ceilings)
    for case, peer in dropped:
        print(f"dev: {case}: {peer} disagreed and was left out", file=sys.stderr)
    return {"environment": environment, "cases": cases}


def headline(environment):
    """What was measured on, before the table."""
    libraries = ", ".join(f"{name} {version}" for name, version in
                          sorted(environment["libraries"].items())
                          if version and name != "torch_problem")
    lines = [f"{environment['cpu']}, {environment['cores']} cores, {environment['isa']}",
             f"{environment['compiler']}; {libraries}",
             f"commit {environment['commit']}"]
    for ceilings in environment["ceilings"]:
        levels = "; ".join(f"{level['name']} read {units.rate(level['read_bytes_per_s'], 'B')}, "
                           f"copy {units.rate(level['copy_bytes_per_s'], 'B')}"
                           for level in ceilings["levels"])
        lines.append(f"ceilings with {ceilings['threads']} threads: "
                     f"{units.rate(ceilings['float32_flops_per_s'], 'flop')} float32, "
                     f"{units.rate(ceilings['float64_flops_per_s'], 'flop')} float64; {levels}")
    return "\n".join(lines)


def parser():
    options = common.Parser(
        prog="dev bench",
        description="Measures operations beside other libraries: runs take turns, results are "
        "compared first, and ratios above 1 mean that Prova is faster.",
        epilog="REGEX selects rows by their names, OP/CASE/DTYPE/KERNEL; the name of a row, of a "
        "case or of an operation repeats just that. See bench/README.md.")
    options.add_argument("regex", nargs="?", default="", metavar="REGEX")
    options.add_argument("--threads", default=str(len(os.sched_getaffinity(0))), metavar="N",
                         help="number of threads, or several: 1,2 (default: all processors)")
    options.add_argument("--peers", default="all", metavar="LIST",
                         help=f"all, none, or some of {','.join(PEERS)} (default: all)")
    options.add_argument("--out", type=pathlib.Path, metavar="FILE.json",
                         help="write everything that was measured")
    options.add_argument("--save", metavar="NAME",
                         help="write it to bench/results/<processor>/NAME.json")
    options.add_argument("--seconds", type=float, default=0.5, metavar="S",
                         help="time to spend on each contender of a case (default: 0.5)")
    options.add_argument("--isa", choices=["avx512", "avx2", "emu128"],
                         help="let Prova use no better instructions (default: the best there are)")
    options.add_argument("--python", default="/usr/bin/python3", metavar="PROGRAM",
                         help="the interpreter whose PyTorch takes part")
    options.add_argument("--list", action="store_true", help="print the names of the rows")
    form = options.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    form.add_argument("--csv", action="store_true", help="print every number as CSV")
    mode = options.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true",
                      help="the gate: fail where a kernel is slower than recorded")
    mode.add_argument("--record", action="store_true",
                      help="record what --check compares with, for this processor")
    mode.add_argument("--against", metavar="REV",
                      help="build that revision too and take turns with it")
    return options


def isa_options(arguments):
    return [f"--isa={arguments.isa}"] if arguments.isa else []


def run(arguments):
    threads = numbers_of_threads(arguments.threads)
    peers = peer_names(arguments.peers)
    if not arguments.seconds > 0:
        raise suites.Problem(f"--seconds {arguments.seconds}; need a number above 0")
    if arguments.save:
        folder = common.ROOT / "bench/results" / machine.slug(machine.processor())
        folder.mkdir(parents=True, exist_ok=True)
        arguments.out = folder / f"{arguments.save}.json"
    if arguments.out:
        writable(arguments.out)
    names = suites.candidates(arguments.regex, list(suites.all_suites()))
    if arguments.check or arguments.record:
        names = [name for name in names if name in common.operations()]
        return gate.main(names, arguments.record, isa_options(arguments))
    programs = suites.build(names)
    rows = {program.suite: suites.selected(arguments.regex, program.rows())
            for program in programs}
    if not any(rows.values()):
        raise suites.Problem(f"no case matches '{arguments.regex}'; --list names them all")
    if arguments.list:
        print("\n".join(row for program in programs for row in rows[program.suite]))
        return 0
    if arguments.against:
        return against.main(arguments.against, programs, rows, threads, [
            f"--seconds={arguments.seconds}", *isa_options(arguments)])
    script = common.ROOT / "bench/peers/torch_peer.py"
    record = measure(programs, rows, [
        f"--threads={','.join(map(str, threads))}", f"--peers={','.join(peers)}",
        f"--seconds={arguments.seconds}", f"--python={arguments.python}",
        f"--torch-script={script}", *isa_options(arguments)], threads)
    if arguments.out:
        text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
        arguments.out.write_text(text, encoding="utf-8")
    if arguments.csv:
        print(tables.comma_separated(record["cases"]))
    elif arguments.markdown:
        print(tables.markdown(record["cases"]))
    else:
        print(headline(record["environment"]) + "\n")
        print(tables.plain(record["cases"]))
    return 0


def main():
    arguments = parser().parse_args()
    try:
        return run(arguments)
    except suites.Problem as problem:
        common.fail(f"bench: {problem}", 2)


if __name__ == "__main__":
    sys.exit(main())
