#!/usr/bin/env bash
# Prints the size budgets and what breaks them; exits with 1 if something does.
#
#   any Java file            <= 400 lines, each <= 120 characters
#   Tensor and its mixins    <= 400 lines together
#   one method of ssl/method 60 to 150 lines, only the classes that implement SslMethod
#
# Small on purpose: a file that one can read in one go is a file that gets read.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8                                         # a letter of any script is one character

broken=0
complain() {
    echo "  $*"
    broken=$((broken + 1))
}
lines() { cat "$@" | wc -l; }

mapfile -t files < <(find . -name target -prune -o -name '*.java' -path '*/src/*' -print | sort)

echo "Java files: ${#files[@]}, $(lines "${files[@]}") lines; each at most 400 lines of 120 characters"
for file in "${files[@]}"; do
    count=$(lines "$file")
    if ((count > 400)); then complain "$file has $count lines"; fi
done
while IFS=: read -r file line _; do
    complain "$file:$line is longer than 120 characters"
done < <(grep -nHE '^.{121,}' "${files[@]}" || true)

core=engine-core/src/main/java/invar/core
tensor=()
for name in Tensor Elementwise Reductions Linalg Movements; do
    if [[ -f $core/$name.java ]]; then tensor+=("$core/$name.java"); fi
done
if ((${#tensor[@]} > 0)); then
    count=$(lines "${tensor[@]}")
    echo "Tensor and its mixins: $count lines, at most 400"
    if ((count > 400)); then complain "Tensor and its mixins have $count lines"; fi
fi

methods=ssl/src/main/java/invar/ssl/method
if [[ -d $methods ]]; then
    mapfile -t files < <(grep -lE 'implements .*\bSslMethod\b' "$methods"/*.java || true)
    echo "Methods: ${#files[@]}; each 60 to 150 lines"
    for file in "${files[@]}"; do
        count=$(lines "$file")
        if ((count < 60 || count > 150)); then complain "$file has $count lines"; fi
    done
fi

if ((broken > 0)); then
    echo "$broken budgets broken"
    exit 1
fi
echo "all within budget"
