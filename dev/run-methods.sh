#!/usr/bin/env bash
# Trains every method on every set with every seed, about 468 steps of 128 images each, measures k-NN and a linear
# probe, and writes runs/methods.csv:
#   method,data,seed,representation,measure,value
#
#   dev/run-methods.sh                                    19 methods x 3 sets x 3 seeds; with --jobs 2 on 2 cores
#                                                         about 4 hours, with AVX-512 about 2
#   dev/run-methods.sh --methods "byol simsiam" --seeds 0 some of them
#   dev/run-methods.sh --fashion DIR                      where the idx files of Fashion-MNIST are (60,000 images)
#   dev/run-methods.sh --jobs 2                           so many at once, of one thread each: sooner done than one after
#                                                         the other; results do not depend on the number of threads
#   dev/run-methods.sh --publish                          also puts the table into docs/methods.md, and its numbers,
#                                                         seed by seed, into docs/methods.csv
#
# Needs: the jar (mvn -q -DskipTests package); for Fashion-MNIST its folder, else that set is left out, which is said.
# Finished runs are kept in runs/methods and not made again, so it can be stopped and started at will.
# Expect: kNN-20 and the linear probe above the random encoder's for most methods; see docs/methods.md.
set -euo pipefail
cd "$(dirname "$0")/.."
jar=ssl/target/ssl.jar
methods=
data="emoji32 shapes fashion"
seeds="0 1 2"
fashion=
publish=
jobs=1
while [ $# -gt 0 ]; do
    case $1 in
        --methods) methods=${2:?--methods needs names}; shift ;;
        --data) data=${2:?--data needs names}; shift ;;
        --seeds) seeds=${2:?--seeds needs numbers}; shift ;;
        --fashion) fashion=${2:?--fashion needs a folder}; shift ;;
        --jobs) jobs=${2:?--jobs needs a number}; shift ;;
        --publish) publish=yes ;;
        *) echo "run-methods.sh: unknown option $1; see the head of $0" >&2; exit 2 ;;
    esac
    shift
done
if [ ! -f "$jar" ]; then
    echo "run-methods.sh: $jar is missing; make it with mvn -q -DskipTests package" >&2
    exit 2
fi
threads=
if [ "$jobs" -gt 1 ]; then threads="--threads 1"; fi
if [ -z "$methods" ]; then methods=$(java -jar "$jar" methods 2> /dev/null | awk 'NR > 1 { print $1 }'); fi
mkdir -p runs/methods

# Epochs that come closest to 468 steps, by how many batches of 128 an epoch has. Methods with one view see each of the
# two drawings of an emoji as an image of its own.
epochs() {
    case $1:$2 in
        emoji32:rotnet | emoji32:jigsaw | emoji32:cpc | emoji32:instdisc) echo 20 ;;
        emoji32:*) echo 43 ;;
        shapes:*) echo 6 ;;
        fashion:*) echo 1 ;;
    esac
}

# train METHOD SOURCE SEED EPOCHS RUN
train() {
    # shellcheck disable=SC2086
    java -jar "$jar" train --method "$1" --data "$2" --seed "$3" --batch 128 --width 16 --epochs "$4" --out "$5" \
        --overwrite --quiet $threads > "$5.txt" 2>&1
}

# The probe of a run: 30 epochs on features that are computed once. Beside simclr's, that of pixels and of the random
# encoder, which are those of every method with a plain ResNet.
# probe METHOD SET SEED
probe() {
    local run=runs/methods/$1-$2-$3 baselines=runs/methods/baselines-$2-$3.csv more="--no-pixels --no-random-encoder"
    if [ "$1" = simclr ]; then more=; fi
    # shellcheck disable=SC2086
    java -jar "$jar" eval linear "$run" --epochs 30 --seed "$3" $more $threads --csv "$run/linear.part" \
        > "$run.linear.txt" 2>&1
    if [ "$1" = simclr ]; then grep -E '^representation|^raw pixels|^random' "$run/linear.part" > "$baselines"; fi
    grep -E '^representation|safetensors,' "$run/linear.part" > "$run/linear.csv"
    rm "$run/linear.part"
}

# one METHOD SET SOURCE SEED: a run and its probe, if they are not there yet.
one() {
    local run=runs/methods/$1-$2-$4
    if [ -f "$run/linear.csv" ]; then return; fi
    if { [ -f "$run/result.csv" ] || train "$1" "$3" "$4" "$(epochs "$2" "$1")" "$run"; } && probe "$1" "$2" "$4"; then
        echo "$run: done"
    else
        touch runs/methods/failed
        echo "$run: failed: $(cat "$run.txt" "$run.linear.txt" 2> /dev/null | grep -m 1 '^ssl:')"
    fi
}

rm -f runs/methods/failed
for seed in $seeds; do
    for set in $data; do
        source=$set
        if [ "$set" = fashion ]; then
            if [ -z "$fashion" ]; then echo "fashion: left out, because --fashion was not given"; continue; fi
            source=$fashion
        fi
        for method in $methods; do
            while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
            one "$method" "$set" "$source" "$seed" &
        done
    done
done
wait

# What is there, also of earlier calls.
table=runs/methods.csv
echo "method,data,seed,representation,measure,value" > "$table"
for file in runs/methods/*/linear.csv; do
    run=${file%/linear.csv}
    IFS=- read -r seed set method < <(basename "$run" | sed -E 's/^(.*)-([a-z0-9]+)-([0-9]+)$/\3-\2-\1/')
    tail -n +2 "$run/result.csv" | sed "s/^/$method,$set,$seed,/" >> "$table"
    awk -F, -v row="$method,$set,$seed,trained encoder,images/s of the fastest epoch" 'NR > 1 && $6 > most { most = $6 }
        END { print row "," most }' "$run/metrics.csv" >> "$table"
    tail -n +2 "$file" | sed -n "s/^[^,]*safetensors,/$method,$set,$seed,linear probe,/p" >> "$table"
done
for file in runs/methods/baselines-*.csv; do
    IFS=- read -r _ set seed < <(basename "$file" .csv)
    tail -n +2 "$file" | sed "s/^/-,$set,$seed,linear probe of /" >> "$table"
done
echo "$(($(wc -l < "$table") - 1)) values in $table"
dev/methods-table.sh "$table" > runs/methods.md
if [ -n "$publish" ]; then
    awk 'FNR == NR { table = table $0 "\n"; next }
         /<!-- measured -->/ { print; printf "%s", table; skip = 1 }
         /<!-- end -->/ { skip = 0 }
         !skip { if ($0 !~ /<!-- measured -->/) print }' runs/methods.md docs/methods.md > runs/methods-page.md
    mv runs/methods-page.md docs/methods.md
    cp "$table" docs/methods.csv
fi
[ ! -e runs/methods/failed ]
