"""The script of a bundle over the programs themselves, with the execution harness as their GPU."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILT = pathlib.Path(os.environ["TEST_SRCDIR"], os.environ["TEST_WORKSPACE"])


@pytest.fixture(name="bundle")
def fixture_bundle(tmp_path):
    shutil.copy(HERE / "run.sh", tmp_path / "run.sh")
    for program in ["tools/gpu/gpu_tests", "bench/gpu/gpu_bench", "bench/gpu/gpu_summary"]:
        (tmp_path / pathlib.Path(program).name).symlink_to((BUILT / program).resolve())
    (tmp_path / "bundle.json").write_text('{"commit": "abc", "uncommitted_changes": false}\n')
    return tmp_path


def script(folder, contents):
    folder.mkdir(exist_ok=True)
    for name, text in contents.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def run(bundle, words, path):
    return subprocess.run([bundle / "run.sh", bundle / "results", *words], check=False,
                          capture_output=True, text=True, env={"PATH": f"{path}:/usr/bin:/bin"})


def test_tests_and_benchmarks_leave_their_results(bundle):
    path = script(bundle / "path", {"nvidia-smi": "echo a harness", "python3": "exit 1",
                                    "compute-sanitizer": 'shift 4; "$@" && echo fine'})
    done = run(bundle, ["--only", "max_pool2d", "--seconds", "0.0001", "--parts", "tests"], path)
    assert done.returncode == 0, done.stderr
    # One case of the training steps is small enough for the harness.
    shutil.copy(bundle / "gpu_bench", bundle / "gpu_bench_of_all")
    (bundle / "gpu_bench").unlink()
    script(bundle, {"gpu_bench": f'[[ $1 == steps ]] && shift && set -- steps/call_add_4 "$@"\n'
                                 f'{bundle}/gpu_bench_of_all "$@"'})
    done = run(bundle, ["--only", "steps", "--seconds", "0.0001", "--parts", "bench"], path)
    assert done.returncode == 0, done.stderr
    found = json.loads((bundle / "results/results.json").read_text())
    assert found["gpus"] == "a harness\n"
    assert [(test["name"], test["exit_code"]) for test in found["tests"]] == [("ops/max_pool2d", 0)]
    log = json.loads((bundle / "results/tests/ops_max_pool2d.json").read_text())
    suites = {suite["name"] for suite in log["testsuites"]}
    assert suites == {"MaxPool2d", "max_pool2d"}, "its own tests and the conformance tests"
    assert log["tests"] > 50
    environment = found["environments"][0]
    assert environment["device"] == "cuda:0"
    assert environment["libraries"]["cublas"] is None
    assert environment["libraries"]["torch_problem"].endswith("it has ended")
    [row] = found["rows"]
    assert row["case"] == "steps/call_add_4/float32/cuda"
    assert row["median_s"] > 0 and row["copy_s"] > 0 and row["ask_s"] > 0
    [target] = [target for target in found["targets"] if target["measured"]]
    assert target["target"] == "asking for an operation in 5 µs"
    assert row["targets"] == {target["target"]: target["worst"]}
    assert "| asking for an operation in 5 µs | 1.00 |" in done.stdout


def test_a_machine_without_a_device_is_told_so(bundle):
    """What each program says by itself, where the device that is asked for does not exist."""
    environment = {"PROVA_TEST_DEVICE": "cuda:7"}
    tests = subprocess.run([bundle / "gpu_tests", "ops/neg"], check=False, capture_output=True,
                           text=True, env=environment)
    assert tests.returncode == 1
    assert tests.stderr == ("gpu_tests: device: device cuda:7 on a machine with 2 CUDA devices; "
                            "need cpu or cuda:0..1\n")
    bench = subprocess.run([bundle / "gpu_bench", "--device", "cuda:7"], check=False,
                           capture_output=True, text=True)
    assert bench.returncode in (1, 2)
    assert "device cuda:7" in bench.stderr and bench.stdout == ""


def test_every_group_and_suite_is_known(bundle):
    listed = subprocess.run([bundle / "gpu_tests", "--groups"], check=True, capture_output=True,
                            text=True).stdout.split()
    suites = subprocess.run([bundle / "gpu_bench", "--suites"], check=True, capture_output=True,
                            text=True).stdout.split()
    assert {"autograd", "nn", "tensor", "ops/matmul/ladder"} <= set(listed)
    operations = {group.removeprefix("ops/") for group in listed
                  if group.startswith("ops/") and group.count("/") == 1}
    assert operations == set(suites) - {"steps"}


def test_the_cases_of_the_targets_exist(bundle):
    rows = subprocess.run([bundle / "gpu_bench", "--list"], check=True, capture_output=True,
                          text=True).stdout.split()
    for name in ["matmul/square_4096/bfloat16", "matmul/square_8192/bfloat16",
                 "matmul/odd_4095x4097x4099/bfloat16", "matmul/64x784x512/bfloat16",
                 "conv2d/3x3_64_64_56_n32/float32", "conv2d/3x3_64_64_56_n32_dx/float32",
                 "conv2d/3x3_64_64_56_n32_dw/float32", "softmax/rows_16384x1024/float32",
                 "softmax/backward_16384x1024/float32", "layer_norm/backward_16384x1024/float32",
                 "cross_entropy/rows_16384x1024/float32",
                 "cross_entropy/backward_16384x1024/float32", "steps/mnist_cnn/float32",
                 "steps/call_add_4/float32", "add/same_16777216/float32"]:
        assert f"{name}/cuda" in rows
    assert len(rows) == len(set(rows)), "a name is a row"
