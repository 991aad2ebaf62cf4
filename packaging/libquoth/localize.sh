#!/bin/sh
# One archive out of the rooms, with the public functions as its only global symbols, so that it gets
# in nobody's way: localize.sh OUT.a IN.a
set -eu
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
${LD:-ld} -r --whole-archive "$2" -o "$work/libquoth.o"
${OBJCOPY:-objcopy} --localize-hidden "$work/libquoth.o"
rm -f "$out"
${AR:-ar} rcsD "$out" "$work/libquoth.o"
