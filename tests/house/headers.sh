#!/bin/sh
# Every header compiles alone; public headers also as C++ and without our source tree.
set -eu
cd "$1"
bad=0
libs=$(pkg-config --cflags libpq p11-kit-1 tss2-esys) # the ones whose headers lie in folders of their own
for h in $(find src -name '*.h' | sort); do
    echo "#include \"${h#src/}\"" | ${CC:-cc} -std=gnu17 -D_GNU_SOURCE -Iinclude -Isrc -I. $libs -fsyntax-only -Wall -x c - || bad=1
done
for h in $(find include -name '*.h' | sort); do
    echo "#include <${h#include/}>" | ${CC:-cc} -std=c17 -Iinclude -fsyntax-only -Wall -pedantic -x c - || bad=1
    if command -v g++ >/dev/null; then
        echo "#include <${h#include/}>" | g++ -std=c++17 -Iinclude -fsyntax-only -Wall -x c++ - || bad=1
    fi
done
exit $bad
