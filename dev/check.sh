#!/usr/bin/env bash
# What has to pass before a commit: format, size budgets, compilation with all lints and doclint, tests.
# Cost: some minutes. Arguments go to Maven, e.g. `dev/check.sh -o -pl nn -am`.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! mvn -q -B "$@" spotless:check; then
    echo "The format is broken; mvn spotless:apply repairs it."
    exit 1
fi
dev/size.sh
mvn -q -B "$@" verify                                         # -Xlint:all -Xdoclint:all -Werror are in the pom
echo "ready to commit"
