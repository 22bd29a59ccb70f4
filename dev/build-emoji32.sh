#!/usr/bin/env bash
# Rebuilds the data of `emoji32` from its sources and checks that the committed bytes are the same.
#
#   dev/build-emoji32.sh                 download (136 MB), rebuild, compare; exit 1 if a byte differs
#   dev/build-emoji32.sh --write         ... and put the rebuilt files into the source tree
#   dev/build-emoji32.sh --from DIR      take the two .tgz files from DIR, download nothing
#
# Source:  npm packages emoji-datasource-google and emoji-datasource-twitter, version 16.0.0, by package name.
# Needs:   npm, node, tar.   Takes: about a minute, nearly all of it the download.
# Result:  google.png, twitter.png  sheets of 62 x 62 cells, 32 px + 1 px margin, 256 colours with alpha
#          index.tsv                one line for each emoji that both vendors draw, in sheet order:
#                                   sheet_x sheet_y codepoints skin name category subcategory
# Licences: see NOTICE.
set -euo pipefail

version=16.0.0
root=$(cd "$(dirname "$0")/.." && pwd)
target=$root/ssl/src/main/resources/invar/ssl/data/emoji32
write=false
from=
while [ $# -gt 0 ]; do
    case $1 in
        --write) write=true ;;
        --from) from=$(cd "${2:?--from needs a folder}" && pwd); shift ;;
        *) echo "unknown option $1; see the head of $0" >&2; exit 2 ;;
    esac
    shift
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for vendor in google twitter; do
    package=emoji-datasource-$vendor
    if [ -n "$from" ]; then
        archive=$from/$package-$version.tgz
    else
        npm pack --silent "$package@$version" > /dev/null
        archive=$work/$package-$version.tgz
    fi
    mkdir "$vendor"
    tar -xzf "$archive" -C "$vendor" package/emoji.json "package/img/$vendor/sheets-256/32.png"
    cp "$vendor/package/img/$vendor/sheets-256/32.png" "$vendor.png"
done
cmp google/package/emoji.json twitter/package/emoji.json    # one list, so one cell is one emoji in both sheets
node "$root/dev/build-emoji32.mjs" google/package/emoji.json > index.tsv

status=0
for file in google.png twitter.png index.tsv; do
    if $write; then
        mkdir -p "$target"
        cp "$file" "$target/$file"
    fi
    if cmp "$file" "$target/$file"; then
        echo "same: $file, $(wc -c < "$file") bytes"
    else
        status=1
    fi
done
exit $status
