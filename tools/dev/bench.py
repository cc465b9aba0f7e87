"""./dev bench: runs the benchmark of each operation."""

import re
import subprocess
import sys

import common


def main():
    parser = common.Parser(
        prog="dev bench", usage="./dev bench [REGEX] [OPTIONS OF THE BENCHMARK PROGRAMS]",
        description="Runs the benchmark of each operation whose name matches; other arguments go "
        "to each program.")
    parser.add_argument("regex", nargs="?", default="")
    arguments, rest = parser.parse_known_args()
    try:
        names = [op for op in common.operations() if re.search(arguments.regex, op)]
    except re.error as error:
        parser.error(f"'{arguments.regex}' is no regular expression: {error}")
    if not names:
        common.fail(f"no operation matches '{arguments.regex}'")
    folder = common.build([f"//ops/{name}:{name}_bench" for name in names])
    failed = []
    for name in names:
        binary = folder / f"ops/{name}/{name}_bench"
        environment = common.runfiles_environment(binary)
        if subprocess.run([binary, *rest], env=environment, check=False).returncode != 0:
            failed.append(name)
    if failed:
        common.fail(f"the benchmark failed: {', '.join(failed)}")


if __name__ == "__main__":
    sys.exit(main())
