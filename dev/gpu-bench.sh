#!/usr/bin/env bash
# Our kernels on a GPU beside PyTorch's, in turn, in one run; writes docs/performance-gpu.md. For a machine that has a
# GPU and PyTorch and no Java: from the bundle.
#
#   dev/gpu-bench.sh                         everything, with PyTorch's slowest compilation; about an hour and a half
#   dev/gpu-bench.sh --quick                 the cases that decide; none is begun after 8 minutes, to fit in 10
#   dev/gpu-bench.sh --only ntxent           cases whose group, name or precision contains this
#   dev/gpu-bench.sh --list                  the cases
#   dev/gpu-bench.sh --bundle FILE           default: ssl/target/ssl-linux-x64.tar.xz
#   dev/gpu-bench.sh --out FOLDER            default: gpu-bench-out; gets the log, and a copy of the page
#   dev/gpu-bench.sh --device NAME           default: cuda; with "cpu", a try of everything but the numbers, on a copy of the page
#
# Needs: the bundle (mvn -Pbundle -DskipTests package, on any machine); an NVIDIA driver from 525 on; python3 with
# PyTorch 2 (PYTHON names another); for torch.compile, what Triton needs, which is a C compiler. 40 GB of memory on the
# device for the largest cases that PyTorch fits into. The times above are estimates: it was not run on a GPU yet.
#
# Expect: two lines that say who takes part, the ceilings of the device, for each case a line a form, and exit status 0.
# What fails is named on the standard error and in the tables, the rest goes on, and the status is 1: also where PyTorch
# is missing, when ours and the ceilings are measured alone. Without a GPU it is 2, and nothing is measured.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
bundle=ssl/target/ssl-linux-x64.tar.xz
out=gpu-bench-out
device=cuda
arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --bundle | --out | --device)
            if [ -z "${2:-}" ]; then echo "gpu-bench.sh: $1 needs a value; see the head of $0" >&2; exit 2; fi
            case $1 in --bundle) bundle=$2 ;; --out) out=$2 ;; --device) device=$2 ;; esac
            shift ;;
        *) arguments+=("$1") ;;
    esac
    shift
done
if [ ! -f "$bundle" ]; then
    echo "gpu-bench.sh: $bundle is missing; make it with mvn -Pbundle -DskipTests package" >&2
    exit 2
fi
mkdir -p "$out" || exit 2
page=docs/performance-gpu.md
case $device in cuda*) ;; *) cp "$page" "$out/"; page=$out/performance-gpu.md ;; esac      # a try: not on the page
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
tar -xJf "$bundle" -C "$place" || exit 2

"$place/ssl/runtime/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
    -Dbench.python="${PYTHON:-python3}" -Dbench.peer=benchmarks/src/main/python/torch_peer.py \
    -Dbench.device="$device" -Dbench.folder="$out" -Dbench.page="$page" \
    -Dbench.commit="$(git describe --always --dirty --abbrev=8 2> /dev/null || echo 'unknown commit')" \
    -cp "$place/ssl/lib/benchmarks.jar" invar.benchmarks.gpu.GpuCompare \
    ${arguments[@]+"${arguments[@]}"}
status=$?
case $device in cuda*) cp "$page" "$out/" ;; esac
exit $status
