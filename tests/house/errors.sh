#!/bin/sh
# docs/errors.md is what the table of codes says.
set -eu
cd "$1"
scripts/errors.sh | diff -u docs/errors.md - || {
    echo "docs/errors.md is stale: scripts/errors.sh > docs/errors.md"
    exit 1
}
