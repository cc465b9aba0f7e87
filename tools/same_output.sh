#!/bin/bash
# Whether a program printed what its file says: same_output.sh EXPECTED PRINTED
set -euo pipefail

if ! diff -u "$1" "$2"; then
  echo "The program prints something else than $1 says. If that is meant:"
  folder=$(dirname "$1")
  echo "  bazel run //$folder > $1"
  exit 1
fi
