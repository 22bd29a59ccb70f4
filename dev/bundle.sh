#!/usr/bin/env bash
# Packs what a Linux machine without Java needs into ssl/target/ssl-linux-x64.tar.xz: a Java runtime, ssl.jar,
# benchmarks.jar, and the backend contract. Called by `mvn -Pbundle package`; needs its jars, a JDK 25 and xz.
#
#
# Unpack it anywhere; then bin/ssl is `java -jar ssl.jar`, bin/benchmarks the benchmarks, bin/contract the contract.
set -euo pipefail
cd "$(dirname "$0")/.."
jdk=$(dev/jdk25.sh)
work=ssl/target/bundle
root=$work/ssl
rm -rf "$work"
mkdir -p "$root/bin" "$root/lib/contract"

# What the jars use, by jdeps, and what is found by name only: time zones and character sets are not; the compiler
# interface of JMH is not needed to run.
modules=java.base,java.desktop,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,jdk.incubator.vector
modules=$modules,jdk.jfr,jdk.management,jdk.unsupported
"$jdk/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --compress zip-0 \
    --output "$root/runtime"
cp ssl/target/ssl.jar benchmarks/target/benchmarks.jar "$root/lib/"
cp engine-core/target/engine-core-*-tests.jar engine-cuda/target/engine-cuda-*-tests.jar \
    benchmarks/target/contract/*.jar "$root/lib/contract/"
cp LICENSE* NOTICE* "$root/" 2> /dev/null || true

start='#!/bin/sh
# Started through a link too.
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
export JAVA_HOME="$here/runtime"'
printf '%s\nexec "$here/runtime/bin/java" -jar "$here/lib/ssl.jar" "$@"\n' "$start" > "$root/bin/ssl"
printf '%s\nexec "$here/runtime/bin/java" -jar "$here/lib/benchmarks.jar" "$@"\n' "$start" > "$root/bin/benchmarks"
printf '%s\nexec "$here/runtime/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \\\n    -XX:Tier3DelayOn=100000 $CONTRACT_JAVA -cp "$here/lib/ssl.jar:$here/lib/contract/*" \\\n    invar.core.testkit.ContractRun "$@"\n' \
    "$start" > "$root/bin/contract"
chmod +x "$root"/bin/*

# The same bytes from the same commit: names in order, one time, no owners.
tar --sort=name --mtime='2026-11-21 00:00Z' --owner=0 --group=0 --numeric-owner -C "$work" -cf - ssl \
    | xz -T2 -9e > ssl/target/ssl-linux-x64.tar.xz
size=$(stat -c %s ssl/target/ssl-linux-x64.tar.xz)
echo "ssl/target/ssl-linux-x64.tar.xz: $((size / 1048576)) MiB"
if ((size > 60 * 1000 * 1000)); then
    echo "bundle.sh: the bundle has $size bytes; 60 MB are the limit" >&2
    exit 1
fi
