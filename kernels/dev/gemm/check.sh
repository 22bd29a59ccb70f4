#!/usr/bin/env bash
# Runs every version of the matrix product and compares the results.
#
#   kernels/dev/gemm/check.sh          on the emulator of engine-cuda: needs a C++ compiler, no GPU; seconds
#   kernels/dev/gemm/check.sh --gpu    on a GPU from compute capability 8.0 on, with nvcc; prints times, too
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
case ${1:-} in
    --gpu) "${NVCC:-nvcc}" -arch=native -O3 -std=c++17 -o "$out/check" check.cu ;;
    "")
        "${CXX:-c++}" -std=c++17 -O2 -ffp-contract=off -Wall -Wno-unknown-pragmas -Wno-unused-function -DON_EMULATOR \
            -o "$out/check" -x c++ check.cu ../../../engine-cuda/src/test/cpp/{scheduler,tensor_cores}.cpp
        ;;
    *) echo "check.sh: unknown option $1; see the head of $0" >&2; exit 2 ;;
esac
"$out/check"
