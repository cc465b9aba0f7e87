"""./dev demo: builds examples/digits and becomes it, in the user's folder."""

import os
import sys

import common


def main():
    binary = common.build(["//examples/digits"]) / "examples/digits/digits"
    os.execve(binary, [str(binary), *sys.argv[1:]], common.runfiles_environment(binary))


if __name__ == "__main__":
    main()
