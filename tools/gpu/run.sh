#!/bin/bash
# Runs what tools/gpu_run put beside this file: tests, compute-sanitizer on some, benchmarks.
# Needs a GPU and its driver; no Bazel, no compiler, no network.
set -uo pipefail
shopt -s nullglob

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sanitized=(softmax matmul sum tensor)
minutes=10

if (($# < 1)) || [[ $1 == -* ]]; then
  echo "usage: run.sh RESULTS [OPTIONS OF THE BENCHMARK PROGRAMS]" >&2
  exit 2
fi
mkdir -p "$1" || exit 2
results=$(cd "$1" && pwd)
shift

say() { echo "run.sh: $*" >&2; }

if ! gpus=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader \
  2>/dev/null) || [[ -z $gpus ]]; then
  say "no GPU: nvidia-smi, which comes with a GPU's driver, is missing or finds none." \
    "Nothing was run."
  exit 3
fi

# Where this machine's C library is older than the one that was linked with, that one comes along.
programs=("$here"/tests/* "$here"/bench/*)
loader=()
if ! "${programs[0]}" --help >/dev/null 2>&1; then
  say "the programs do not start with this machine's C library; taking the one in c/"
  loader=("$here/c/ld-linux-x86-64.so.2" --library-path "$here/c:$here/lib")
fi

# The lines of a file as the elements of a JSON array.
array() {
  local lines
  lines=$(paste -sd, "$1" 2>/dev/null)
  printf '[%s]' "$lines"
}

mkdir -p "$results/tests" "$results/sanitizer" "$results/bench"
: >"$results/tests.jsonl"
: >"$results/sanitizer.jsonl"
: >"$results/rows.jsonl"
failed=0

# attempt LIST LOG NAME COMMAND…: runs a command, and notes in LIST how it ended.
attempt() {
  local list=$1 log=$2 name=$3 begin code
  shift 3
  begin=$SECONDS
  PROVA_TEST_DEVICE=cuda timeout "${minutes}m" "$@" >"$log" 2>&1
  code=$?
  printf '{"name": "%s", "exit_code": %d, "seconds": %d}\n' "$name" "$code" \
    "$((SECONDS - begin))" >>"$list"
  if ((code != 0)); then
    failed=$((failed + 1))
    say "$name failed with code $code; the end of $log:"
    tail -n 20 "$log" >&2
  fi
}

for test in "$here"/tests/*; do
  name=$(basename "$test")
  attempt "$results/tests.jsonl" "$results/tests/$name.log" "$name" \
    "${loader[@]}" "$test" "--gtest_output=json:$results/tests/$name.json"
done
say "$(wc -l <"$results/tests.jsonl") test programs, $failed failed"

sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
if [[ -x $sanitizer ]]; then
  for part in "${sanitized[@]}"; do
    for tool in memcheck racecheck synccheck initcheck; do
      for test in "$here/tests/$part"*; do
        name=$(basename "$test")
        attempt "$results/sanitizer.jsonl" "$results/sanitizer/$name.$tool.log" "$name $tool" \
          "$sanitizer" --tool "$tool" --error-exitcode 9 "${loader[@]}" "$test"
      done
    done
  done
else
  say "compute-sanitizer is not on this machine; its checks were left out"
fi

for program in "$here"/bench/*; do
  name=$(basename "$program")
  timeout "${minutes}m" "${loader[@]}" "$program" "$@" \
    >"$results/bench/$name.jsonl" 2>"$results/bench/$name.log"
  code=$?
  grep -h '^{"row"' "$results/bench/$name.jsonl" >>"$results/rows.jsonl"
  if ((code != 0)); then
    failed=$((failed + 1))
    say "the benchmark of $name ended with code $code: $(tail -n 3 "$results/bench/$name.log")"
  fi
done
say "$(wc -l <"$results/rows.jsonl") rows measured"

: >"$results/torch_rows.jsonl"
if python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
  for program in "$here"/bench/*; do
    "${loader[@]}" "$program" --describe
  done | timeout "${minutes}m" python3 "$here/torch_gpu.py" >"$results/torch.jsonl"
  grep -h '^{"torch_row"' "$results/torch.jsonl" >>"$results/torch_rows.jsonl"
  say "$(wc -l <"$results/torch_rows.jsonl") rows of PyTorch measured"
else
  say "no PyTorch that sees the GPU; it was left out"
fi

{
  printf '{"gpus": "%s",\n' "$(tr '\n' ';' <<<"$gpus")"
  printf ' "bundle": %s,\n' "$(cat "$here/bundle.json")"
  printf ' "tests": %s,\n' "$(array "$results/tests.jsonl")"
  printf ' "sanitizer": %s,\n' "$(array "$results/sanitizer.jsonl")"
  printf ' "rows": %s,\n' "$(array "$results/rows.jsonl")"
  printf ' "torch_rows": %s}\n' "$(array "$results/torch_rows.jsonl")"
} >"$results/results.json"
say "wrote $results/results.json"
((failed == 0))
