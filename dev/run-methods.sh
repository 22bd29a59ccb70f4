#!/usr/bin/env bash
# Trains every method on every set with every seed, about 468 steps of 128 images each, measures k-NN and a linear
# probe, and writes runs/methods.csv:
#   method,data,seed,representation,measure,value
#
#   dev/run-methods.sh                                    19 methods x 3 sets x 3 seeds; about 5 hours on 2 cores
#   dev/run-methods.sh --methods "byol simsiam" --seeds 0 some of them
#   dev/run-methods.sh --fashion DIR                      where the idx files of Fashion-MNIST are (60,000 images)
#   dev/run-methods.sh --publish                          also puts the table into docs/methods.md
#   dev/run-methods.sh --speed                            only measures images a second: one epoch of 78 steps on
#                                                         shapes for each method, in turn, three times; 15 minutes
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
speed=
while [ $# -gt 0 ]; do
    case $1 in
        --methods) methods=${2:?--methods needs names}; shift ;;
        --data) data=${2:?--data needs names}; shift ;;
        --seeds) seeds=${2:?--seeds needs numbers}; shift ;;
        --fashion) fashion=${2:?--fashion needs a folder}; shift ;;
        --publish) publish=yes ;;
        --speed) speed=yes ;;
        *) echo "run-methods.sh: unknown option $1; see the head of $0" >&2; exit 2 ;;
    esac
    shift
done
if [ ! -f "$jar" ]; then
    echo "run-methods.sh: $jar is missing; make it with mvn -q -DskipTests package" >&2
    exit 2
fi
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
    java -jar "$jar" train --method "$1" --data "$2" --seed "$3" --batch 128 --width 16 --epochs "$4" --out "$5" \
        --overwrite --quiet > "$5.txt" 2>&1
}

# The probe of a run: 30 epochs on features that are computed once. Pixels and the random encoder are the same for all
# methods but for how the encoder starts; they are measured once for a set and a seed.
# probe RUN SET SEED
probe() {
    local baselines=runs/methods/linear-$2-$3.csv
    if [ ! -f "$baselines" ]; then
        java -jar "$jar" eval linear "$1" --epochs 30 --seed "$3" --csv "$baselines" > "$1.linear.txt" 2>&1
        grep -v safetensors "$baselines" | grep -v '^run,' > "$baselines.part"
        grep -E '^representation|safetensors' "$baselines" > "$1/linear.csv"
        mv "$baselines.part" "$baselines"
    else
        java -jar "$jar" eval linear "$1" --epochs 30 --seed "$3" --no-baselines --csv "$1/linear.csv" \
            > "$1.linear.txt" 2>&1
    fi
}

if [ -n "$speed" ]; then
    echo "method,round,images a second" > runs/methods-speed.csv
    for round in 1 2 3; do
        for method in $methods; do
            run=runs/methods/speed-$method
            train "$method" shapes 0 1 "$run" || echo "$run: failed: $(grep -m 1 '^ssl:' "$run.txt")"
            awk -F, -v row="$method,$round" 'END { print row "," $6 }' "$run/metrics.csv" >> runs/methods-speed.csv
        done
    done
    cat runs/methods-speed.csv
    exit
fi

failed=0
for seed in $seeds; do
    for set in $data; do
        source=$set
        if [ "$set" = fashion ]; then
            if [ -z "$fashion" ]; then echo "fashion: left out, because --fashion was not given"; continue; fi
            source=$fashion
        fi
        for method in $methods; do
            run=runs/methods/$method-$set-$seed
            if [ -f "$run/linear.csv" ]; then continue; fi
            if { [ -f "$run/result.csv" ] || train "$method" "$source" "$seed" "$(epochs "$set" "$method")" "$run"; } \
                    && probe "$run" "$set" "$seed"; then
                echo "$run: done"
            else
                failed=$((failed + 1))
                echo "$run: failed: $(cat "$run.txt" "$run.linear.txt" 2> /dev/null | grep -m 1 '^ssl:')"
            fi
        done
    done
done

# What is there, also of earlier calls.
table=runs/methods.csv
echo "method,data,seed,representation,measure,value" > "$table"
for file in runs/methods/*/linear.csv; do
    run=${file%/linear.csv}
    IFS=- read -r seed set method < <(basename "$run" | sed -E 's/^(.*)-([a-z0-9]+)-([0-9]+)$/\3-\2-\1/')
    tail -n +2 "$run/result.csv" | sed "s/^/$method,$set,$seed,/" >> "$table"
    tail -n +2 "$file" | grep safetensors | sed "s/^[^,]*,/$method,$set,$seed,linear probe,/" >> "$table"
done
for file in runs/methods/linear-*.csv; do
    IFS=- read -r _ set seed < <(basename "$file" .csv)
    tail -n +2 "$file" | sed "s/^/-,$set,$seed,linear probe of /" >> "$table"
done
echo "$(($(wc -l < "$table") - 1)) values in $table"
dev/methods-table.sh "$table" runs/methods-speed.csv > runs/methods.md
if [ -n "$publish" ]; then
    awk 'FNR == NR { table = table $0 "\n"; next }
         /<!-- measured -->/ { print; printf "%s", table; skip = 1 }
         /<!-- end -->/ { skip = 0 }
         !skip { if ($0 !~ /<!-- measured -->/) print }' runs/methods.md docs/methods.md > runs/methods-page.md
    mv runs/methods-page.md docs/methods.md
fi
exit $((failed > 0))
