#!/bin/sh
# Configures and builds into a folder: build.sh FOLDER [MESON OPTIONS...] [-- NINJA TARGETS...]
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$1
shift
options=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options="$options $1"
    shift
done
[ $# -gt 0 ] && shift
cd "$here"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ ! -f "$folder/build.ninja" ] || [ "$(cat "$folder/options" 2>/dev/null)" != "$options" ]; then
    echo "== Configuring $folder"
    again=
    [ ! -f "$folder/build.ninja" ] || again=--reconfigure
    # shellcheck disable=SC2086 # options are words
    meson setup $again "$folder" $options >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    echo "$options" >"$folder/options"
fi
echo "== Building in $folder"
# Progress is for people: a terminal sees ninja's counter, a log sees warnings and errors alone.
if [ -t 1 ]; then
    ninja -C "$folder" "$@"
else
    ninja --quiet -C "$folder" "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
