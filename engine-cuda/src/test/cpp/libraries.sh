#!/usr/bin/env bash
# Makes stand-ins for cuBLAS and cuDNN, with the names and symbol versions of the real ones.
#
#   libraries.sh FOLDER      makes FOLDER/modern      cuBLAS 13 and cuDNN 9
#                                  FOLDER/older       cuBLAS 12 and cuDNN 8
#                                  FOLDER/too-old     cuBLAS 13 and cuDNN 9, each without a function that is called
#                                  FOLDER/incomplete  cuBLAS 13 and cuDNN 9 without parts that they load themselves
#
# Needs what build.sh needs. What has not changed is not made again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?libraries.sh needs the folder to write to}
cxx=${CXX:-c++}
flags=(-std=c++17 -O2 -fPIC -fvisibility=hidden -ffp-contract=off -Wall)
stamp=$out/made
newest=$(ls -t "$here"/{standin.h,cublas.cpp,cudnn.cpp,libraries.sh} | head -n 1)
if [ -f "$stamp" ] && [ ! "$newest" -nt "$stamp" ]; then exit 0; fi
rm -rf "$out"
mkdir -p "$out"/{modern,older,too-old,incomplete}

# part FILE: a library with nothing in it.
part() { "$cxx" -shared -nostdlib -Wl,-soname,"$(basename "$1")" -o "$1" -x c /dev/null; }

# library SOURCE MAJOR FILE FLAG...: symbols have the name of the library as their version.
library() {
    local source=$1 major=$2 file=$3 name
    shift 3
    name=$(basename "$file")
    echo "$name { global: *; };" > "$out/versions.map"
    "$cxx" "${flags[@]}" -DMAJOR="$major" -shared -Wl,-soname,"$name" -Wl,--version-script="$out/versions.map" \
        -o "$file" "$here/$source" "$@" -ldl
}

cublas() { library cublas.cpp "$2" "$1/libcublas.so.$2" "${@:3}"; part "$1/libcublasLt.so.$2"; }
cudnn() {
    local folder=$1 major=$2 parts=(graph engines_runtime_compiled engines_precompiled heuristic ops cnn)
    if [ "$major" = 8 ]; then parts=(ops_infer ops_train cnn_infer cnn_train); fi
    library cudnn.cpp "$major" "$folder/libcudnn.so.$major" "${@:3}"
    for name in "${parts[@]}"; do part "$folder/libcudnn_$name.so.$major"; done
}

cublas "$out/modern" 13
cudnn "$out/modern" 9
cublas "$out/older" 12
cudnn "$out/older" 8
cublas "$out/too-old" 13 -DTOO_OLD
cudnn "$out/too-old" 9 -DTOO_OLD
cp "$out/modern"/libcu* "$out/incomplete"
rm "$out/incomplete"/{libcublasLt.so.13,libcudnn_heuristic.so.9}
touch "$stamp"
