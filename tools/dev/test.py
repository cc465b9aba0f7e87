"""./dev test: builds and runs the tests and counts their cases."""

import os
import pathlib
import subprocess
import sys
import tempfile

import common
import results


def main():
    parser = common.Parser(
        prog="dev test", usage="./dev test [--config=asan] [--jobs=N] [TARGETS]",
        description="Builds and runs the tests of the Bazel targets given, of all by default. "
        "PROVA_TEST_DATA, where set, is the folder of larger data sets that some tests use.")
    parser.add_argument("--config", action="append", default=[], metavar="NAME",
                        help="a configuration of .bazelrc, such as asan")
    parser.add_argument("--jobs", type=int, metavar="N", help="at most N actions at a time")
    parser.add_argument("targets", nargs="*", default=["//..."])
    arguments = parser.parse_args()

    options = [f"--config={name}" for name in arguments.config]
    if arguments.jobs is not None:
        options.append(f"--jobs={arguments.jobs}")
    if os.environ.get("PROVA_TEST_DATA"):
        data = pathlib.Path(os.environ["PROVA_TEST_DATA"]).resolve()
        options.append(f"--test_env=PROVA_TEST_DATA={data}")
    with tempfile.TemporaryDirectory(prefix="prova-test-") as folder:
        events = pathlib.Path(folder) / "events.json"
        command = [common.BAZEL, "test", "--keep_going", f"--build_event_json_file={events}",
                   *common.progress_options(), *options, "--", *arguments.targets]
        code = subprocess.run(command, cwd=common.inside_root(), check=False).returncode
        lines = events.read_text(encoding="utf-8").splitlines() if events.is_file() else []
    found = results.from_events(lines)
    if code not in (0, 3, 4) and not found.failed:
        found.failed.append(("the build", "", f"Bazel ended with exit code {code}"))
    if not found.passed and not found.failed:
        print("no test was found")
    sys.stdout.flush()
    print(found.report(), flush=True)
    return 1 if found.failed or not found.passed else 0


if __name__ == "__main__":
    sys.exit(main())
