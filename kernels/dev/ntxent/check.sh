#!/usr/bin/env bash
# Runs the versions on the emulator and compares them with the formula; exits with 1 if one is wrong. Compiles them with
# nvcc too, where it is found. Needs a C++17 compiler for x86-64 Linux ($CXX, else c++); takes a few seconds.
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
"${CXX:-c++}" -std=c++17 -O2 -fPIC -Wall -Wno-unknown-pragmas -Wno-unused-function -o "$out/check" check.cpp \
    ../../../engine-cuda/src/test/cpp/scheduler.cpp
"$out/check"
if command -v "${NVCC:-nvcc}" > /dev/null; then
    for file in v?_*.cu; do "${NVCC:-nvcc}" -arch=sm_75 -O3 -std=c++17 -cubin -o "$out/cubin" "$file"; done
    echo "check.sh: nvcc compiles them"
fi
