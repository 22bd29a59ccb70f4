#!/usr/bin/env bash
# Prints the home of a Java 25 or later: the one that Maven's toolchain finds is not always the one that is called
# `java`. Ends with 2 if there is none.
set -euo pipefail
newer='^JAVA_VERSION="(2[5-9]|[3-9][0-9])'
for home in "${JAVA_HOME:-}" "${JDK_HOME:-}" /usr/lib/jvm/* /opt/java/* "$HOME"/.sdkman/candidates/java/* \
        "$HOME"/.jdks/*; do
    if [[ -x $home/bin/java ]] && grep -qE "$newer" "$home/release" 2> /dev/null; then
        echo "$home"
        exit
    fi
done
echo "$(basename "$0"): no JDK 25 was found; set JAVA_HOME to one." >&2
exit 2
