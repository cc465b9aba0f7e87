"""./dev python: builds the package `prova` and writes the wheel that pip installs."""

import pathlib
import subprocess

import common
import wheels


def licences():
    """Of Prova, and of what is linked into the extension or lies beside it."""
    base = subprocess.run([common.BAZEL, "info", "--ui_event_filters=-info", "output_base"],
                          cwd=common.ROOT, stdout=subprocess.PIPE, text=True, check=True)
    external = pathlib.Path(base.stdout.strip()) / "external"
    nanobind = next(external.glob("nanobind/site/nanobind-*.dist-info/licenses/LICENSE"))
    return {"LICENSE": common.ROOT / "LICENSE", "nanobind.txt": nanobind,
            "highway.txt": pathlib.Path("/usr/share/doc/libhwy1/copyright"),
            "zlib.txt": pathlib.Path("/usr/share/doc/zlib1g/copyright")}


def main():
    parser = common.Parser(
        prog="dev python", usage="./dev python [--out FOLDER]",
        description="Writes the wheel of the Python package, for the Python of /usr/bin/python3.")
    parser.add_argument("--out", type=pathlib.Path, default=common.ROOT / "out/python",
                        help="where to (out/python in the tree)")
    arguments = parser.parse_args()
    built = common.build(["//python:prova"]) / "python/prova"
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = wheels.write_package(arguments.out, common.ROOT / "python/prova", built, licences())
    print(f"{path}\ninstall it with: pip install {path}")


if __name__ == "__main__":
    main()
