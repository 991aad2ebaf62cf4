#!/usr/bin/env python3
"""Counts test cases in Meson's log: cmocka's cases, a script's own "N passed, N failed, N skipped"
line, or else the whole test as one. Says what was skipped and why, and of each test that failed what
it said. Exit 1 if anything failed, or if nothing was tested."""
import json
import re
import sys

MARK = "    | "


def ends(lines, first, last):
    """The first and the last of many lines."""
    return lines if len(lines) <= first + last else [*lines[:first], "...", *lines[-last:]]


def slices(lines, begin, end):
    """From each line that begins so up to the line that ends it."""
    found, taking = [], False
    for line in lines:
        if re.match(begin, line):
            found, taking = found + [[]], True
        elif taking and re.match(end, line):
            taking = False
        if taking:
            found[-1].append(line)
    return [line for one in found for line in ends(one, 6, 14)]


def what_it_said(test, cases):
    """Of a test that failed: its failed cases, or the end; and what stands on standard error, where sanitizers write."""
    out = (test.get("stdout") or "").splitlines()
    err = (test.get("stderr") or "").splitlines()
    runs = "|".join(re.escape(case) for case in cases)
    said = slices(out, rf"\[ RUN      \] ({runs})$", r"\[ (?!RUN)") if cases else []
    said += slices(out, "FAILED ", r"(ok|==|skipped:) |\d+ passed, ")
    return [f"{test['result']}, status {test.get('returncode')}, after {test['duration']:.0f} s",
            *ends(said or out, 30 if said else 0, 30), *ends(err, 30, 10)]


def judge(test):
    """passed, failed, skipped, and the names of failed and of skipped cases"""
    text = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
    own = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", text, re.M)
    # cmocka names skipped and failed cases once where they happen and once in its summary
    cases_ok = len(re.findall(r"^\[       OK \] ", text, re.M))
    cases_skip = set(re.findall(r"^\[  SKIPPED \] (\S+)$", text, re.M))
    cases_fail = set(re.findall(r"^\[  FAILED  \] (\S+)$", text, re.M))
    ok = test["result"] in ("OK", "EXPECTEDFAIL")
    skip = test["result"] == "SKIP"
    if own:
        p, f, s = (int(n or 0) for n in own[-1])
    elif cases_ok or cases_skip or cases_fail:
        p, f, s = cases_ok, len(cases_fail), len(cases_skip)
    else:
        p, f, s = (1 if ok else 0), 0, (1 if skip else 0)
    if not ok and not skip and f == 0:
        f = 1
    why = sorted(cases_skip) + re.findall(r"^\s*skipped: (.*)$", text, re.M)
    return p, f, s, sorted(cases_fail), why or ([""] if skip else [])


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    passed = failed = skipped = 0
    bad = []
    with open(sys.argv[1], encoding="utf-8") as log:
        tests = [json.loads(line) for line in log]
    for test in tests:
        p, f, s, cases, why = judge(test)
        for reason in why:
            print(f"skipped: {test['name']}{': ' * bool(reason)}{reason}")
        if f:
            bad.append((test, cases))
        passed, failed, skipped = passed + p, failed + f, skipped + s
    for test, cases in bad:
        print(f"FAILED: {test['name']}{': ' * bool(cases)}{', '.join(cases)}")
        print("\n".join(MARK + line[:400] for line in what_it_said(test, cases)))
    if not tests:
        failed += 1
        print("FAILED: no test was run")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
