#!/usr/bin/env bash
# Runs every version of the cosines and compares them with the formula; exits with 1 if one is wrong.
#
#   kernels/dev/cosine/check.sh          on the emulator of engine-cuda: needs a C++17 compiler for x86-64 Linux ($CXX,
#                                        else c++), no GPU; seconds. Where nvcc is found, it has to compile them, too
#   kernels/dev/cosine/check.sh --gpu    on a GPU, with nvcc; prints times, too
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
case ${1:-} in
    --gpu) "${NVCC:-nvcc}" -arch=native -O3 -std=c++17 -o "$out/check" check.cu ;;
    "")
        "${CXX:-c++}" -std=c++17 -O2 -ffp-contract=off -Wall -Wno-unknown-pragmas -Wno-unused-function -DON_EMULATOR \
            -o "$out/check" -x c++ check.cu ../../../engine-cuda/src/test/cpp/scheduler.cpp
        ;;
    *) echo "check.sh: unknown option $1; see the head of $0" >&2; exit 2 ;;
esac
"$out/check"
if [ -z "${1:-}" ] && command -v "${NVCC:-nvcc}" > /dev/null; then
    "${NVCC:-nvcc}" -arch=sm_75 -O3 -std=c++17 -c -o "$out/check.o" check.cu
    echo "check.sh: nvcc compiles them"
fi
