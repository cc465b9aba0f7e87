#!/usr/bin/env python3
"""Makes the two IDX files of this folder from scikit-learn's copy of the digits.

Input: sklearn/datasets/data/digits.csv.gz as Debian's package python3-sklearn ships it:
1,797 lines of 64 pixels (0..16, row by row) and the digit. The file is found in an installed
scikit-learn, or named on the command line:

    python3 make_idx.py [digits.csv.gz] [--check]

With --check the files are made in memory and compared with those of this folder, byte for byte.
"""

import argparse
import gzip
import hashlib
import importlib.util
import io
import pathlib
import struct
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
INPUT_SHA256 = "46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a"
SIDE, COUNT, MAXIMUM, CLASSES = 8, 1797, 16, 10


def find_input():
    """The file inside an installed scikit-learn, which is not imported."""
    package = importlib.util.find_spec("sklearn")
    if package is None:
        sys.exit("make_idx.py: scikit-learn is not installed; name its digits.csv.gz")
    return pathlib.Path(package.origin).parent / "datasets/data/digits.csv.gz"


def pack(payload):
    """gzip without name and time, so that the same input gives the same bytes."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=out, mtime=0) as stream:
        stream.write(payload)
    return out.getvalue()


def convert(text):
    """The contents of both files by name."""
    rows = [[int(float(value)) for value in line.split(",")] for line in text.splitlines()]
    if len(rows) != COUNT or any(len(row) != SIDE * SIDE + 1 for row in rows):
        sys.exit(f"make_idx.py: the input is not {COUNT} lines of {SIDE * SIDE + 1} numbers")
    pixels = bytes(value for row in rows for value in row[:-1])
    labels = bytes(row[-1] for row in rows)
    if max(pixels) != MAXIMUM or max(labels) != CLASSES - 1:
        sys.exit(f"make_idx.py: pixels must reach {MAXIMUM}, labels {CLASSES - 1}")
    return {
        "images-idx3-ubyte.gz": pack(struct.pack(">4B3I", 0, 0, 8, 3, COUNT, SIDE, SIDE) + pixels),
        "labels-idx1-ubyte.gz": pack(struct.pack(">4BI", 0, 0, 8, 1, COUNT) + labels),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("input", nargs="?", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    packed = (arguments.input or find_input()).read_bytes()
    if hashlib.sha256(packed).hexdigest() != INPUT_SHA256:
        sys.exit(f"make_idx.py: the input's SHA-256 is not {INPUT_SHA256}")
    files = convert(gzip.decompress(packed).decode("ascii"))
    for name, contents in files.items():
        path = FOLDER / name
        if arguments.check:
            if path.read_bytes() != contents:
                sys.exit(f"make_idx.py: {name} differs")
            print(f"{name}: identical, {len(contents)} bytes")
        else:
            path.write_bytes(contents)
            print(f"{name}: {len(contents)} bytes, "
                  f"SHA-256 {hashlib.sha256(contents).hexdigest()}")


if __name__ == "__main__":
    main()
