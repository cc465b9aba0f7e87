"""The script of a bundle, over programs that stand in for tests and benchmarks."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SUMMARY = pathlib.Path(os.environ["TEST_SRCDIR"], os.environ["TEST_WORKSPACE"],
                       "bench/gpu/gpu_summary")

TESTS = """if [[ $* == --groups ]]; then printf '%s\\n' ops/relu ops/softmax tensor; exit; fi
[[ $PROVA_TEST_DEVICE == cuda && $1 == --gtest_output=json:*.json ]]
"""
BENCH = """if [[ $* == --suites ]]; then printf '%s\\n' softmax steps; exit; fi
echo '{"environment": {"device": "cuda:0", "libraries": {"cublas": null}}}'
numbers='"bytes": 0, "flops": 0, "ask_s": 1e-6, "peer_ratios": {}'
echo '{"row": {"case": "'$1'/a", '$numbers', "all": "'$*'"}}'
"""


def program(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/bash\n" + lines)
    path.chmod(0o755)


@pytest.fixture(name="bundle")
def fixture_bundle(tmp_path):
    """A bundle, and a machine with a GPU but without anything of NVIDIA's in Python."""
    shutil.copy(HERE / "run.sh", tmp_path / "run.sh")
    (tmp_path / "gpu_summary").symlink_to(SUMMARY.resolve())
    (tmp_path / "bundle.json").write_text('{"commit": "abc", "uncommitted_changes": false}\n')
    program(tmp_path / "gpu_tests", TESTS)
    program(tmp_path / "gpu_bench", BENCH)
    program(tmp_path / "path/python3", "exit 1\n")
    program(tmp_path / "path/nvidia-smi", 'echo "NVIDIA H200, 580.1, 143771 MiB"\n')
    return tmp_path


def run(bundle, *arguments, path=None):
    path = f"{bundle / 'path'}:/usr/bin:/bin" if path is None else path
    return subprocess.run([bundle / "run.sh", bundle / "results", *arguments], check=False,
                          capture_output=True, text=True,
                          env=dict(os.environ, PATH=path, LD_LIBRARY_PATH="/driver"))


def results(bundle):
    return json.loads((bundle / "results/results.json").read_text())


def codes(entries):
    return {entry["name"]: entry["exit_code"] for entry in entries}


def test_everything_is_run_and_recorded(bundle):
    done = run(bundle, "--seconds", "2")
    assert done.returncode == 0, done.stderr
    found = results(bundle)
    assert found["gpus"] == "NVIDIA H200, 580.1, 143771 MiB\n"
    assert found["bundle"] == {"commit": "abc", "uncommitted_changes": False}
    assert found["environments"] == [{"device": "cuda:0", "libraries": {"cublas": None}}]
    assert codes(found["tests"]) == {"ops/relu": 0, "ops/softmax": 0, "tensor": 0}
    assert [row["case"] for row in found["rows"]] == ["softmax/a", "steps/a"]
    said = found["rows"][0]["all"]
    assert "--seconds 2" in said and "--libraries /usr/local/cuda/lib64" in said
    assert f"--torch-script {bundle}/peers/torch_peer.py" in said
    assert done.stdout.startswith("| target | at least |")
    assert len(found["targets"]) == 7


def test_python_tells_where_its_libraries_are(bundle):
    program(bundle / "path/python3", "echo /site/nvidia/cudnn/lib\n")
    program(bundle / "gpu_bench", BENCH.replace("'$*'", "'$LD_LIBRARY_PATH $*'"))
    assert run(bundle).returncode == 0
    said = results(bundle)["rows"][0]["all"]
    assert said.startswith("/site/nvidia/cudnn/lib:/usr/local/cuda/lib64:/driver softmax")
    assert "--libraries /site/nvidia/cudnn/lib --libraries /usr/local/cuda/lib64" in said


def test_parts_and_names_can_be_chosen(bundle):
    assert run(bundle, "--parts", "tests", "--only", "softmax").returncode == 0
    assert codes(results(bundle)["tests"]) == {"ops/softmax": 0}
    assert results(bundle)["rows"] == []
    assert run(bundle, "--parts", "bench", "--only", "steps").returncode == 0
    assert [row["case"] for row in results(bundle)["rows"]] == ["steps/a"]
    assert run(bundle, "--only", "softmax", "--only", "tensor").returncode == 0
    assert codes(results(bundle)["tests"]) == {"ops/softmax": 0, "tensor": 0}
    assert [row["case"] for row in results(bundle)["rows"]] == ["softmax/a", "steps/a"], "all stay"


def test_results_of_two_bundles_are_not_mixed(bundle):
    assert run(bundle, "--parts", "tests").returncode == 0
    (bundle / "bundle.json").write_text('{"commit": "def", "uncommitted_changes": false}\n')
    done = run(bundle, "--parts", "bench")
    assert done.returncode == 2
    assert "is from another bundle; name a new folder" in done.stderr


def test_a_failure_is_told_and_the_rest_goes_on(bundle):
    program(bundle / "gpu_tests",
            TESTS + '[[ $2 != ops/relu ]] || { echo "expected 1, got 2"; exit 5; }\n')
    done = run(bundle)
    assert done.returncode == 1
    assert "ops/relu failed with code 5" in done.stderr
    assert "expected 1, got 2" in done.stderr
    found = results(bundle)
    assert codes(found["tests"]) == {"ops/relu": 5, "ops/softmax": 0, "tensor": 0}
    assert len(found["rows"]) == 2


def test_rows_before_a_crash_are_kept(bundle):
    program(bundle / "gpu_bench",
            BENCH + '[[ $1 != softmax ]] || { echo "lost it" >&2; exit 9; }\n')
    done = run(bundle)
    assert done.returncode == 1
    assert "the benchmark of softmax ended with code 9: lost it" in done.stderr
    assert len(results(bundle)["rows"]) == 2


def test_the_sanitizer_runs_on_some(bundle):
    program(bundle / "path/compute-sanitizer", 'echo "$*"\n[[ $2 != racecheck ]]\n')
    done = run(bundle, "--only", "softmax")
    assert done.returncode == 1
    assert codes(results(bundle)["sanitizer"]) == {
        "ops/softmax memcheck": 0, "ops/softmax racecheck": 1, "ops/softmax synccheck": 0,
        "ops/softmax initcheck": 0}


@pytest.mark.skipif(os.path.exists("/usr/local/cuda/bin/compute-sanitizer"), reason="it is here")
def test_an_absent_sanitizer_is_said(bundle):
    assert "compute-sanitizer is not on this machine" in run(bundle).stderr


@pytest.mark.parametrize("smi", ["exit 127\n", 'echo "No devices were found"\nexit 6\n'])
def test_without_a_gpu_nothing_is_run(bundle, smi):
    program(bundle / "path/nvidia-smi", smi)
    done = run(bundle)
    assert done.returncode == 3
    assert done.stderr == ("run.sh: no GPU: nvidia-smi, which comes with a GPU's driver, is missing"
                           " or finds none. Nothing was run.\n")
    assert not (bundle / "results/results.json").exists()


@pytest.mark.parametrize("words", [[], ["--parts", "tests"], ["R", "--parts"], ["R", "--fast", "1"],
                                   ["R", "--parts", "tests,all"]])
def test_a_wrong_command_line_is_refused(bundle, words):
    done = subprocess.run([bundle / "run.sh", *words], check=False, capture_output=True, text=True,
                          cwd=bundle)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: run.sh RESULTS")


def test_an_older_c_library_is_gone_around(bundle):
    program(bundle / "gpu_tests", 'echo "GLIBC_2.34 not found" >&2\nexit 1\n')
    program(bundle / "c/ld-linux-x86-64.so.2",
            '[[ $3 == */gpu_summary ]] && exec "$3" "$4"\n'
            '[[ $* == *--groups ]] && echo nn\n[[ $1 == --library-path ]]\n')
    done = run(bundle, "--parts", "tests")
    assert "taking the one in c/" in done.stderr
    assert codes(results(bundle)["tests"]) == {"nn": 0}
