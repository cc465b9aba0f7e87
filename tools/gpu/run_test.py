"""The script of a bundle, over programs that stand in for tests and benchmarks."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

RUN = pathlib.Path(__file__).resolve().parent / "run.sh"


def program(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/bash\n" + lines)
    path.chmod(0o755)


@pytest.fixture(name="bundle")
def fixture_bundle(tmp_path):
    """A bundle of one good test, one bad test and one benchmark, and a machine with a GPU."""
    shutil.copy(RUN, tmp_path / "run.sh")
    (tmp_path / "bundle.json").write_text('{"commit": "abc", "uncommitted_changes": false}\n')
    program(tmp_path / "tests/softmax", '[[ $1 == --help || $PROVA_TEST_DEVICE == cuda ]]\n')
    program(tmp_path / "bench/softmax",
            'echo \'{"environment": {}}\'\necho \'{"row": {"case": "a", "seconds": "\'$2\'"}}\'\n'
            'echo \'{"row": {"case": "b"}}\'\n')
    (tmp_path / "torch_gpu.py").write_text("")
    program(tmp_path / "path/python3", "exit 1\n")
    program(tmp_path / "path/nvidia-smi", 'echo "NVIDIA H200, 580.1, 143771 MiB"\n')
    return tmp_path


def run(bundle, *arguments, path=None):
    path = f"{bundle / 'path'}:/usr/bin:/bin" if path is None else path
    return subprocess.run([bundle / "run.sh", bundle / "results", *arguments], check=False,
                          capture_output=True, text=True, env=dict(os.environ, PATH=path))


def results(bundle):
    return json.loads((bundle / "results/results.json").read_text())


def test_everything_is_run_and_recorded(bundle):
    done = run(bundle, "--seconds", "2")
    assert done.returncode == 0, done.stderr
    found = results(bundle)
    assert found["gpus"] == "NVIDIA H200, 580.1, 143771 MiB;"
    assert found["bundle"]["commit"] == "abc"
    assert [(test["name"], test["exit_code"]) for test in found["tests"]] == [("softmax", 0)]
    assert [row["row"]["case"] for row in found["rows"]] == ["a", "b"]
    assert found["rows"][0]["row"]["seconds"] == "2"
    assert "compute-sanitizer is not on this machine" in done.stderr
    assert "no PyTorch that sees the GPU" in done.stderr
    assert found["torch_rows"] == []


def test_pytorch_takes_part_where_it_is(bundle):
    program(bundle / "path/python3", """if [[ $1 == -c ]]; then exit 0; fi
echo '{"torch": "2.9"}'
sed 's/.*/{"torch_row": &}/'
""")
    program(bundle / "bench/softmax", 'echo \'{"case": "\'$1\'"}\'\n')
    assert run(bundle).returncode == 0
    assert results(bundle)["torch_rows"] == [{"torch_row": {"case": "--describe"}}]


def test_a_failure_is_told_and_the_rest_goes_on(bundle):
    program(bundle / "tests/matmul",
            '[[ $1 == --help ]] && exit\necho "expected 1, got 2"\nexit 5\n')
    done = run(bundle)
    assert done.returncode == 1
    assert "matmul failed with code 5" in done.stderr
    assert "expected 1, got 2" in done.stderr
    found = results(bundle)
    assert {test["name"]: test["exit_code"] for test in found["tests"]} == {
        "matmul": 5, "softmax": 0}
    assert len(found["rows"]) == 2


def test_the_sanitizer_runs_on_some(bundle):
    program(bundle / "path/compute-sanitizer", 'echo "$*"\n[[ $2 != racecheck ]]\n')
    program(bundle / "tests/relu_conformance", "")
    done = run(bundle)
    assert done.returncode == 1
    found = {entry["name"]: entry["exit_code"] for entry in results(bundle)["sanitizer"]}
    assert found == {"softmax memcheck": 0, "softmax racecheck": 1, "softmax synccheck": 0,
                     "softmax initcheck": 0}


@pytest.mark.parametrize("smi", ["exit 127\n", 'echo "No devices were found"\nexit 6\n'])
def test_without_a_gpu_nothing_is_run(bundle, smi):
    program(bundle / "path/nvidia-smi", smi)
    done = run(bundle)
    assert done.returncode == 3
    assert done.stderr == ("run.sh: no GPU: nvidia-smi, which comes with a GPU's driver, is missing"
                           " or finds none. Nothing was run.\n")
    assert not (bundle / "results/results.json").exists()


def test_a_folder_for_the_results_is_needed(bundle):
    done = subprocess.run([bundle / "run.sh"], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: run.sh RESULTS")


def test_an_older_c_library_is_gone_around(bundle):
    program(bundle / "tests/softmax", 'echo "GLIBC_2.34 not found" >&2\nexit 1\n')
    program(bundle / "c/ld-linux-x86-64.so.2", "exit 0\n")
    done = run(bundle)
    assert "taking the one in c/" in done.stderr
    assert results(bundle)["tests"][0]["exit_code"] == 0
