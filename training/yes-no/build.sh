#!/bin/sh
# Makes src/speech/builtin/yes-no-model.bin from nothing, in about 45 minutes on two idle cores: see README.md.
# Usage: training/yes-no/build.sh WORK_FOLDER   (an empty folder with 3 GB to spare)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1
mkdir -p "$work"
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
python3 "$here/synthesize.py" "$work"
python3 "$here/render.py" "$work" 1 1
for seed in 1 2; do
  python3 "$here/train.py" "$work" "$work/network-$seed.pt" 25 --seed $seed &
done
wait
python3 "$here/export.py" "$work/network-1.pt,$work/network-2.pt" "$here/../../src/speech/builtin/yes-no-model.bin" 0.45 0.45
node "$here/check-parity.ts"
node "$here/evaluate.ts"
