#!/usr/bin/env python3
"""What time alone does in the vault: vault_clock_test.py QUOTH QUOTHD MAKE_QUOTE. A week and a day go by while
quothd is stopped, or so the clock says: keys turn, and what was deleted is gone only when somebody has said that the
clock is right, or when so much time was seen to go by. The trail tells of it."""
import glob
import json
import os
import sqlite3
import time

from stage import Platform, Verifier, until, whole_lines
from harness import case, main, need, path, read, same

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
VERSION = "?api-version=7.4"
OPTIONS = ("--rate", "0", "--vault-retention", "7")
LOOKED = 5  # seconds, in which the clock has looked, as it does every two

vault = Verifier("vault-clock", *Platform("platform").trust())
vault.start(*OPTIONS)


def call(method, target, body=None, status=200):
    fields = [("Authorization", "Bearer " + read(os.path.join(vault.state, "admin.token")).decode().strip()),
              ("Content-Type", "application/json")]
    answer = vault.ask(method, target + VERSION, b"" if body is None else json.dumps(body).encode(), fields)
    same(answer.status, status, f"{method} {target}: {answer.body}")
    return answer.json() if answer.body else None


def versions(name):
    return len(call("GET", f"/keys/{name}/versions")["value"])


def trail():
    """Event and name of what the clock has done."""
    found = []
    for file in glob.glob(os.path.join(vault.state, "audit", "*", "administration*.jsonl")):
        found += [json.loads(line) for line in whole_lines(file)]
    return sorted((line["event"], line["name"]) for line in found if line.get("who") == "service" and line["event"].startswith("vault."))


def later(days, *options):
    """quothd again, so many days after now; without the library time does not go by."""
    vault.stop()
    if days == 0:
        return vault.start(*OPTIONS, *options)
    return vault.start(*OPTIONS, *options, before=("env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME={days:+}d"))


@case
def nothing_is_done_before_its_time():
    for name in ("turns", "stays", "goes", "back"):
        call("POST", f"/keys/{name}/create", {"kty": "EC"})
    call("POST", "/keys/ends/create", {"kty": "oct", "attributes": {"exp": int(time.time()) + 35 * 86400}})
    call("PUT", "/secrets/goes", {"value": "word"})
    call("PUT", "/keys/turns/rotationpolicy", {"lifetimeActions": [
        {"trigger": {"timeAfterCreate": "P7D"}, "action": {"type": "Rotate"}}], "attributes": {"expiryTime": "P90D"}})
    for target in ("/keys/goes", "/keys/back", "/secrets/goes"):
        gone = call("DELETE", target)
        same(gone["scheduledPurgeDate"] - gone["deletedDate"], 7 * 86400, "retention")
    call("POST", "/deletedkeys/back/recover")
    later(0, "--clock-reset")
    time.sleep(LOOKED)
    call("GET", "/deletedkeys/goes")
    same(versions("turns"), 1, "versions")
    same(vault.logged("vault.clock-unwitnessed"), [], "the log")
    same(trail(), [], "the trail")


@case
def a_start_by_a_clock_that_is_ahead_takes_nothing_away():
    """Nor does the next one. Keys turn: that can be undone. What is deleted is looked at before they are."""
    if not FAKETIME:
        print("  skipped: needs libfaketime")
        return
    vault.context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME
    for _ in range(2):
        later(8)
        until(lambda: len(trail()) >= 2, "the clock's lines")
        until(lambda: versions("turns") == 2, "a new version")
        time.sleep(LOOKED)
        same(trail(), [("vault.key.near-expiry", "ends"), ("vault.key.rotate", "turns")], "the trail")
        for target in ("/deletedkeys/goes", "/deletedsecrets/goes"):
            call("GET", target)
        until(lambda: vault.logged("vault.clock-unwitnessed"), "the log to say so")
        line, = vault.logged("vault.clock-unwitnessed")
        need(abs(line["ahead"] - 8 * 86400) < 300 and line["rests"] == line["ahead"] // 6, f"how far: {line}")
        need("--clock-reset" in line["hint"], f"says not what to do: {line}")
    later(0, "--clock-reset")
    call("POST", "/deletedsecrets/goes/recover")
    same(call("GET", "/secrets/goes")["value"], "word", "value")
    call("DELETE", "/secrets/goes")


@case
def a_clock_that_is_behind_shortens_no_recovery():
    """It would be over as soon as the clock is set right. What was seen is the instant of the runs before."""
    if not FAKETIME:
        print("  skipped: needs libfaketime")
        return
    seen = int(time.time())
    later(0, "--clock-reset")
    later(-30)
    call("PUT", "/secrets/behind", {"value": "word"})
    gone = call("DELETE", "/secrets/behind")
    need(gone["scheduledPurgeDate"] >= seen + 7 * 86400, f"purged at {gone['scheduledPurgeDate']}, and now is {seen}")
    call("POST", "/deletedsecrets/behind/recover")


@case
def a_week_later_what_is_due_is_done_once():
    if not FAKETIME:
        print("  skipped: needs libfaketime")
        return
    later(8, "--clock-reset")
    until(lambda: len(trail()) >= 4, "the clock's lines")
    for target in ("/deletedkeys", "/deletedsecrets"):  # what is purged is told of before it is gone
        until(lambda: not call("GET", target)["value"], f"{target} to be gone")
    call("GET", "/deletedkeys/goes", status=404)
    call("GET", "/deletedsecrets/goes", status=404)
    call("POST", "/deletedsecrets/goes/recover", status=404)
    call("POST", "/keys/goes/create", {"kty": "EC"})  # the name is free
    for name in ("stays", "back", "ends"):
        same(versions(name), 1, name)
    newest = call("GET", "/keys/turns")["attributes"]
    same(newest["exp"] - newest["created"], 90 * 86400, "the end")
    expected = sorted([("vault.key.rotate", "turns"), ("vault.key.purge", "goes"), ("vault.secret.purge", "goes"),
                       ("vault.key.near-expiry", "ends")])
    same(trail(), expected, "the trail")
    later(8)
    time.sleep(LOOKED)
    same(versions("turns"), 2, "versions")
    same(trail(), expected, "the trail")
    need(not [line for line in vault.logged("vault.due-failed")], "something failed")


def steps():
    """quothd with a clock that can be set while it runs: the file says how far it is ahead."""
    vault.stop()
    file = path("ahead", b"+0d")
    return file, vault.start(*OPTIONS, "--clock-reset", before=(
        "env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={file}", "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1"))


def ahead(file, how_far):
    """At once, as it is read at any moment."""
    os.replace(path("ahead.new", how_far), file)


@case
def a_clock_that_jumps_takes_nothing_away():
    """What is purged because somebody has set the clock wrong does not come back when it is set right."""
    if not FAKETIME:
        print("  skipped: needs libfaketime")
        return
    file, _ = steps()
    for name in ("leapt", "kept"):
        call("PUT", f"/secrets/{name}", {"value": "word"})
    call("DELETE", "/secrets/leapt")
    before = trail()
    ahead(file, b"+8d")
    until(lambda: vault.logged("vault.clock-stepped"), "the clock to have looked")
    time.sleep(LOOKED)
    ahead(file, b"+0d")
    time.sleep(LOOKED)
    same(trail(), before, "the trail")
    call("POST", "/deletedsecrets/leapt/recover")
    same(call("GET", "/secrets/leapt")["value"], "word", "value")
    line, = vault.logged("vault.clock-stepped")
    need(abs(line["ahead"] - 8 * 86400) < 300, f"how far: {line}")


@case
def a_clock_that_is_set_back_stops_no_check():
    if not FAKETIME:
        print("  skipped: needs libfaketime")
        return
    with sqlite3.connect(os.path.join(vault.state, "quoth.db"), timeout=20) as db:
        db.execute("DELETE FROM record WHERE kind = 'vault.secret' AND id = 'kept'")
    until(lambda: vault.logged("store.not-intact"), "the row to be missed")


if __name__ == "__main__":
    main()
