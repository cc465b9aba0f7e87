"""./dev demo: builds examples/digits and becomes it, in the user's folder."""

import os
import sys

import common


def main():
    # Kernels for GPUs take nvcc, and minutes: they are built for who asks for a GPU.
    gpu = any(argument.removeprefix("--device=").startswith("cuda") for argument in sys.argv[1:])
    options = ["--config=cuda"] if gpu else []
    binary = common.build(["//examples/digits"], options) / "examples/digits/digits"
    os.execve(binary, [str(binary), *sys.argv[1:]], common.runfiles_environment(binary))


if __name__ == "__main__":
    main()
