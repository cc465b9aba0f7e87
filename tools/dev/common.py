"""What the commands of ./dev share: the root, Bazel, and the list of operations."""

import argparse
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "check"))
import modules  # noqa: E402  (the path above comes first)

ROOT = pathlib.Path(__file__).resolve().parents[2]
BAZEL = "/usr/bin/bazel"


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line as `dev COMMAND: …` with exit code 2."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")


def fail(message, code=1):
    print(f"dev: {message}", file=sys.stderr)
    sys.exit(code)


def _report_interrupt(kind, value, trace):
    if kind is KeyboardInterrupt:
        print("dev: interrupted", file=sys.stderr)
    else:
        sys.__excepthook__(kind, value, trace)


sys.excepthook = _report_interrupt


def progress_options():
    """A live line on a terminal, else one line a minute so that a log shows life."""
    return ["--show_progress", f"--show_progress_rate_limit={0.2 if sys.stderr.isatty() else 60}"]


def inside_root():
    """The user's folder where it lies in the tree (relative targets work there), else the root."""
    here = pathlib.Path.cwd().resolve()
    return here if here == ROOT or ROOT in here.parents else ROOT


def build(targets, options=(), root=ROOT):
    """Builds `targets` and returns Bazel's bin folder; ends the program where the build fails."""
    command = [BAZEL, "build", "--ui_event_filters=-info", *progress_options(), *options]
    result = subprocess.run([*command, "--", *targets], cwd=root, stdout=sys.stderr, check=False)
    if result.returncode != 0:
        fail(f"the build of {' '.join(targets)} failed", 1)
    info = subprocess.run(
        [BAZEL, "info", "--ui_event_filters=-info", *options, "bazel-bin"],
        cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(info.stdout.strip())


def operations():
    """The names in ops/ops.bzl, in the order in which they stand there."""
    names = modules.listed(ROOT)
    return names if names is not None else fail("ops/ops.bzl has no list OPS")


def runfiles_environment(binary):
    """The environment in which `binary` finds the data files that its target names."""
    return dict(os.environ, RUNFILES_DIR=f"{binary}.runfiles")
