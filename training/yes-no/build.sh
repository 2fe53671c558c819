#!/bin/sh
# Makes src/speech/builtin/yes-no-model.bin from nothing, in about 75 minutes on two idle cores: see README.md.
# Usage: training/yes-no/build.sh WORK_FOLDER [--trial]   (an empty folder with 5 GB to spare)
# --trial runs every step on very little in two minutes, to see that they fit together; its weights, useless, stay in
# WORK_FOLDER and are measured on the dev half. PYTHON names another python3.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1
python=${PYTHON:-python3}
scale=1 versions=1 minutes=40 weights="$here/../../src/speech/builtin/yes-no-model.bin" evaluation="--half test"
if [ "${2:-}" = --trial ]; then
  scale=0.01 versions=0.3 minutes=0.2 weights="$work/yes-no-model.bin" evaluation="--half dev --quick"
fi
mkdir -p "$work"
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
"$python" "$here/synthesize.py" "$work" "$scale"
"$python" "$here/render.py" "$work" 1 "$versions"
for seed in 1 2; do
  "$python" "$here/train.py" "$work" "$work/network-$seed.pt" "$minutes" --seed $seed &
done
wait
"$python" "$here/export.py" "$work/network-1.pt,$work/network-2.pt" "$weights" 0.48 0.48
node "$here/check-parity.ts"
# shellcheck disable=SC2086 # two words on purpose
node "$here/evaluate.ts" --weights "$weights" $evaluation
