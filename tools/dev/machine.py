"""What a recorded measurement says of the machine, the build and the revision."""

import os
import pathlib
import re
import subprocess

import common


def processor(cpuinfo=None):
    """The processor's name; virtual machines often tell only part, so family and model follow."""
    text = cpuinfo if cpuinfo is not None else pathlib.Path("/proc/cpuinfo").read_text(
        encoding="utf-8")
    fields = {name.strip(): value.strip() for name, _, value in
              (line.partition(":") for line in text.splitlines())}
    name = fields.get("model name", "unknown processor")
    if "cpu family" in fields:
        name += f" (family {fields['cpu family']}, model {fields.get('model', '?')})"
    return name


def slug(name):
    """A folder's name for a processor: amd-epyc-family-25-model-17."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _output(*command):
    result = subprocess.run(command, cwd=common.ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else ""


def flags():
    """What .bazelrc tells the compiler in an ordinary build."""
    text = (common.ROOT / ".bazelrc").read_text(encoding="utf-8")
    return " ".join(re.findall(r"^build --(?:cxxopt|copt)=(\S+)", text, re.MULTILINE))


def environment():
    """The part of a record's `environment` that is known before anything is measured."""
    commit = _output("git", "rev-parse", "HEAD")
    changed = _output("git", "status", "--porcelain", "--untracked-files=no")
    return {
        "cpu": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg()[0],
        "compiler": _output("g++", "--version").partition("\n")[0],
        "flags": flags(),
        "commit": (commit + " with changes" if changed else commit) or None,
    }
