#!/usr/bin/env bash
# Every check of the C++ that needs more than the addon as installed: tests without Node, the same under sanitizers and for
# ARM in an emulator, the addon in Node under AddressSanitizer, the fuzzers. What lacks its tool is skipped with the reason. Ends with `N passed, N failed, N skipped`.
#
#   native/check.sh            FUZZ_SECONDS=60 sets the time of the fuzzers, 0 leaves them out
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0
failed=0
skipped=0

has() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { missing=$tool; return 1; }
  done
}
skip() { skipped=$((skipped + 1)); echo "skipped: $1 ($2)"; }

# check NAME "RUN..." CMAKE_OPTIONS...: builds the tests with these options and runs them.
check() {
  local name=$1 runner=$2 build="build/check/$1" counts
  shift 2
  mkdir -p "$build"
  if ! { cmake -S native -B "$build" "$@" && cmake --build "$build" --parallel 2; } >"$build.txt" 2>&1; then
    tail -30 "$build.txt"
    echo "failed: $name does not build"
    failed=$((failed + 1))
    return
  fi
  if $runner "$build/trunkline_kernel_tests" >"$build.txt" 2>&1; then
    passed=$((passed + 1))
    echo "$name: every instruction set equals the reference"
  else
    failed=$((failed + 1))
    tail -40 "$build.txt"
    echo "failed: $name, kernels"
  fi
  $runner "$build/trunkline_tests" >"$build.txt" 2>&1
  local code=$?
  counts=$(tail -1 "$build.txt")
  if [[ $counts =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] && [ "$((code == 0))" = "$((BASH_REMATCH[2] == 0))" ]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    [ "${BASH_REMATCH[2]}" = 0 ] || cat "$build.txt"
    echo "$name: $counts"
  else
    tail -40 "$build.txt"
    echo "failed: $name ended with code $code"
    failed=$((failed + 1))
  fi
}

if ! has cmake c++; then
  skip 'C++ tests' "no $missing; Debian: apt-get install cmake g++"
else
  check release ''
  check address ''  -DTRUNKLINE_SANITIZE=address,undefined
  # Its shadow memory does not fit every kernel's random addresses.
  if setarch -R true 2>/dev/null; then check thread 'setarch -R' -DTRUNKLINE_SANITIZE=thread
  else check thread '' -DTRUNKLINE_SANITIZE=thread; fi
fi
if ! has cmake c++ node || [ ! -x node_modules/.bin/cmake-js ]; then
  skip 'the addon under AddressSanitizer' "no ${missing:-cmake-js}; npm ci"
else
  mkdir -p build/check
  preload="$(c++ -print-file-name=libasan.so) $(c++ -print-file-name=libubsan.so)"
  if node_modules/.bin/cmake-js compile -d native -O build/check/addon --CDTRUNKLINE_SANITIZE=address,undefined \
    >build/check/addon.txt 2>&1 &&
    LD_PRELOAD=$preload ASAN_OPTIONS=detect_leaks=0 node --expose-gc test/native/sanitized-addon.mjs \
      "$PWD/build/check/addon/Release/trunkline.node" >build/check/addon.txt 2>&1; then
    passed=$((passed + 1))
    echo 'addon in Node under AddressSanitizer, 50 workers terminated: no finding'
  else
    failed=$((failed + 1))
    tail -40 build/check/addon.txt
    echo 'failed: the addon under AddressSanitizer'
  fi
fi
if has cmake aarch64-linux-gnu-g++ qemu-aarch64-static; then
  check neon qemu-aarch64-static "-DCMAKE_TOOLCHAIN_FILE=$PWD/native/aarch64.cmake"
else
  skip 'C++ tests for ARM' "no $missing; Debian: apt-get install g++-aarch64-linux-gnu qemu-user-static"
fi
if [ "${FUZZ_SECONDS:-60}" = 0 ]; then
  skip fuzzers 'FUZZ_SECONDS=0'
else
  output=$(native/fuzz.sh "${FUZZ_SECONDS:-60}" 2>&1)
  code=$?
  echo "$output"
  if [ "$code" = 77 ]; then skip fuzzers 'no clang++; Debian: apt-get install clang libclang-rt-14-dev'
  elif [[ $(tail -1 <<<"$output") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
  else
    failed=$((failed + 1))
  fi
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
