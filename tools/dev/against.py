"""./dev bench --against REV: this tree and another revision, measured in turns."""

import subprocess
import tempfile

import common
import suites
import tables


def _git(*arguments):
    result = subprocess.run(["git", *arguments], cwd=common.ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        raise suites.Problem(f"git {arguments[0]}: {result.stderr.strip()}")
    return result.stdout.strip()


def _binaries(folder, names):
    """Suite to its program at the other revision, built in `folder`; what it lacks is left out."""
    there = {name: target for name, target in suites.all_suites().items()
             if name in names and
             (folder / target.strip("/").partition(":")[0] / "BUILD").is_file()}
    if not there:
        return {}
    built = suites.build(list(there), root=folder)
    return {program.suite: program.binary for program in built}


def main(revision, programs, rows, threads, options):
    """Prints the ratio of every case, before to now, with its interval."""
    commit = _git("rev-parse", "--verify", f"{revision}^{{commit}}")
    with tempfile.TemporaryDirectory(prefix="prova-against-") as parent:
        folder = common.pathlib.Path(parent) / "tree"
        _git("worktree", "add", "--detach", str(folder), commit)
        try:
            if not (folder / "bench/rounds.h").is_file():
                raise suites.Problem(f"{revision} is older than the benchmark system and cannot "
                                     "take turns with this tree")
            others = _binaries(folder, [program.suite for program in programs])
            measured = []
            for program in programs:
                wanted = [row for row in rows[program.suite] if not row.endswith("/reference")]
                if program.suite not in others or not wanted:
                    print(f"dev: {program.suite} has nothing to compare at {revision}")
                    continue
                for said in program.measure(wanted, [
                        f"--threads={','.join(map(str, threads))}", "--peers=none",
                        f"--before={others[program.suite]}", "--before=--serve",
                        *(f"--before={option}" for option in options), *options]):
                    measured += [said["row"]] if "row" in said else []
            print(tables.against(measured, revision))
        finally:
            # Its server and output folder go too; the disk cache keeps the objects.
            subprocess.run([common.BAZEL, "clean", "--expunge"], cwd=folder, check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _git("worktree", "remove", "--force", str(folder))
    return 0
