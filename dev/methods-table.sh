#!/usr/bin/env bash
# Prints the table of docs/methods.md from what dev/run-methods.sh has measured.
#
#   dev/methods-table.sh runs/methods.csv
#
# Means over seeds; in brackets half the distance between the least and the greatest. A dagger: not above the random
# encoder by more than that.
set -euo pipefail
awk -F, '
    function mean(key,   i, sum) { sum = 0; for (i = 1; i <= n[key]; i++) sum += v[key, i]; return sum / n[key] }
    function half(key,   i, low, high) {
        low = high = v[key, 1]
        for (i = 2; i <= n[key]; i++) { if (v[key, i] < low) low = v[key, i]; if (v[key, i] > high) high = v[key, i] }
        return (high - low) / 2
    }
    function spread(key) { return n[key] > 1 ? " (" short(half(key)) ")" : "" }
    function short(x) { return substr(sprintf("%.3f", x), x < 1 ? 2 : 1) }
    function add(key, value) { v[key, ++n[key]] = value }
    function most(key,   i, high) {
        high = 0; for (i = 1; i <= n[key]; i++) if (v[key, i] > high) high = v[key, i]
        return key in n ? sprintf("%.0f", high) : ""
    }
    FNR == 1 { next }
    { if (!($1 in seen) && $1 != "-") { seen[$1] = 1; names[++count] = $1 } sets[$2] = 1; if (!(($2, $3) in s)) { s[$2, $3] = 1; seeds[$2]++ } }
    $5 == "kNN-20" && $4 == "random encoder" { add("before:" $1 ":" $2, $6) }
    $5 == "kNN-20" && $4 == "trained encoder" { add("after:" $1 ":" $2, $6) }
    $5 == "top-1" && $4 == "linear probe" { add("probe:" $1 ":" $2, $6) }
    $5 == "classifier" { add("classifier:" $1 ":" $2, $6) }
    $5 == "top-1" && $4 == "linear probe of random encoder" { add("probe of random:" $2, $6) }
    $5 == "kNN-20" && $4 == "random encoder" && $1 == "simclr" { add("random:" $2, $6) }
    $5 == "top-1" && $4 == "linear probe of raw pixels" { add("probe of pixels:" $2, $6) }
    $5 == "kNN-20" && $4 == "raw pixels" { add("pixels:" $2, $6) }
    $5 ~ /^peak memory/ && $2 == "shapes" { add("memory:" $1, $6) }
    $5 ~ /^images\/s/ && $2 == "shapes" { add("rate:" $1, $6) }
    function cell(m, d,   before, after, k) {
        k = m ":" d
        if (!(("after:" k) in n) || !(("probe:" k) in n)) return " | |"
        before = mean("before:" k); after = mean("after:" k)
        return sprintf(" %s → %s%s%s | %s%s |", short(before), short(after), spread("after:" k),
            after - before > half("after:" k) ? "" : " †", short(mean("probe:" k)), spread("probe:" k))
    }
    function baseline(name, knn, probe,   i, row) {
        row = "| *" name "* |"
        for (i = 1; i <= k; i++) if (d[i] in sets) row = row sprintf(" %s | %s |",
            known(knn d[i]), known(probe d[i]))
        print row " | |"
    }
    function known(key) { return key in n ? short(mean(key)) : "" }
    END {
        order = "emoji32 shapes fashion"; k = split(order, d, " ")
        line = "| method |"; under = "|---|"
        for (i = 1; i <= k; i++) if (d[i] in sets) {
            line = line " " d[i] ": kNN-20 | linear |"; under = under "--:|--:|"
        }
        print line " images/s, shapes | MiB, shapes |"; print under "--:|--:|"
        baseline("pixels", "pixels:", "probe of pixels:"); baseline("random encoder", "random:", "probe of random:")
        for (j = 1; j <= count; j++) {
            m = names[j]; row = "| `" m "` |"
            for (i = 1; i <= k; i++) if (d[i] in sets) row = row cell(m, d[i])
            print row " " most("rate:" m) " | " most("memory:" m) " |"
        }
        line = ""
        for (i = 1; i <= k; i++) if (d[i] in sets) line = line (line == "" ? "" : ", ") seeds[d[i]] " on " d[i]
        print "\nSeeds: " line "."
    }' "$1"
