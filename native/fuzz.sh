#!/usr/bin/env bash
# Fuzzes the message reader, base64 and the resampler, all at once, for SECONDS each (60). Ends with the number of targets
# without a finding; a finding's input is left in build/fuzz/<target>. Seeds are in test/native/fuzz/seeds.
#
#   native/fuzz.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "Expected a number of seconds for SECONDS, received $seconds" >&2; exit 2; }
if ! command -v clang++ >/dev/null || ! command -v cmake >/dev/null; then
  echo 'Fuzzing needs clang++ and cmake (Debian: apt-get install clang libclang-rt-14-dev cmake)' >&2
  exit 77
fi
build=build/fuzz
mkdir -p "$build"
cmake -S native -B "$build" -DTRUNKLINE_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++ >"$build/build.txt" 2>&1 &&
  cmake --build "$build" --parallel 2 >>"$build/build.txt" 2>&1 || { tail -30 "$build/build.txt"; exit 1; }

declare -A running
for source in test/native/fuzz/*.cc; do
  target=$(basename "$source" .cc)
  mkdir -p "$build/$target"
  "$build/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$build/$target/" "$build/$target" "test/native/fuzz/seeds/$target" >"$build/$target.txt" 2>&1 &
  running[$target]=$!
done
passed=0
failed=0
for target in "${!running[@]}"; do
  if wait "${running[$target]}"; then
    passed=$((passed + 1))
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.txt")
    echo "fuzz $target: no finding in $runs inputs"
  else
    failed=$((failed + 1))
    echo "fuzz $target: a finding, in $build/$target"
    tail -40 "$build/$target.txt"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
