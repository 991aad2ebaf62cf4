#!/usr/bin/env python3
"""What a store that somebody has been at does to the vault: vault_faults_test.py QUOTH QUOTHD MAKE_QUOTE [postgres].
Rows are changed by hand while quothd runs; the name they are of is refused in clear words, all others are served,
and quothd stays up. And a start with another master key."""
import json
import os
import signal
import subprocess
import sys
import time

from stage import QUOTHD, b64url, unb64url, until
from harness import case, each, main, need, path, read, same
from ring import VERSION, made as begin, postgres

STORE = None
if sys.argv[4:] == ["postgres"]:
    STORE = postgres() or sys.exit(77)
DIGEST = b64url(bytes(range(32)))

vault = begin("vault", store=STORE).begin()


def call(method, target, body=None):
    return vault.call(method, target + VERSION, body)


def good(method, target, body=None):
    return vault.good(method, target + VERSION, body)


def sign(name):
    return call("POST", f"/keys/{name}/sign", {"alg": "ES256", "value": DIGEST})


rows, write, looked = vault.rows, vault.write, None


def unwatched():
    """Rows are altered between two looks at the whole store, which come at SIGHUP and a minute later: one that sees a
    row missing ends all decisions, as it should (tamper_test.py)."""
    global looked
    if looked is None or time.monotonic() - looked > 30:
        vault.hup()
        time.sleep(3)  # nothing tells that it has been looked through
        looked = time.monotonic()


def made(method, target, body):
    """The rows that came with an object."""
    before = rows()
    good(method, target, body)
    return {key: value for key, value in rows().items() if key[0].startswith("vault") and key not in before}


EC = {"kty": "EC", "crv": "P-256"}
ONE = made("POST", "/keys/one/create", EC)
OTHER = made("POST", "/keys/other/create", EC)
SECRET = made("PUT", "/secrets/word", {"value": "swordfish"})


def flipped(value, at):
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1:]


def each_row(of):
    """A change at a time: its name, and the rows that are not as they were."""
    for key, value in of.items():
        kind = key[0]
        yield f"{kind}, its first byte", {key: flipped(value, 0)}
        yield f"{kind}, a byte in its middle", {key: flipped(value, len(value) // 2)}
        yield f"{kind}, its last byte", {key: flipped(value, len(value) - 1)}
        yield f"{kind}, cut", {key: value[:-1]}
        yield f"{kind}, empty", {key: b""}
        yield f"{kind}, called a later version", {key: None, key[:3] + (key[3] + 7,): value}


def exchanged():
    """The values of two rows of the same kind."""
    for a, b in zip(sorted(ONE), sorted(OTHER)):
        same(a[0], b[0], "rows of two keys")
        yield f"{a[0]}, exchanged with another's", {a: OTHER[b], b: ONE[a]}


def still_up():
    same(vault.process.process.poll(), None, "quothd's exit status")
    same(vault.ask("GET", "/livez").status, 200, "health")


def refused(answer):
    """Our own fault, told with the code that the log has too, and no word of what is inside."""
    error = answer.json()["error"]
    need(answer.status in (500, 503) and error["details"][0]["code"] in ("seal.broken", "store.broken"), f"{answer.status} {error}")


def is_index(key):
    """Rows that lists are made from; what is in force is the name's own row."""
    return key[0].endswith(".live")


def restored(changes, before):
    write({key: before.get(key) for key in changes})


@each(lambda: list(each_row(ONE)) + list(exchanged()))
def a_row_of_a_key(_, changes):
    unwatched()
    before = rows()
    write(changes)
    try:
        answers = [call("GET", "/keys/one"), sign("one")]
        if all(is_index(key) for key in changes):
            same([a.status for a in answers], [200, 200], "what does not go by a list")
            need(call("GET", "/keys").status in (200, 500, 503), "list")
        else:
            refused(answers[1])
            need(answers[0].status in (200, 500, 503), f"GET: {answers[0].status}")
            if all(key in ONE for key in changes):
                same(sign("other").status, 200, "another key")
        still_up()
    finally:
        restored(changes, before)
    same(sign("one").status, 200, "the key, once its rows are back")


@each(lambda: list(each_row(SECRET)))
def a_row_of_a_secret(_, changes):
    unwatched()
    before = rows()
    write(changes)
    try:
        answer = call("GET", "/secrets/word")
        if all(is_index(key) for key in changes):
            same(answer.status, 200, "what does not go by a list")
        else:
            refused(answer)
            need(b"swordfish" not in answer.body, "it was told")
        still_up()
    finally:
        restored(changes, before)
    same(good("GET", "/secrets/word")["value"], "swordfish", "value")


@each(lambda: [(key[0], key) for key in sorted(ONE)])
def a_row_that_is_gone(_, key):
    """Nothing is made anew in its place."""
    unwatched()
    before = rows()
    write({key: None})
    try:
        answer = sign("one")
        need(answer.status in (404, 500, 503) or is_index(key), f"status {answer.status}")
        same(sign("other").status, 200, "another key")
        still_up()
    finally:
        restored({key: None}, before)
    same(sign("one").status, 200, "the key, once its rows are back")


@each([("flipped", 0), ("cut", 1), ("empty", 2)])
def a_broken_name_is_missing_from_lists_and_told_of(_, how):
    """The others can still be found; which one is lost stands in the log."""
    (key, value), = [(key, value) for key, value in rows().items() if key[0] == "vault.key" and key[2] == "one"]
    told = len(vault.logged("vault.left-out"))
    write({key: (flipped(value, len(value) // 2), value[:-1], b"")[how]})
    try:
        listed = call("GET", "/keys")
        same(listed.status, 200, f"the list: {listed.body}")
        same([item["kid"].rsplit("/", 1)[1] for item in listed.json()["value"]], ["other"], "the list")
        until(lambda: len(vault.logged("vault.left-out")) == told + 1, "a line in the log")
        line = vault.logged("vault.left-out")[-1]
        same(line["code"], "seal.broken", f"the log: {line}")
        need("one" in line["where"], f"the log does not say which: {line}")
    finally:
        write({key: value})
    same(len(good("GET", "/keys")["value"]), 2, "the list, once the row is back")


@case
def a_broken_row_is_told_in_the_log():
    key, value = sorted(ONE.items())[0]
    write({key: flipped(value, len(value) // 2)})
    sign("one")
    write({key: value})
    until(lambda: [line for line in vault.logged() if "seal" in json.dumps(line)], "the log to say something of it")


@case
def another_master_key():
    """Nothing starts, nothing is changed, and with the right one everything is there."""
    signature = sign("one").json()["value"]
    vault.stop(signal.SIGKILL)
    master = vault.key
    own, before = read(master), rows()
    for what, key in (("another key", os.urandom(32)), ("a short one", own[:31]), ("none", None)):
        os.unlink(master)
        if key is not None:
            with open(os.open(master, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as f:
                f.write(key)
        done = subprocess.run([QUOTHD, *vault.options, "--listen", "127.0.0.1:0", "--ready-file", path("never")],
                              capture_output=True, timeout=120)
        need(done.returncode not in (0, -signal.SIGSEGV, -signal.SIGABRT), f"{what}: exit status {done.returncode}")
        need(b"key" in done.stderr and len(done.stderr) < 2000, f"{what}: {done.stderr}")
        if os.path.exists(master):
            os.unlink(master)
        with open(os.open(master, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as f:
            f.write(own)
        same(rows(), before, f"rows after {what}")
    vault.begin()
    same(good("POST", "/keys/one/verify", {"alg": "ES256", "digest": DIGEST, "value": signature}), {"value": True}, "verified")
    same(len(unb64url(sign("one").json()["value"])), 64, "a signature")
    same(good("GET", "/secrets/word")["value"], "swordfish", "value")


if __name__ == "__main__":
    main()
