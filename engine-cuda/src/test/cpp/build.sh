#!/usr/bin/env bash
# Compiles kernel files as C++ and links them with the emulator into a stand-in for libcuda.so.1.
#
#   build.sh FOLDER FILE.cu ...      makes FOLDER/libcuda.so.1
#
# Needs a C++17 compiler for x86-64 Linux ($CXX, else c++). What has not changed is not compiled again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?build.sh needs the folder to write to}
shift
cxx=${CXX:-c++}
flags=(-std=c++17 -O2 -g1 -fPIC -fvisibility=hidden -ffp-contract=off -Wall -Wno-unknown-pragmas -Wno-unused-function)
mkdir -p "$out"
objects=()

# compile SOURCE OBJECT DEPENDENCY ...
compile() {
    local source=$1 object=$2 part
    shift 2
    for part in "$source" "$@"; do
        if [ ! -f "$object" ] || [ "$part" -nt "$object" ]; then
            "$cxx" "${flags[@]}" -c "$source" -o "$object.part"
            mv "$object.part" "$object"
            break
        fi
    done
    objects+=("$object")
}

for unit in scheduler driver tensor_cores; do
    compile "$here/$unit.cpp" "$out/$unit.o" "$here/emulator.h" "$here/scheduler.h" "$here/registry.h"
done
for file in "$@"; do
    file=$(realpath "$file")
    name=$(basename "$file" .cu)
    unit=$out/$name.cpp
    {
        echo "#include \"$here/emulator.h\""
        echo "#include \"$here/registry.h\""
        echo "#include \"$file\""
        "$cxx" -std=c++17 -E -P -x c++ -include "$here/emulator.h" "$file" \
            | grep -oE 'extern "C" +void +[a-z0-9_]+ *\(' | sed -E 's/.* ([a-z0-9_]+) *\($/\1/' \
            | while read -r kernel; do
                echo "static emulator::Register register_$kernel(\"$kernel\", $kernel);"
            done
    } > "$unit.part"
    if cmp -s "$unit.part" "$unit"; then rm "$unit.part"; else mv "$unit.part" "$unit"; fi
    compile "$unit" "$out/$name.o" "$file" "$(dirname "$file")"/*.cuh "$here/emulator.h" "$here/registry.h"
done
"$cxx" -shared -Wl,-soname,libcuda.so.1 -Wl,-z,defs -o "$out/libcuda.so.1.part" "${objects[@]}"
mv "$out/libcuda.so.1.part" "$out/libcuda.so.1"
"$here/libraries.sh" "$out/libraries"
