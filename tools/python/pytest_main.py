"""Runs pytest on the files named and writes the report where Bazel looks for it."""

import os
import sys

import pytest

options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
if "XML_OUTPUT_FILE" in os.environ:
    options.append(f"--junitxml={os.environ['XML_OUTPUT_FILE']}")
sys.dont_write_bytecode = True
sys.exit(pytest.main(options + sys.argv[1:]))
