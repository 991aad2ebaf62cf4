#!/usr/bin/env python3
"""A store that somebody has been at: tamper_test.py QUOTH QUOTHD MAKE_QUOTE. Rows altered, exchanged, copied, deleted
and put back as they were, while nobody runs and while quothd serves: one table, on a file and on PostgreSQL."""
import json
import os
import signal
import time

from stage import until
from harness import each, main, need, read, same
from ring import VERSION, made, platform, postgres
from signing import TEXT, policy

UNCOUNTED = ("watermark", "keyring", "slot", "mark", "clock")
PUT_BACK = "somebody has put back or removed what the store held"  # the hint of store.rolled-back
CHANGED = "was sealed under another key or for another use, or was changed"
QUOTE = platform.quote()


def newest(rows):
    """The newest row of each place, of what is counted."""
    last = {}
    for key in sorted(rows):
        if key[0] not in UNCOUNTED:
            last[key[:3]] = key
    return last


def flipped(value):
    middle = len(value) // 2
    return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1:]


class Place:
    """A store with a history, an earlier instant of it, and quothd that comes and goes."""

    def __init__(self, name, store):
        self.ring = made(name, store=store).begin()
        for turn in range(2):
            for secret in ("a", "b"):
                self.ring.put(secret, f"{secret}{turn}")
            for key in ("k", "l"):
                self.ring.good("POST", f"/keys/{key}/create{VERSION}", {"kty": "EC", "crv": "P-256"})
            self.set_policy(turn)
        self.ring.good("POST", "/signing-keys:rotate", {})
        same(self.ring.stop(), 0, "exit status")
        self.earlier = self.ring.rows()
        self.ring.begin()
        for secret in ("a", "b"):
            self.ring.put(secret, f"{secret}2")
        for key in ("k", "l"):
            self.ring.good("PATCH", f"/keys/{key}{VERSION}", {"tags": {"n": "1"}})
        self.set_policy(2)
        same(self.ring.stop(), 0, "exit status")
        self.rows = self.ring.rows()

    def set_policy(self, turn):
        answer = self.ring.ask("PUT", "/policies/SgxEnclave?api-version=2020-10-01", policy(f"{TEXT}// {turn}").encode(),
                               [("Authorization", f"Bearer {self.ring.admin}"), ("Content-Type", "text/plain")])
        same(answer.status, 200, f"{answer.body!r}")

    def whole(self):
        now = self.ring.rows()
        self.ring.write({key: self.rows.get(key) for key in {*now, *self.rows} if now.get(key) != self.rows.get(key)})


PLACES = {}


def places():
    if not PLACES:
        PLACES["SQLite"] = Place("sqlite", None)
        if url := postgres():
            PLACES["PostgreSQL"] = Place("postgresql", url)
    return PLACES.items()


# ---- what is done: each a function of the place that gives the rows that are to be written

def gone(place, key):
    return {other: None for other in place.rows if other[:3] == key[:3]}


def older_put_back(place, key):
    """As it was at the earlier instant; None if it was the same."""
    earlier = {other: value for other, value in place.earlier.items() if other[:3] == key[:3]}
    return {**gone(place, key), **earlier} if earlier and key not in earlier else None


def older_in_its_number(place, key):
    back = older_put_back(place, key)
    older = [value for value in (back or {}).values() if value]
    return {key: older[-1]} if older else None


def copied(place, key):
    return {(key[0], key[1], key[2] + "x", key[3]): place.rows[key]}


def renumbered(place, key):
    return {key: None, key[:3] + (key[3] + 1,): place.rows[key]}


def altered(place, key):
    return {key: flipped(place.rows[key])}


def exchanged(place, key):
    """With another of its kind."""
    for other in newest(place.rows).values():
        if other[0] == key[0] and other != key:
            return {key: place.rows[other], other: place.rows[key]}
    return None


MISSED = (gone, older_put_back, copied, renumbered)
UNOPENED = (altered, exchanged, older_in_its_number)


def of_each_kind(attacks):
    """Place by place, the attacks on one row of each kind, the one with the longest history."""
    for name, place in places():
        kinds = {}
        for key in newest(place.rows).values():
            if key[0] not in kinds or key[3] > kinds[key[0]][3]:
                kinds[key[0]] = key
        for kind, key in sorted(kinds.items()):
            for attack in attacks:
                if changes := attack(place, key):
                    yield f"{name}, {kind}, {attack.__name__}", place, changes, kind


@each(lambda: list(of_each_kind(MISSED)))
def a_start_misses_what_is_not_there(_, place, changes, _kind):
    place.ring.write(changes)
    try:
        place.ring.refuses_to_start(1, PUT_BACK)
    finally:
        place.whole()


@each(lambda: [row for row in of_each_kind(UNOPENED) if not row[3].startswith("vault.")])
def a_start_opens_nothing_that_is_not_in_its_place(_, place, changes, _kind):
    """The vault is not asked (vault_faults_test.py). The CA is, though nothing is due that it would sign."""
    place.ring.write(changes)
    try:
        place.ring.refuses_to_start(3, CHANGED)
    finally:
        place.whole()


def of_the_watermark(place):
    marks = sorted(key for key in place.rows if key[0] == "watermark")
    last = place.rows[marks[-1]]
    return [
        ("the watermark", {key: None for key in marks}, 1, "its watermark is gone"),
        ("the newest watermark", {marks[-1]: None}, 1, PUT_BACK),
        ("an older watermark as the newest", {marks[-1]: place.rows[marks[0]]}, 3, CHANGED),
        ("the end of the watermark", {marks[-1]: last[:-1] + bytes([last[-1] ^ 1])}, 3, CHANGED),
        ("a term that is none", {marks[-1]: last[:5] + b"\x77\0\0\0" + last[9:]}, 3, "names a term that the keyring in the store does not have"),
        ("all secrets", {key: None for key in place.rows if key[0].startswith("vault.secret")}, 1, PUT_BACK),
        ("the keyring", {key: None for key in place.rows if key[0] == "keyring"}, 3, ""),
        ("its slots", {key: None for key in place.rows if key[0] == "slot"}, 2, "has no slot in this store"),
    ]


@each(lambda: [(f"{name}, {what}", place, *row) for name, place in places() for what, *row in of_the_watermark(place)])
def a_start_refuses(_, place, changes, status, words):
    place.ring.write(changes)
    try:
        place.ring.refuses_to_start(status, words)
    finally:
        place.whole()


@each(lambda: [(f"{name}, {what}", place, sql, back, words) for name, place in places() for what, sql, back, words in [
    ("version 1", "UPDATE store SET version = 1", "UPDATE store SET version = 2", "was made by a build before the first release"),
    ("a newer version", "UPDATE store SET version = version + 1", "UPDATE store SET version = version - 1", "this build knows up to")]])
def tables_of_another_build_are_refused(_, place, sql, back, words):
    place.ring.execute(sql)
    place.ring.refuses_to_start(3, words)
    place.ring.execute(back)


# ---- while it runs

def decides_nothing(ring):
    until(lambda: ring.ask("GET", "/readyz").status == 503, "it to be noticed")
    same(ring.ask("GET", "/readyz").refusal()[1], "tenant.unreadable", "readyz")
    same(ring.attest(QUOTE).refusal()[1], "tenant.unreadable", "attestation")
    for method, target, body in (("GET", "/secrets/a", None), ("GET", "/keys", None), ("PUT", "/secrets/c", {"value": "x"}),
                                 ("POST", "/keys/k/release", {"target": "x"}), ("POST", "/keys/k/sign", {"alg": "ES256", "value": "x"})):
        same(ring.call(method, target + VERSION, body).status, 503, f"{method} {target}")
    same(ring.ask("GET", "/livez").status, 200, "livez")


def running():
    """On each place, an attack of each kind that is missed, on rows of several kinds."""
    rows = list(of_each_kind(MISSED))
    chosen = [("policy", gone), ("policy", older_put_back), ("vault.key", older_put_back), ("vault.secret", copied), ("key.token", renumbered)]
    return [row for kind, attack in chosen for row in rows if row[0].endswith(f", {kind}, {attack.__name__}")]


@each(running)
def a_check_misses_what_is_not_there(_, place, changes, _kind):
    """SIGHUP asks for the check that is made once a minute."""
    ring = place.ring
    ring.begin()
    try:
        ring.hup()
        time.sleep(2.2)
        same((ring.attest(QUOTE).status, ring.value("a"), ring.logged("store.not-intact")), (200, "a2", []), "before")
        ring.write(changes)
        ring.process.process.send_signal(signal.SIGHUP)
        decides_nothing(ring)
        until(lambda: ring.logged("store.not-intact"), "the log to say so")
        line, = ring.logged("store.not-intact")
        need("store.rolled-back" in json.dumps(line), f"does not say why: {line}")
        trail = os.path.join(ring.state, "audit", "localhost:4443", "administration.jsonl")
        until(lambda: b'"store.not-intact"' in read(trail), "the trail to say so")
    finally:
        ring.stop()
        ring.refuses_to_start(1, PUT_BACK)
        place.whole()
    ring.begin()
    same((ring.attest(QUOTE).status, ring.value("a")), (200, "a2"), "put back as it was")
    ring.stop()
    place.rows = ring.rows()


if __name__ == "__main__":
    main()
