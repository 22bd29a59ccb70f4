#!/usr/bin/env bash
# Our kernels side by side with libtorch's and OpenBLAS's, in turn, in one run; writes docs/performance.md.
#
#   dev/bench.sh                            everything, on 1 thread and on all; over an hour
#   dev/bench.sh --quick                    fewer and shorter rounds; about 30 minutes
#   dev/bench.sh --only ntxent --threads 2  some cases; only whole groups are written to the page
#   dev/bench.sh --list                     the cases
#   dev/bench.sh --profile CASE [THREADS]   where the time of a case goes, by method; 20 seconds
#   dev/bench.sh --help                     all options, and what counts as a failure
#   dev/bench.sh --built …                  without Maven: what the last run built
#
# Needs: a machine with nothing else to do; 10 GB of memory; a JDK 25; Maven, which loads 115 MB (DJL and libtorch)
# from Maven Central the first time, 450 MB unpacked into benchmarks/target. Linux on x86-64 for libtorch. Takes part if
# installed: OpenBLAS (Debian: libopenblas0-pthread), and a C compiler for the ceilings; what is missing is said.
# Other files: OPENBLAS=/path/to/libopenblas.so.0, JAVA_HOME. Expect: for each group a table of medians and ratios, and
# exit status 0. A group in which something fails keeps its table, a sentence says what failed, and the status is 1.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$PWD/benchmarks/target

if [[ ${1:-} == --built ]]; then
    shift
else
    mvn -q -B -Ppeers -DskipTests -pl benchmarks -am package
fi

java=$(dev/jdk25.sh)/bin/java
if [[ ! -e $target/benchmarks.jar ]]; then
    echo "bench.sh: there is nothing built yet; run it once without --built" >&2
    exit 2
fi

if [[ ${1:-} == --profile ]]; then
    exec "$java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -XX:Tier3DelayOn=100000 \
        -XX:+UnlockDiagnosticVMOptions -XX:+DebugNonSafepoints -cp "$target/benchmarks.jar" \
        invar.benchmarks.compare.Profile "${2:?--profile needs a case, such as ntxent/1024/128; see --list}" "${3:-1}" 10
fi

blas=${OPENBLAS:-}
for file in /usr/lib/*/openblas-pthread/libopenblas.so.0 /usr/lib/*/libopenblas.so.0 /usr/lib64/libopenblas.so.0 \
        /usr/local/lib/libopenblas.so.0; do
    if [[ -z $blas && -e $file ]]; then blas=$file; fi
done

ceilings=
if command -v cc > /dev/null; then
    cc -O3 -march=native -ffp-contract=fast -pthread benchmarks/src/main/c/ceilings.c -o "$target/ceilings"
    ceilings=$target/ceilings
fi

peers=                                                       # without them, the comparison says that they are missing
if [[ -e $target/peers.classpath ]]; then
    peers=$target/classes:$target/benchmarks.jar:$(< "$target/peers.classpath")
fi

mkdir -p "$target/libtorch"
exec "$java" --add-modules jdk.incubator.vector \
    -Dbench.peers="$peers" -Dbench.cache="$target/libtorch" -Dbench.openblas="$blas" -Dbench.ceilings="$ceilings" \
    -Dbench.log="$target/bench.log" -Dbench.page=docs/performance.md \
    -Dbench.commit="$(git describe --always --dirty --abbrev=8 2> /dev/null || echo 'unknown commit')" \
    -cp "$target/benchmarks.jar" invar.benchmarks.compare.Compare "$@"
