#!/bin/bash
# Measures a release build beside the bound of this machine: run.sh BUILD
set -u
bench=$(cd "$1" && pwd)/bench/quoth-bench

"$bench" library
