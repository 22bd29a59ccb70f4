#!/usr/bin/env bash
# Trains every method on every set with every seed, about 468 steps of 128 images each, and writes runs/methods.csv:
#   method,data,seed,representation,measure,value
#
#   dev/run-methods.sh                                    19 methods x 3 sets x 3 seeds; about 4 hours on 2 cores
#   dev/run-methods.sh --methods "byol simsiam" --seeds 0 some of them
#   dev/run-methods.sh --fashion DIR                      where the idx files of Fashion-MNIST are (60,000 images)
#
# Needs: the jar (mvn -q -DskipTests package); for Fashion-MNIST its folder, else that set is left out, which is said.
# Finished runs are kept in runs/methods and not made again, so it can be stopped and started at will.
# Expect: kNN-20, and on emoji32 "same glyph", above the random encoder's for most methods; see docs/methods.md.
set -euo pipefail
cd "$(dirname "$0")/.."
jar=ssl/target/ssl.jar
methods=
data="emoji32 shapes fashion"
seeds="0 1 2"
fashion=
while [ $# -gt 0 ]; do
    case $1 in
        --methods) methods=${2:?--methods needs names}; shift ;;
        --data) data=${2:?--data needs names}; shift ;;
        --seeds) seeds=${2:?--seeds needs numbers}; shift ;;
        --fashion) fashion=${2:?--fashion needs a folder}; shift ;;
        *) echo "run-methods.sh: unknown option $1; see the head of $0" >&2; exit 2 ;;
    esac
    shift
done
if [ ! -f "$jar" ]; then
    echo "run-methods.sh: $jar is missing; make it with mvn -q -DskipTests package" >&2
    exit 2
fi
if [ -z "$methods" ]; then methods=$(java -jar "$jar" methods 2> /dev/null | awk 'NR > 1 { print $1 }'); fi

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

mkdir -p runs/methods
table=runs/methods.csv
echo "method,data,seed,representation,measure,value" > "$table"
for seed in $seeds; do
    for set in $data; do
        source=$set
        if [ "$set" = fashion ]; then
            if [ -z "$fashion" ]; then echo "fashion: left out, because --fashion was not given"; continue; fi
            source=$fashion
        fi
        for method in $methods; do
            run=runs/methods/$method-$set-$seed
            if [ ! -f "$run/result.csv" ]; then
                java -jar "$jar" train --method "$method" --data "$source" --seed "$seed" --batch 128 --width 16 \
                    --epochs "$(epochs "$set" "$method")" --out "$run" --overwrite --quiet > "$run.txt" 2>&1 \
                    || echo "$run: failed: $(grep -m 1 '^ssl:' "$run.txt")"
            fi
            if [ -f "$run/result.csv" ]; then
                tail -n +2 "$run/result.csv" | sed "s/^/$method,$set,$seed,/" >> "$table"
                awk -F, -v row="$method,$set,$seed,run,images a second," 'END { print row $6 }' "$run/metrics.csv" >> "$table"
                echo "$run: done"
            fi
        done
    done
done
echo "$(($(wc -l < "$table") - 1)) values in $table"
