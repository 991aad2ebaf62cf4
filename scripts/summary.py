#!/usr/bin/env python3
"""Counts test cases in Meson's log: cmocka's cases, a script's own "N passed, N failed, N skipped"
line, or else the whole test as one. Says what was skipped and why. Exit 1 if anything failed."""
import json
import re
import sys

passed = failed = skipped = 0
for line in open(sys.argv[1], encoding="utf-8"):
    test = json.loads(line)
    name = test["name"]
    text = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
    own = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", text, re.M)
    cases_ok = len(re.findall(r"^\[       OK \] ", text, re.M))
    cases_skip = re.findall(r"^\[  SKIPPED \] (\S+)$", text, re.M)
    cases_fail = len(set(re.findall(r"^\[  FAILED  \] (\S+)$", text, re.M)) - {""})
    ok = test["result"] in ("OK", "EXPECTEDFAIL")
    skip = test["result"] == "SKIP"
    if own:
        p, f, s = (int(n or 0) for n in own[-1])
    elif cases_ok or cases_skip or cases_fail:
        # cmocka names skipped and failed cases once where they happen and once in its summary
        p, f, s = cases_ok, cases_fail, len(set(cases_skip))
    else:
        p, f, s = (1 if ok else 0), 0, (1 if skip else 0)
    if not ok and not skip and f == 0:
        f = 1
    for case in sorted(set(cases_skip)):
        print(f"skipped: {name}: {case}")
    for why in re.findall(r"^skipped: (.*)$", text, re.M):
        print(f"skipped: {name}: {why}")
    if skip and not cases_skip:
        print(f"skipped: {name}")
    if f:
        print(f"FAILED: {name}")
    passed, failed, skipped = passed + p, failed + f, skipped + s

print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed else 0)
