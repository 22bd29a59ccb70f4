#!/usr/bin/env bash
# Everything that needs a GPU, in one command, for a machine that has one and no Java: from the bundle.
#
#   dev/gpu.sh [--bundle FILE] [--golden FOLDER] [--out FOLDER] [--cifar FILE] [--quick] [--strict]
#
# Steps: devices; in fp32, tf32 and bf16: `ssl check --device cuda` on the golden files, and the backend contract, with
# cuBLAS and cuDNN where they are installed, and without; the contract of our kernels again under
# compute-sanitizer (memcheck, racecheck, synccheck) where it is installed; SimCLR on the embedded images, some epochs,
# against the CPU's losses and twice on the GPU, bit for bit. With --cifar and cifar-10-binary.tar.gz: the losses of the
# first 50 steps of SimCLR with ResNet-18 against the CPU's, within 2 %, and 20 epochs on the GPU with the accuracy of
# the k nearest neighbours (with --quick 10 steps and 1 epoch; how long either takes was not measured yet). Prints a
# table and ends with 1 if a step failed, with --strict also if one was not run. The output of every step is kept in
# FOLDER (default: gpu-out).
#
# Needs: this folder (golden files are in ssl/src/test/resources/golden; --golden names others); the bundle
# ssl/target/ssl-linux-x64.tar.xz, which mvn -Pbundle -DskipTests package makes on any machine with a JDK 25 (--bundle
# names another); Linux on x86-64; bash, awk, tar, xz; an NVIDIA driver from 525 on. No Java, no CUDA toolkit: of that
# only compute-sanitizer takes part, if it is on the PATH, and cuBLAS and cuDNN where they are installed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
bundle=ssl/target/ssl-linux-x64.tar.xz
golden=ssl/src/test/resources/golden
strict=no
out=gpu-out
epochs=3
cifar=
cifar_epochs=20
cifar_steps=50
while [ $# -gt 0 ]; do
    case $1 in
        --bundle) bundle=${2:?--bundle needs a file}; shift ;;
        --golden) golden=${2:?--golden needs a folder}; shift ;;
        --out) out=${2:?--out needs a folder}; shift ;;
        --cifar) cifar=${2:?--cifar needs a file}; shift ;;
        --strict) strict=yes ;;
        --quick) epochs=1; cifar_epochs=1; cifar_steps=10 ;;
        *) echo "gpu.sh: unknown option $1; see the head of $0" >&2; exit 2 ;;
    esac
    shift
done
if [ ! -f "$bundle" ]; then
    echo "gpu.sh: $bundle is missing; make it with mvn -Pbundle -DskipTests package" >&2
    exit 2
fi
if [ -n "$cifar" ] && [ ! -f "$cifar" ]; then
    echo "gpu.sh: there is no file $cifar; --cifar takes cifar-10-binary.tar.gz" >&2
    exit 2
fi
if [ ! -d "$golden" ]; then
    echo "gpu.sh: there is no folder $golden; --golden takes one with golden files" >&2
    exit 2
fi
mkdir -p "$out"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
tar -xJf "$bundle" -C "$place"
ssl=$place/ssl/bin/ssl
rows=()
failed=0
not_run=0

# step NAME COMMAND...: runs it, keeps what it prints, and notes how it ended.
step() {
    local name=$1 log began status
    shift
    log=$out/${name// /-}.txt
    began=$(date +%s)
    "$@" > "$log" 2>&1
    status=$?
    rows+=("$(printf '%-30s %-8s %5d s  %s' "$name" "$([ $status -eq 0 ] && echo ok || echo FAILED)" \
        "$(($(date +%s) - began))" "$(grep -v '^WARNING' "$log" | tail -n 1 | cut -c 1-100)")")
    if [ $status -ne 0 ]; then failed=$((failed + 1)); fi
    return 0
}

# not_run NAME WHY: notes a step that has to be left out.
not_run() {
    rows+=("$(printf '%-30s %-8s          %s' "$1" "not run" "$2")")
    not_run=$((not_run + 1))
}

# Losses of every epoch, of one run.
losses() { cut -d, -f3 "$1/metrics.csv" | tail -n +2; }

train() {
    "$ssl" train --data emoji32 --epochs "$epochs" --seed 3 --quiet --overwrite --device "$1" --precision fp32 --out "$2"
}

same_as_cpu() {
    train cpu "$out/run-cpu" || return 1
    paste <(losses "$out/run-cpu") <(losses "$out/run-cuda") | awk '
        { d = $1 > $2 ? $1 - $2 : $2 - $1; if (d > worst) worst = d; print "epoch", NR, "cpu", $1, "cuda", $2 }
        END { print "largest difference", worst + 0; exit !(NR > 0 && worst < 0.02) }'
}

same_again() {
    train cuda "$out/run-cuda-2" || return 1
    diff <(losses "$out/run-cuda") <(losses "$out/run-cuda-2") && echo "the same losses, digit for digit"
}

# The settings of the run on CIFAR-10; the first steps are those of the whole run.
settings=("data=$cifar" encoder.name=resnet18 encoder.width=64 encoder.stem=cifar "epochs=$cifar_epochs"
    optimization.warmupEpochs=0.5 seed=3)

first_steps() {
    "$place/ssl/runtime/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
        -XX:Tier3DelayOn=100000 -cp "$place/ssl/lib/benchmarks.jar" invar.benchmarks.gpu.FirstSteps \
        "$1" "$cifar_steps" "${settings[@]}"
}

first_steps_of_the_cpu() {
    first_steps cpu > "$out/steps-cpu.txt" && first_steps cuda > "$out/steps-cuda.txt" || return 1
    paste "$out/steps-cpu.txt" "$out/steps-cuda.txt" | awk -v steps="$cifar_steps" '
        { d = ($4 - $8) / $4; if (d < 0) d = -d; if (d > worst) worst = d; print "step", $2, "cpu", $4, "cuda", $8 }
        $2 != $6 || NF != 8 || !($8 > 0) { torn = 1 }
        END { print NR, "steps, largest difference", worst + 0, "of the loss"
              exit !(NR == steps && !torn && worst < 0.02) }'
}

# Ends with the accuracies of the trained encoder, with their names.
train_on_cifar() {
    local setting options=()
    for setting in "${settings[@]}"; do options+=(--set "$setting"); done
    "$ssl" train "${options[@]}" --device cuda --quiet --overwrite --out "$out/run-cifar" || return 1
    grep -E '^(held out|trained encoder)' "$out/run-cifar/train.log"
}

sanitized() {
    CONTRACT_JAVA=-Xint compute-sanitizer --tool "$1" --error-exitcode 1 "$place/ssl/bin/contract" cuda "$2" cublas cudnn
}

step "devices" "$ssl" devices
if ! grep -q '^cuda' "$out/devices.txt" || grep -q '^cuda.*not available' "$out/devices.txt"; then
    cat "$out/devices.txt"
    echo "gpu.sh: there is no device to test on" >&2
    exit 2
fi
for precision in fp32 tf32 bf16; do
    step "golden files $precision" "$ssl" check --device cuda --precision $precision "$golden"
    step "contract $precision" "$place/ssl/bin/contract" cuda $precision
    step "contract $precision own kernels" "$place/ssl/bin/contract" cuda $precision cublas cudnn
done
if command -v compute-sanitizer > /dev/null; then
    for tool in memcheck racecheck synccheck; do
        for precision in fp32 tf32 bf16; do step "sanitizer $tool $precision" sanitized $tool $precision; done
    done
else
    not_run "sanitizer" "compute-sanitizer is not on the PATH"
fi
step "train on cuda" train cuda "$out/run-cuda"
step "the losses of the cpu" same_as_cpu
step "the same again" same_again
if [ -n "$cifar" ]; then
    step "first steps on cifar-10" first_steps_of_the_cpu
    step "train on cifar-10" train_on_cifar
fi

echo
command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,driver_version --format=csv,noheader
printf '%s\n' "${rows[@]}" | tee "$out/table.txt"
echo "$failed failed, $not_run not run"
if [ $strict = yes ]; then failed=$((failed + not_run)); fi
exit $((failed > 0))
