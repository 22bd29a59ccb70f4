#!/usr/bin/env bash
# Compiles src/main/cuda/*.cu to PTX in src/main/resources/invar/kernels, which is committed, so that a build needs
# neither a GPU nor nvcc.
#
#   kernels/build.sh                compiles everything and writes PTX, index.txt and manifest.txt
#   kernels/build.sh --check        the same elsewhere, and compares; exits with 1 where the committed files differ
#   kernels/build.sh --if-changed   what the Maven build runs: does nothing, and says nothing, where manifest.txt fits;
#                                   else compiles, or says in one line that nvcc 13.0 is not there, and exits with 0
#   kernels/build.sh --spills       assembles for some architectures, shows registers; exits with 1 if any kernel spills
#
# Files are compiled for compute_75, or for what a line "// architecture: compute_80" of theirs says.
# Needs nvcc 13.0 (later ones write PTX that drivers for 13.0 refuse). The first line of the PTX is lowered to version
# 8.0, which drivers from 525 on read: nothing that is used here is newer.
set -euo pipefail
cd "$(dirname "$0")"
nvcc=${NVCC:-nvcc}
sources=src/main/cuda
target=src/main/resources/invar/kernels
oldest=75
flags=(-O3 -std=c++17 --fmad=true)

# The number of the oldest architecture that a file is for.
architecture() {
    local named
    named=$(sed -n 's|^// architecture: compute_\([0-9]*\)$|\1|p' "$1")
    echo "${named:-$oldest}"
}

# Flags, and hashes of the sources and of what was made of them, in no order; less the version of nvcc.
state() {
    echo "-arch=compute_$oldest ${flags[*]}"
    (cd "$sources" && sha256sum -- *.cu *.cuh)
    (cd "$target" && sha256sum -- *.ptx index.txt)
}

if [ "${1:-}" = --if-changed ]; then
    if ! command -v sha256sum > /dev/null; then exit 0; fi           # KernelsManifestTest looks, too
    made=$(sed '1s/^nvcc V[0-9.]* //' "$target/manifest.txt" 2> /dev/null | LC_ALL=C sort || true)
    if [ "$(state 2> /dev/null | LC_ALL=C sort || true)" = "$made" ]; then exit 0; fi
    version=$({ "$nvcc" --version 2> /dev/null || true; } | sed -n 's/.*V\([0-9]*\.[0-9]*\).*/\1/p')
    if [ "$version" != 13.0 ]; then
        if [ -z "$version" ]; then version=missing; fi
        echo "kernels: the sources have changed since their PTX was made, and $nvcc is $version:" \
            "run kernels/build.sh with nvcc 13.0" >&2
        exit 0
    fi
    echo "kernels: the sources have changed; $nvcc compiles them"
    shift
fi
if ! command -v "$nvcc" > /dev/null; then
    echo "build.sh: nvcc was not found; set NVCC to it. The committed PTX is as it was." >&2
    exit 2
fi
case ${1:-} in
    --check) target=$(mktemp -d) ;;
    --spills)
        status=0
        for arch in sm_75 sm_80 sm_90; do
            for file in "$sources"/*.cu; do
                if [ "${arch#sm_}" -lt "$(architecture "$file")" ]; then continue; fi
                "$nvcc" -arch=$arch -O3 -std=c++17 -Xptxas -v -cubin -o /dev/null "$file" 2>&1 | awk -v arch=$arch '
                    /Compiling entry function/ { match($0, /'"'"'[^'"'"']*'"'"'/); name = substr($0, RSTART + 1, RLENGTH - 2) }
                    /spill stores/ { spilled = ($5 + $9 > 0) ? " SPILLS: " $0 : "" }
                    /Used [0-9]+ registers/ { print arch, name, $5, "registers" spilled; if (spilled != "") bad = 1 }
                    END { exit bad }' || status=1
            done
        done
        exit $status ;;
    "") mkdir -p "$target"; rm -f "$target"/*.ptx ;;
    *) echo "build.sh: unknown option $1; see the head of $0" >&2; exit 2 ;;
esac

: > "$target/index.txt"
for file in "$sources"/*.cu; do
    name=$(basename "$file" .cu)
    "$nvcc" -arch=compute_"$(architecture "$file")" "${flags[@]}" -ptx -o "$target/$name.ptx" "$file"
    sed -i 's/^\.version 9\.0$/.version 8.0/' "$target/$name.ptx"
    { grep -oE '^\.visible \.entry [a-z0-9_]+' "$target/$name.ptx" || true; } \
        | sed "s/.* //; s/\$/ $name/" >> "$target/index.txt"
done
made=$(state)
echo "nvcc $("$nvcc" --version | grep -oE 'V[0-9.]+') $made" > "$target/manifest.txt"

if [ "${1:-}" = --check ]; then
    diff -r "$target" src/main/resources/invar/kernels
    echo "build.sh: the committed PTX is what $("$nvcc" --version | grep -oE 'V[0-9.]+') makes of the sources"
    rm -r "$target"
fi
