"""The time of a training step of examples/digits in Python beside C++.

    bazel run //python:digits_speed -- --threads 2

Both take turns within one run, so that what else the machine does meets both; an epoch counts by
its own clock, without the test. Prints one line of JSON: medians, and quartiles of the ratio.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.pop(0)  # the folder of the sources, where the package lacks its library
import digits_training  # noqa: E402  (the path above comes first)
import prova  # noqa: E402

STEPS = 45  # of 32 images each, an epoch


def cpp_seconds(program, epochs, threads, data):
    """Seconds of each epoch of the program in C++, without the first."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "--epochs", str(epochs + 1), "--threads", str(threads), "--out",
                        folder, "--data", data], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        history = json.loads((pathlib.Path(folder) / "metrics.json").read_text())["history"]
    return [epoch["seconds"] for epoch in history[1:]]


def python_seconds(epochs):
    """The same in Python."""
    return [record["seconds"] for _, record in digits_training.train(epochs + 1)][1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default="examples/digits/digits", help="the one in C++")
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=4, help="in each turn")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    prova.set_num_threads(options.threads)
    data = pathlib.Path(prova.__file__).with_name("digits")
    cpp, python, ratios = [], [], []
    for _ in range(options.turns):
        cpp.append(statistics.median(
            cpp_seconds(options.program, options.epochs, options.threads, data)))
        python.append(statistics.median(python_seconds(options.epochs)))
        ratios.append(python[-1] / cpp[-1])
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(json.dumps({"threads": options.threads, "cpp_us": statistics.median(cpp) / STEPS * 1e6,
                      "python_us": statistics.median(python) / STEPS * 1e6, "ratio": middle,
                      "quartiles": [low, high]}))


if __name__ == "__main__":
    main()
