"""./dev bench: units, tables, the choice of rows, the gate's verdicts, the command line."""

import json
import pathlib
import subprocess
import sys

import pytest

import bench
import gate
import machine
import suites
import tables
import units

SCRIPT = pathlib.Path("dev").resolve()
TORCH_PEER = pathlib.Path("bench/peers/torch_peer.py").resolve()


@pytest.mark.parametrize("seconds, text", [
    (1.2345e-9, "1.234 ns"), (3e-11, "0.03000 ns"), (999.94e-9, "999.9 ns"),
    (999.96e-9, "1.000 µs"), (12.5e-6, "12.50 µs"), (0.0341, "34.10 ms"), (2, "2.000 s"),
    (123456, "123500 s"), (0, "0 ns"),
])
def test_times_have_four_digits_and_their_unit(seconds, text):
    assert units.time(seconds) == text


@pytest.mark.parametrize("value, text", [
    (0.5, "0.5000 op/s"), (999.96, "1.000 kop/s"), (1234567, "1.235 Mop/s"),
    (118.17e9, "118.2 Gop/s"), (2.5e12, "2500 Gop/s"),
])
def test_rates_have_four_digits_and_their_unit(value, text):
    assert units.rate(value, "op") == text


def test_sizes_scale_by_1024():
    assert units.size(100) == "100.0 B" and units.size(4 << 20) == "4.000 MiB"


def row(case="exp/x_64/float32/simd", **fields):
    """One measured row as a program prints it."""
    return {"case": case, "op": "exp", "dtype": "float32", "threads": 1,
            "kernel": case.rpartition("/")[2], "median_s": 2e-3, "p50_s": 2e-3, "p95_s": 3e-3,
            "p99_s": 3e-3, "median_low_s": 1.98e-3, "median_high_s": 2.02e-3,
            "bytes_per_s": 8e9, "flops_per_s": 1e9, "peak_bytes": 4096, "ceiling": "L2",
            "ceiling_fraction": 0.5, "peers": {"eigen": 3e-3, "torch": 2.5e-3},
            "peer_ratios": {"eigen": 1.5, "torch": 1.25},
            "best_peer": "torch", "best_peer_ratio": 1.25, "best_peer_ratio_of_minima": 1.2,
            **fields}


REFERENCE = row("exp/x_64/float32/reference", median_s=2e-2, peers={}, peer_ratios={},
                best_peer_ratio=None, best_peer_ratio_of_minima=None)


def test_table_has_the_ratio_to_every_peer_and_to_the_reference():
    heading, line = tables.plain([row(), REFERENCE]).splitlines()
    assert heading.split()[0] == "case"
    for text in ("exp/x_64/float32/simd", "2.000 ms", "1.0%", "1.000 Gop/s", "8.000 GB/s",
                 "50% L2", "10.0×", "torch 1.25×, eigen 1.50×  1.20×"):
        assert text in line
    assert line.endswith("1.25×")


def test_reference_is_shown_where_nothing_else_was_measured():
    assert "reference" in tables.plain([REFERENCE]).splitlines()[1]


def test_markdown_and_csv_hold_the_same_rows():
    markdown = tables.markdown([row()]).splitlines()
    assert len(markdown) == 3 and set(markdown[1]) <= set("| -")
    heading, line = tables.comma_separated([row()]).splitlines()
    assert heading.endswith("eigen_s,torch_s") and line.endswith("0.003,0.0025")
    assert tables.comma_separated([]) == ""


def test_row_without_peers_or_operations_has_empty_cells():
    bare = row(peers={}, peer_ratios={}, best_peer_ratio=None, best_peer_ratio_of_minima=None,
               flops_per_s=0, ceiling_fraction=0)
    cells = dict(zip(tables.HEADINGS, tables.cells(bare, {})))
    assert not cells["speed"] and not cells["best peer"] and not cells["of ceiling"]


def test_against_tells_faster_from_noise():
    before = {"median_s": 4e-3, "ratio": 2.0, "ratio_low": 1.9, "ratio_high": 2.1}
    noise = {"median_s": 2e-3, "ratio": 1.0, "ratio_low": 0.98, "ratio_high": 1.02}
    _, faster, same = tables.against([row(before=before), row(before=noise)], "HEAD").splitlines()
    assert faster.split()[-3:] == ["2.000×", "1.900–2.100", "faster"]
    assert same.split()[-1] == "0.980–1.020"


ROWS = ["softmax/rows_4/float32/simd", "softmax/rows_4/float32/reference",
        "softmax/rows_42/float32/simd", "log_softmax/rows_4/float32/simd"]


@pytest.mark.parametrize("regex, found", [
    ("softmax", ROWS[:3]), ("softmax/rows_4", ROWS[:2]), (ROWS[2], ROWS[2:3]),
    ("soft", ROWS), ("rows_4.*/simd", [ROWS[0], ROWS[2], ROWS[3]]), ("", ROWS), ("exp", []),
    ("softmax|log_softmax", ROWS), (".*softmax/rows_4", [ROWS[0], ROWS[1], ROWS[3]]),
])
def test_name_of_a_row_is_the_command_that_repeats_it(regex, found):
    assert suites.selected(regex, ROWS) == found


def test_only_programs_that_may_match_are_built():
    names = ["add", "softmax", "log_softmax"]
    assert suites.candidates("softmax/rows", names) == ["softmax"]
    assert suites.candidates("soft", names) == ["softmax", "log_softmax"]
    assert suites.candidates("rows_4", names) == names
    assert suites.candidates("(add/x|softmax/y)", names) == names
    with pytest.raises(suites.Problem, match="no regular expression"):
        suites.candidates("(", names)


def test_programs_are_operations_and_folders_that_use_the_runner(tmp_path):
    for folder, name, dependency in [("bench/steps", "steps_bench", "//bench:runner"),
                                     ("ops/exp/ladder", "ladder_bench", "//bench:runner"),
                                     ("ops/log/ladder", "ladder_bench", "@benchmark//:benchmark")]:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "BUILD").write_text(f'name = "{name}", deps = ["{dependency}"]')
    found = suites.all_suites(tmp_path)
    assert found["steps"] == "//bench/steps:steps_bench"
    assert found["exp_ladder"] == "//ops/exp/ladder:ladder_bench"
    assert "log_ladder" not in found and found["exp"] == "//ops/exp:exp_bench"


def test_merged_ceilings_are_the_highest():
    def ceilings(flops, read):
        return {"threads": 1, "float32_flops_per_s": flops, "float64_flops_per_s": flops / 2,
                "levels": [{"name": "L1", "read_bytes_per_s": read, "copy_bytes_per_s": 7}]}
    merged, = bench.merged_ceilings([ceilings(10, 4), ceilings(12, 3)])
    assert merged["float32_flops_per_s"] == 12 and merged["levels"][0]["read_bytes_per_s"] == 4


def samples(kernel, noise=0.0, **yardsticks):
    """Sixty rounds: every third sample of each contender is longer by `noise`."""
    def rounds(seconds):
        return [seconds * (1 + (noise if i % 3 else 0) + 0.01 * (i % 7) / 7) for i in range(60)]
    return {"simd": rounds(kernel), **{name: rounds(value) for name, value in yardsticks.items()}}


RECORDED = {"a/x/float32/simd": {"fma": 1.0, "eigen": 0.2, "reference": 0.2}}
ROW, = RECORDED


def test_slower_kernel_is_suspected():
    found = {ROW: samples(1.3, fma=1.0, eigen=5.0, reference=5.0)}
    assert gate.suspects(found, RECORDED)[ROW] == pytest.approx((1.3, 1.3), abs=0.03)


def test_slowdown_that_the_reference_kernel_shares_is_suspected():
    assert gate.suspects({ROW: samples(1.3, fma=1.0, eigen=5.0, reference=6.5)}, RECORDED)


@pytest.mark.parametrize("measured", [
    samples(1.0, fma=1.0, eigen=5.0),
    samples(1.05, fma=1.0, eigen=5.0),              # within the noise of processes
    samples(1.3, fma=1.3, eigen=6.5),               # a slower machine
    samples(1.3, fma=1.0, eigen=6.5),               # slower only by one yardstick
    samples(1.0, noise=3.0, fma=1.0, eigen=5.0),    # two samples of three disturbed
    {**samples(1.0, fma=1.0, eigen=5.0),            # the same, of the kernel alone
     "simd": samples(1.0, noise=3.0)["simd"]},
    samples(0.5, fma=1.0, eigen=5.0),               # faster
])
def test_noise_is_not_suspected(measured):
    assert not gate.suspects({ROW: measured}, RECORDED)


def test_row_without_a_record_is_not_judged():
    assert not gate.suspects({"b/y/float32/simd": samples(9, fma=1.0)}, RECORDED)
    assert not gate.suspects({ROW: samples(9, copy=1.0)}, RECORDED)


def test_uncertain_slowdown_is_not_significant():
    wild = [1.0, 2.5] * 4
    measured = {"simd": [1.2, *wild], "fma": [1.0] * 9}
    assert gate.lower_bound(measured, {"fma": 0.9}) < 1.2


def test_unknown_processor_is_judged_by_the_reference_alone():
    recorded = gate.carried_over({"one": {"cases": RECORDED},
                                  "two": {"cases": {ROW: {"fma": 3.0, "reference": 0.3}}}})
    assert not gate.suspects({ROW: samples(2.9, fma=1.0, reference=5.0)}, recorded)
    assert gate.suspects({ROW: samples(3.3, fma=1.0, reference=5.0)}, recorded)


class Scripted:
    """Stands for a program: each look takes the next of the scripted samples."""

    suite = "a"

    def __init__(self, *looks):
        self.looks = list(looks)

    def measure(self, rows, options):
        yield {"environment": {"isa": "test"}}
        yardsticks = self.looks.pop(0)
        probes = {name: [8e-6] * len(seconds) for name, seconds in yardsticks.items()}
        yield {"row": {"case": ROW, "kernel": "simd", "yardsticks": yardsticks, "probes": probes}}
        assert "--small" in options and (not rows or ROW in rows)


@pytest.fixture(name="baselines")
def baselines_of_this_processor(tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "BASELINES", tmp_path)
    monkeypatch.setattr(gate, "PAUSE", 0)
    (tmp_path / "test.json").write_text(json.dumps(
        {"isa": "test", "processors": {machine.processor(): {"cases": RECORDED}}}))
    return tmp_path / "test.json"


GOOD, BAD = samples(1.0, fma=1.0, reference=5.0), samples(1.3, fma=1.0, reference=5.0)


# The same kernels, and the same slowed by another program on the core, which slows calls more.
QUIET, SHARED = samples(1.0, fma=1.0, call=0.2), samples(1.6, fma=1.0, call=0.37)
SLOW_QUIET, SLOW_SHARED = samples(1.3, fma=1.0, call=0.2), samples(2.08, fma=1.0, call=0.37)


def recorded_with_calls(baselines):
    baselines.write_text(json.dumps({"isa": "test", "processors": {
        machine.processor(): {"cases": {ROW: {"fma": 1.0, "call": 5.0}}}}}))


@pytest.mark.parametrize("looks, code", [
    ([SHARED, QUIET], 0),
    ([SHARED] * (1 + gate.TRIES), 0),                          # never alone
    ([SLOW_SHARED, SHARED, SLOW_QUIET, SLOW_QUIET, SLOW_SHARED, SLOW_QUIET], 1),
])
def test_look_that_another_program_disturbed_is_repeated(baselines, looks, code):
    recorded_with_calls(baselines)
    program = Scripted(*looks)
    assert gate.check([program]) == code
    assert not program.looks


def test_slowdown_is_seen_only_where_nothing_disturbs():
    """The reason for the test above: calls are slowed more than the kernel, which excuses it."""
    recorded = {ROW: {"fma": 1.0, "call": 5.0}}
    assert gate.suspects({ROW: SLOW_QUIET}, recorded)
    assert not gate.suspects({ROW: SLOW_SHARED}, recorded)


def test_samples_count_where_calls_beside_them_were_fast():
    """The kernel met the core alone now and then, a peer nearly never, which would excuse it."""
    recorded = {"eigen": 0.2}
    kernel, eigen = ([1.3] * 10 + [2.1] * 50), ([5.0] * 3 + [8.0] * 57)
    probes = {"simd": [8e-6] * 10 + [15e-6] * 50, "eigen": [8e-6] * 3 + [15e-6] * 57}
    both = {"simd": kernel, "eigen": eigen}
    assert gate.slowdown(gate.ratios(both), recorded) < 1
    assert gate.slowdown(gate.ratios(gate.alone(both, probes)), recorded) == pytest.approx(1.3)


def test_least_disturbed_samples_count_where_none_is_alone():
    probes = {"simd": [20e-6, 8e-6, 15e-6] * 20, "fma": [9e-6] + [15e-6] * 59}
    kept = gate.alone({"simd": [3.0, 1.0, 2.0] * 20, "fma": [1.0] + [1.1] * 59}, probes)
    assert kept["simd"] == [1.0] * 20 and kept["fma"] == [1.0] + [1.1] * (gate.FEWEST - 1)


def test_record_is_of_undisturbed_looks(baselines):
    program = Scripted(*[SHARED, QUIET, SHARED] * 4, QUIET, SHARED)
    assert gate.record([program]) == 0
    assert program.looks == [SHARED]
    processor = json.loads(baselines.read_text())["processors"][machine.processor()]
    assert processor["cases"][ROW] == {"call": 5.0, "fma": 1.0}


def test_record_replaces_all_rows_of_what_was_measured(baselines):
    recorded_with_calls(baselines)
    before = json.loads(baselines.read_text())
    cases = before["processors"][machine.processor()]["cases"]
    cases |= {"a/no_longer/float32/simd": {"fma": 1.0}, "b/y/float32/simd": {"fma": 2.0}}
    baselines.write_text(json.dumps(before))
    assert gate.record([Scripted(*[QUIET] * gate.RECORDINGS)]) == 0
    processor = json.loads(baselines.read_text())["processors"][machine.processor()]
    assert list(processor["cases"]) == [ROW, "b/y/float32/simd"]


@pytest.mark.parametrize("looks, code", [
    ([GOOD], 0), ([BAD, GOOD], 0), ([BAD, BAD, GOOD], 0), ([BAD, BAD, BAD], 1),
])
def test_gate_fails_only_where_every_look_agrees(baselines, capsys, looks, code):
    program = Scripted(*looks)
    assert baselines.is_file()
    assert gate.check([program]) == code
    assert not program.looks
    assert (f"SLOWER {ROW}: 1.30 times" in capsys.readouterr().out) == bool(code)


def test_processor_without_a_baseline_is_told_so(baselines, capsys):
    baselines.write_text("{}")
    assert gate.check([Scripted(BAD)]) == 0
    assert "NO BASELINE for test" in capsys.readouterr().out


def test_faster_kernel_asks_for_a_new_record(baselines, capsys):
    assert baselines.is_file()
    assert gate.check([Scripted(samples(0.5, fma=1.0, reference=5.0))]) == 0
    assert f"worth a new record: {ROW}" in capsys.readouterr().out


def test_processor_has_a_name_and_a_folder():
    name = machine.processor("model name\t: AMD EPYC\ncpu family\t: 25\nmodel\t\t: 17\n")
    assert name == "AMD EPYC (family 25, model 17)"
    assert machine.slug(name) == "amd-epyc-family-25-model-17"


@pytest.mark.parametrize("arguments, complaint", [
    (["--threads", "0"], "--threads 0; need numbers from 1 to 1024"),
    (["--threads", "two"], "--threads two"),
    (["--peers", "mkl"], "--peers mkl: no such peer; need all, none or some of onednn"),
    (["--out", "/no/such/folder/a.json"], "--out /no/such/folder/a.json cannot be written"),
    (["--out", "/"], "cannot be written"),
    (["--seconds", "0"], "--seconds 0.0; need a number above 0"),
    (["("], "'(' is no regular expression"),
    (["--markdown", "--csv"], "not allowed with"),
    (["--fast"], "unrecognized arguments: --fast"),
])
def test_wrong_command_line_is_refused_before_anything_is_built(arguments, complaint):
    result = subprocess.run([SCRIPT, "bench", *arguments], cwd="/", capture_output=True, text=True,
                            check=False)
    assert result.returncode == 2 and complaint in result.stderr and not result.stdout


def torch_answers(*questions):
    """The answers of the PyTorch peer, where PyTorch is installed."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    result = subprocess.run([sys.executable, TORCH_PEER], capture_output=True, text=True,
                            input="\n".join(map(json.dumps, questions)) + "\n", check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_torch_peer_computes_on_shared_memory(tmp_path):
    import struct
    memory = tmp_path / "memory"
    memory.write_bytes(struct.pack("<6f", 1, 2, 3, 4, 0, 0).ljust(128, b"\0"))
    # A matrix [[1, 3], [2, 4]], transposed in memory, times two.
    matrix = {"dtype": "float32", "shape": [2, 2], "strides": [1, 2], "offset": 0, "bytes": 16}
    prepared, timed, wrong = torch_answers(
        {"do": "prepare", "expression": "a * 2", "threads": 1, "memory": str(memory),
         "inputs": [matrix], "output": 64},
        {"do": "time", "iterations": 3},
        {"do": "prepare", "expression": "torch.nothing(a)", "threads": 1, "memory": str(memory),
         "inputs": [matrix], "output": 64})
    assert prepared == {"shape": [2, 2], "dtype": "float32"}
    assert struct.unpack("<4f", memory.read_bytes()[64:80]) == (2, 6, 4, 8)
    assert 0 < timed["seconds"] < 1
    assert "AttributeError" in wrong["error"]
