"""./dev bench --check: fails where a kernel has become slower than recorded.

Times mean nothing on a shared machine, so a kernel is judged by its ratios to yardsticks measured
in turns with it: multiply-adds, copies, small calls, and other libraries on the same data. It
counts as slower only where every one of these ratios says so, in a first look at all cases and
again, with more rounds each time, in two looks at those under suspicion, each in a process of its
own. Samples count where small calls beside them were fast: another program on the core would slow
each contender by a ratio of its own. A look without such samples is repeated. The reference kernel
judges where a processor has no record: its ratio carries over best, but code that both kernels
share would slow it too. bench/README.md and ADR 0011 tell more.
"""

import json
import random
import statistics
import sys
import time

import common
import machine
import suites

BASELINES = common.ROOT / "bench/baselines"
# A planted slowdown of 1.3 must be found and noise of a few percent must not: about the middle.
SLOWER = 1.13
# A processor without a record is judged against those of others, by the reference kernel alone.
SLOWER_ELSEWHERE = 2.0
FASTER = 0.8
ROUNDS = [60, 200, 400]
RECORDINGS = 5
MOST_LOOKS = 25  # in search of as many undisturbed ones
# Another program on the core's second thread slows calls by 1.85 and multiply-adds not at all.
SHARED = 1.15
TRIES = 6
PAUSE = 3  # seconds before another try: stretches of sharing last up to two
# Samples beside which calls took no longer than so, of the shortest time, are of a core alone.
ALONE = 1.3
FEWEST = 6
RESAMPLES = 400
QUANTILE = 0.1  # of the samples: what disturbs a sample can only make it longer
KERNEL = "simd"


def low(samples):
    """A low quantile: neither the one luckiest sample nor those that were disturbed."""
    return sorted(samples)[int(QUANTILE * (len(samples) - 1))]


def alone(samples, probes):
    """The samples of each contender beside which the probe was fast, or the least disturbed few."""
    fast = ALONE * min(min(probes[name]) for name in samples)
    kept = {}
    for name, seconds in samples.items():
        by_probe = sorted(zip(probes[name], seconds))
        count = max(FEWEST, sum(probe <= fast for probe, _ in by_probe))
        kept[name] = [each for _, each in by_probe[:count]]
    return kept


def ratios(samples):
    """Seconds of the kernel relative to each yardstick, from the samples of one row."""
    kernel = low(samples[KERNEL])
    return {name: kernel / low(seconds) for name, seconds in samples.items() if name != KERNEL}


def sharing(samples):
    """Calls relative to multiply-adds: more where another program has a share of the core."""
    return low(samples["call"]) / low(samples["fma"])


def was_shared(samples, recorded):
    """Whether a row was measured, by and large, while the core was shared."""
    return "call" in recorded and sharing(samples) > SHARED * recorded["fma"] / recorded["call"]


def slowdown(now, recorded):
    """How much slower the kernel is than recorded by the yardstick that is kindest to it."""
    names = set(now) & set(recorded)
    names = names - {"reference"} or names
    return min((now[name] / recorded[name] for name in names), default=None)


def lower_bound(samples, recorded):
    """The slowdown that resampled samples exceed in 99 of 100 draws: a significance test."""
    generator = random.Random(1)
    names = [name for name in samples if name == KERNEL or name in recorded]
    found = []
    for _ in range(RESAMPLES):
        resampled = {name: generator.choices(samples[name], k=len(samples[name]))
                     for name in names}
        found.append(slowdown(ratios(resampled), recorded))
    return sorted(found)[RESAMPLES // 100]


def look(programs, rounds, options, rows=None):
    """Measures the small cases, all of them or those in `rows`: row to samples by contender."""
    found = {}
    options = [*options, "--threads=1", "--small", "--yardsticks",
               "--peers=onednn,openblas,eigen,std", "--sample-seconds=0.0004",
               f"--rounds={rounds}", "--seconds=3"]
    isa = None
    for program in programs:
        names = [row for row in (rows if rows is not None else [])
                 if row.partition("/")[0] == program.suite]
        if rows is not None and not names:
            continue
        # The reference kernel's row must take part for its column to be a yardstick.
        wanted = [*names, *(row.replace("/" + KERNEL, "/reference") for row in names)]
        for said in program.measure(wanted, options):
            if "environment" in said:
                isa = said["environment"]["isa"]
            elif said["row"]["kernel"] == KERNEL:
                row = said["row"]
                found[row["case"]] = alone(row["yardsticks"], row["probes"])
        print(f"dev: {program.suite}: {len(found)} cases so far", file=sys.stderr, flush=True)
    return isa, found


def undisturbed(programs, rounds, options, recorded, found):
    """The look that found these samples, repeated for rows of which the core was shared; where it
    stays so, the least disturbed."""
    for _ in range(TRIES):
        shared = [row for row in found if was_shared(found[row], recorded.get(row, {}))]
        if not shared:
            break
        print(f"dev: another program had a share of the core; {len(shared)} cases again",
              file=sys.stderr)
        time.sleep(PAUSE)
        _, again = look(programs, rounds, options, shared)
        found = found | {row: min(found[row], again[row], key=sharing) for row in shared}
    return found


def suspects(found, recorded):
    """Rows that are slower than recorded, with the slowdown and the bound that noise leaves."""
    slower = {}
    for row, samples in found.items():
        if row not in recorded:
            continue
        much = slowdown(ratios(samples), recorded[row])
        if much is not None and much > SLOWER:
            bound = lower_bound(samples, recorded[row])
            if bound > SLOWER:
                slower[row] = (much, bound)
    return slower


def load(isa):
    path = BASELINES / f"{isa}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def carried_over(processors):
    """For a processor without a record: twice the worst ratio to the reference kernel elsewhere."""
    worst = {}
    for processor in processors.values():
        for row, recorded in processor["cases"].items():
            if "reference" in recorded:
                worst[row] = max(worst.get(row, 0), recorded["reference"])
    return {row: {"reference": ratio * SLOWER_ELSEWHERE / SLOWER} for row, ratio in worst.items()}


def record(programs, options=()):
    """Writes the median ratios of several looks, undisturbed ones, for this processor."""
    looks, wanted = {}, None
    for number in range(MOST_LOOKS):
        isa, found = look(programs, ROUNDS[0], options, wanted)
        for row, samples in found.items():
            looks.setdefault(row, []).append(samples)
        most = SHARED * min(sharing(samples) for its in looks.values() for samples in its)
        wanted = [row for row, its in looks.items()
                  if sum(sharing(samples) < most for samples in its) < RECORDINGS]
        if not wanted:
            break
        print(f"dev: look {number + 1}; {len(wanted)} cases need more undisturbed ones",
              file=sys.stderr)
    cases = {}
    for row, its in looks.items():
        measured = [ratios(samples) for samples in sorted(its, key=sharing)[:RECORDINGS]]
        names = set.intersection(*map(set, measured))
        cases[row] = {name: float(f"{statistics.median(each[name] for each in measured):.4g}")
                      for name in sorted(names)}
    baselines = load(isa) or {"isa": isa, "processors": {}}
    cpu = machine.processor()
    before = baselines["processors"].get(cpu, {}).get("cases", {})
    measured_now = {program.suite for program in programs}
    others = {row: its for row, its in before.items()
              if row.partition("/")[0] not in measured_now}
    baselines["processors"][cpu] = {
        "commit": machine.environment()["commit"],
        "cases": dict(sorted({**others, **cases}.items()))}
    BASELINES.mkdir(exist_ok=True)
    path = BASELINES / f"{isa}.json"
    path.write_text(json.dumps(baselines, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"recorded {len(cases)} cases of {cpu} in bench/baselines/{path.name}")
    return 0


def check(programs, options=()):
    """The gate; 0 where no kernel is slower."""
    start = time.monotonic()
    isa, found = look(programs, ROUNDS[0], options)
    processors = load(isa).get("processors", {})
    cpu = machine.processor()
    if cpu in processors:
        recorded = processors[cpu]["cases"]
    else:
        recorded = carried_over(processors)
        print(f"NO BASELINE for {isa} on {cpu} in bench/baselines/{isa}.json: judged only by the "
              f"reference kernels on {len(recorded)} cases of other processors; "
              "`./dev bench --record` records this one")
    found = undisturbed(programs, ROUNDS[0], options, recorded, found)
    slower = suspects(found, recorded)
    for rounds in ROUNDS[1:]:
        if not slower:
            break
        print(f"dev: another look at {', '.join(slower)}", file=sys.stderr)
        _, again = look(programs, rounds, options, list(slower))
        slower = suspects(undisturbed(programs, rounds, options, recorded, again), recorded)
    judged = {row.partition("/")[0] for row in found}
    without = sorted({program.suite for program in programs} - judged)
    unknown = [row for row in found if row not in recorded]
    faster = [row for row in found if row in recorded and cpu in processors and
              max(ratios(found[row])[name] / recorded[row][name]
                  for name in set(ratios(found[row])) & set(recorded[row])) < FASTER]
    for row, (much, bound) in slower.items():
        print(f"SLOWER {row}: {much:.2f} times the recorded time by every yardstick, at least "
              f"{bound:.2f} with 99 % confidence; `./dev bench --against HEAD~1 {row}` compares")
    if faster:
        print(f"faster than recorded, worth a new record: {', '.join(sorted(faster))}")
    if unknown and cpu in processors:
        print(f"not recorded yet: {', '.join(sorted(unknown))}")
    if without:
        print(f"without a case that fits a core's caches, so not judged: {', '.join(without)}")
    print(f"the gate: {len(found)} cases, {len(slower)} slower, "
          f"{time.monotonic() - start:.0f} s")
    return 1 if slower else 0


def main(names, recording, options):
    programs = suites.build(names)
    return record(programs, options) if recording else check(programs, options)
