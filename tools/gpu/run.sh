#!/bin/bash
# Runs what tools/gpu_run put beside this file: tests, compute-sanitizer on some, benchmarks.
# Needs a GPU and its driver; no Bazel, no compiler, no network.
set -uo pipefail
shopt -s nullglob

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sanitized=(ops/softmax ops/matmul ops/sum tensor)
minutes=10
parts=tests,sanitizer,bench
only=()
options=()

say() { echo "run.sh: $*" >&2; }

usage() {
  cat >&2 <<'END'
usage: run.sh RESULTS [--parts PART,…] [--only NAME]… [--seconds S]
  RESULTS          a folder for RESULTS/results.json; what other runs of the bundle left there stays
  --parts PART,…   of tests, sanitizer, bench; all without it
  --only NAME      of the tests and benchmarks those of one operation or room: softmax, nn
  --seconds S      to spend on each contender of a benchmark
END
  exit 2
}

if (($# == 0)) || [[ $1 == -* ]]; then usage; fi
folder=$1
shift
while (($# > 0)); do
  (($# > 1)) || usage
  case $1 in
    --parts) parts=$2 ;;
    --only) only+=("$2") ;;
    --seconds) options+=(--seconds "$2") ;;
    *) usage ;;
  esac
  shift 2
done
for part in ${parts//,/ }; do
  [[ $part =~ ^(tests|sanitizer|bench)$ ]] || usage
done
mkdir -p "$folder" || exit 2
results=$(cd "$folder" && pwd)

if ! gpus=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader \
  2>/dev/null) || [[ -z $gpus ]]; then
  say "no GPU: nvidia-smi, which comes with a GPU's driver, is missing or finds none." \
    "Nothing was run."
  exit 3
fi
echo "$gpus" >"$results/gpus.txt"
if [[ -e $results/bundle.json ]] && ! cmp -s "$here/bundle.json" "$results/bundle.json"; then
  say "$results is from another bundle; name a new folder"
  exit 2
fi
cp "$here/bundle.json" "$results/bundle.json"

# NVIDIA's libraries, where there are some: those that Python's packages bring, and the toolkit's.
libraries=()
while read -r found; do
  libraries+=("$found")
done < <(python3 -c 'import glob, sysconfig
print(*glob.glob(sysconfig.get_paths()["purelib"] + "/nvidia/*/lib"), sep="\n")' 2>/dev/null)
libraries+=(/usr/local/cuda/lib64)
search=$(IFS=: && echo "${libraries[*]}")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

# Where this machine's C library is older than the one that was linked with, that one comes along.
loader=()
if ! "$here/gpu_tests" --groups >/dev/null 2>&1; then
  say "the programs do not start with this machine's C library; taking the one in c/"
  loader=("$here/c/ld-linux-x86-64.so.2" --library-path "$here/c:$here/lib:$search")
fi

# Whether a name is asked for: its last part, or its first.
wanted() {
  local name
  ((${#only[@]} == 0)) && return 0
  for name in "${only[@]}"; do
    [[ $1 == "$name" || $1 == ops/"$name" || $1 == ops/"$name"/* ]] && return 0
  done
  return 1
}

failed=0

# attempt FILES NAME COMMAND…: runs a command; FILES.log gets its words, FILES.end how it ended.
attempt() {
  local files=$1 name=$2 begin code
  shift 2
  begin=$SECONDS
  PROVA_TEST_DEVICE=cuda timeout "${minutes}m" "$@" >"$files.log" 2>&1
  code=$?
  printf '{"name": "%s", "exit_code": %d, "seconds": %d}\n' "$name" "$code" \
    "$((SECONDS - begin))" >"$files.end"
  if ((code != 0)); then
    failed=$((failed + 1))
    say "$name failed with code $code; the end of $files.log:"
    tail -n 20 "$files.log" >&2
  fi
}

if [[ $parts == *tests* ]]; then
  mkdir -p "$results/tests"
  while read -r group; do
    wanted "$group" || continue
    files=$results/tests/${group//\//_}
    attempt "$files" "$group" \
      "${loader[@]}" "$here/gpu_tests" "--gtest_output=json:$files.json" "$group"
  done < <("${loader[@]}" "$here/gpu_tests" --groups)
  cat /dev/null "$results"/tests/*.end >"$results/tests.jsonl"
  say "tests of $(wc -l <"$results/tests.jsonl") groups, $failed failed"
fi

if [[ $parts == *sanitizer* ]]; then
  mkdir -p "$results/sanitizer"
  sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
  if [[ -x $sanitizer ]]; then
    for group in "${sanitized[@]}"; do
      wanted "$group" || continue
      for tool in memcheck racecheck synccheck initcheck; do
        attempt "$results/sanitizer/${group//\//_}.$tool" "$group $tool" \
          "$sanitizer" --tool "$tool" --error-exitcode 9 "${loader[@]}" "$here/gpu_tests" "$group"
      done
    done
    cat /dev/null "$results"/sanitizer/*.end >"$results/sanitizer.jsonl"
  else
    say "compute-sanitizer is not on this machine; its checks were left out"
  fi
fi

# Each suite is a process of its own: what a failed kernel leaves behind ends with it.
if [[ $parts == *bench* ]]; then
  mkdir -p "$results/bench"
  for library in "${libraries[@]}"; do
    options+=(--libraries "$library")
  done
  while read -r suite; do
    wanted "ops/$suite" || wanted "$suite" || continue
    files=$results/bench/$suite
    LD_LIBRARY_PATH=$search timeout "${minutes}m" "${loader[@]}" "$here/gpu_bench" "$suite" \
      --torch-script "$here/peers/torch_peer.py" "${options[@]}" >"$files.jsonl" 2>"$files.log"
    code=$?
    if ((code != 0)); then
      failed=$((failed + 1))
      say "the benchmark of $suite ended with code $code: $(tail -n 3 "$files.log")"
    fi
  done < <("${loader[@]}" "$here/gpu_bench" --suites)
  cat /dev/null "$results"/bench/*.jsonl >"$results/bench.jsonl"
  say "$(grep -c '^{"row"' "$results/bench.jsonl") rows measured"
fi

"${loader[@]}" "$here/gpu_summary" "$results" || failed=$((failed + 1))
say "wrote $results/results.json"
((failed == 0))
