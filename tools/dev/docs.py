"""./dev docs: the site, built from what is compiled, tested and measured."""

import os
import subprocess
import sys

import common

OUT = common.ROOT / "docs/_build"


def main():
    parser = common.Parser(
        prog="dev docs", usage="./dev docs",
        description="Builds the documentation into docs/_build/html. A warning is an error: a "
        "region that is missing or shown nowhere, an unknown result, a dead link, a heading with "
        "nothing under it.")
    parser.parse_args()
    runs = common.build(["//docs:runs"])
    command = ["/usr/bin/python3", "-B", "-m", "weave.build", "--root", common.ROOT, "--out", OUT,
               "--runs", runs]
    path = f"{common.ROOT / 'docs'}:{common.ROOT / 'tools/dev'}"
    return subprocess.run(command, env=dict(os.environ, PYTHONPATH=path), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
