"""./dev check: every rule that needs no build. Reports each finding; exit code 1 on any."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

import layering
import lint
import modules
import quotes

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))
from weave import findings as pages  # noqa: E402  (the path above comes first)

SHELL = re.compile(r"#!.*\b(ba)?sh\b")
PYTHON = re.compile(r"#!.*\bpython3?\b")
# Module templates are no C++ until `tools/new_op` has put a name into them.
TEMPLATES = pathlib.Path("tools/templates")


def tree_files(root):
    """Tracked files and those not ignored, relative to the root; all files where git knows none."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if listing.returncode == 0:
        paths = [pathlib.Path(os.fsdecode(name)) for name in listing.stdout.split(b"\0") if name]
    else:
        paths = [path.relative_to(root) for path in root.rglob("*")]
    return sorted({path for path in paths
                   if (root / path).is_file() and TEMPLATES not in path.parents})


def begins_with(root, path, shebang):
    """Whether a file without a suffix is a script of that language."""
    return not path.suffix and shebang.match((read(root, path) or "").partition("\n")[0])


def read(root, path):
    """The text of a file, or None for data."""
    try:
        return (root / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def own_rules(root, files):
    """Findings of the rules written here: lint, layering, modules, pages."""
    for path in files:
        if not path.name.endswith(lint.TEXT):
            continue
        text = read(root, path)
        if text is None:
            yield path, 1, "encoding", "is not UTF-8"
            continue
        found = list(lint.findings(path, text))
        if path.suffix == ".md":
            found += quotes.findings(root, text)
        if path.name.endswith(lint.CPP):
            found += layering.findings(path, text.splitlines())
        yield from ((path, *finding) for finding in found)
    yield from modules.findings(root, files)
    for found in pages.of_tree(root):
        yield pathlib.Path(found.path), found.line, found.rule, found.message


def run_tool(root, command, files, pattern, rule, describe):
    """Findings of an outside tool, one process for each core, its output read by `pattern`."""
    cores = os.cpu_count() or 1
    chunks = [files[start::cores] for start in range(cores) if files[start::cores]]

    def run(chunk):
        done = subprocess.run([*command, *map(str, chunk)], cwd=root, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        found = [(pathlib.Path(hit["path"]), int(hit["line"]), rule, describe(hit))
                 for hit in re.finditer(pattern, done.stdout, re.MULTILINE)]
        if done.returncode != 0 and not found:
            found.append((chunk[0], 1, rule, done.stdout.strip() or "the tool failed"))
        return found

    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        for found in pool.map(run, chunks):
            yield from found


def outside_tools(root, files):
    """Findings of clang-format, shellcheck and pyflakes."""
    place = r"^(?P<path>[^:\n]+):(?P<line>\d+):(?:\d+:)? ?(?P<text>.*)$"
    formatted = set()
    sources = [path for path in files if path.suffix in lint.CPP]
    for finding in run_tool(root, ["clang-format", "--dry-run", "-Werror"], sources,
                            place.replace("(?P<text>", "error: (?P<text>"), "format",
                            lambda hit: f"run: clang-format -i {hit['path']}"):
        if finding[0] not in formatted:  # The first place in a file is enough.
            formatted.add(finding[0])
            yield finding
    scripts = [path for path in files
               if path.suffix == ".sh" or begins_with(root, path, SHELL)]
    yield from run_tool(root, ["shellcheck", "--format=gcc"], scripts, place, "shellcheck",
                        lambda hit: hit["text"])
    python = [path for path in files
              if path.suffix == ".py" or begins_with(root, path, PYTHON)]
    for finding in run_tool(root, ["/usr/bin/python3", "-B", "-m", "pyflakes"], python, place,
                            "pyflakes", lambda hit: hit["text"]):
        if "# noqa" not in (read(root, finding[0]) or "").splitlines()[finding[1] - 1]:
            yield finding


def main():
    parser = argparse.ArgumentParser(
        prog="dev check", usage="./dev check [--fix]",
        description="Formatting, lint, layering, and the files of each operation; builds nothing.")
    parser.add_argument("--fix", action="store_true", help="format the C++ files first")
    arguments = parser.parse_args()
    files = tree_files(ROOT)
    if arguments.fix:
        sources = [str(path) for path in files if path.suffix in lint.CPP]
        subprocess.run(["clang-format", "-i", *sources], cwd=ROOT, check=True)
    found = sorted({*own_rules(ROOT, files), *outside_tools(ROOT, files)}, key=str)
    for path, lines, budget in modules.over_budget(ROOT, files):
        print(f"note: {path} has {lines} lines; good looks like {budget}")
    for path, line, rule, message in found:
        print(f"{path}:{line}: [{rule}] {message}")
    print(f"check: {len(files)} files, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
