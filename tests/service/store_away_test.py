#!/usr/bin/env python3
"""A store that does not answer for a while: store_away_test.py QUOTH QUOTHD MAKE_QUOTE. What needs it is answered 503
with the reason, what does not is served; no check takes it for a store that somebody has been at; and once it is
back, all is as before, by itself. On a file and on PostgreSQL."""
import contextlib
import glob
import json
import os
import signal
import sqlite3
import subprocess
import time

from stage import b64url, until
from harness import STAGE, each, main, need, read, same
from ring import ISSUER, JSON, VERSION, made, place, platform, postgres, psql, server
from recipient import Recipient, parts_of, wrapped_of

QUOTE = platform.quote()
recipient = Recipient()
RULE = {"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": [{"claim": "x-quoth-simulated", "equals": True}]}]}


class Locked:
    """Somebody else writes to the file, and does not come to an end."""

    reads = True

    def __init__(self, ring):
        file, = glob.glob(os.path.join(ring.state, "*.db"))
        self.connection = sqlite3.connect(file, timeout=20, isolation_level=None)
        self.connection.execute("BEGIN EXCLUSIVE")

    def end(self):
        self.connection.execute("ROLLBACK")
        self.connection.close()


class Moved:
    """The file is not where it was."""

    reads = False

    def __init__(self, ring):
        self.file, = glob.glob(os.path.join(ring.state, "*.db"))
        os.rename(self.file, self.file + ".away")

    def end(self):
        os.rename(self.file + ".away", self.file)


class Stopped:
    """The server is shut down, or dies."""

    reads = False

    def __init__(self, _, how="stop"):
        same(server(how).returncode, 0, how)

    def end(self):
        same(server("start").returncode, 0, "start")


class Killed(Stopped):
    def __init__(self, _):
        super().__init__(_, "kill")


class Frozen:
    """The server is there and does not answer."""

    reads = False

    def __init__(self, _):
        self.master = int(read(os.path.join(place, "data", "postmaster.pid")).split(b"\n")[0])
        os.kill(self.master, signal.SIGSTOP)  # before its children are counted
        self.send(signal.SIGSTOP)

    def send(self, how):
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.master)], capture_output=True, text=True, check=True).stdout
        for pid in [self.master, *map(int, children.split())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)

    def end(self):
        self.send(signal.SIGCONT)


class ReadOnly:
    """A standby, as it would be asked after a failover."""

    reads = True

    def __init__(self, _):
        psql("ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()")
        until(lambda: psql("SHOW default_transaction_read_only").strip() == "on", "the server to hear of it")
        self.cut()

    @staticmethod
    def cut():
        psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")

    def end(self):
        psql("SET default_transaction_read_only = off; ALTER SYSTEM RESET default_transaction_read_only")
        psql("SELECT pg_reload_conf()")
        self.cut()


def begun(name, store=None):
    ring = made(name, store=store)
    ring.begin("--store-grace", "600")
    ring.put("word", "swordfish")
    ring.good("POST", f"/keys/k/create{VERSION}", {"kty": "EC", "crv": "P-256"})
    ring.good("POST", f"/keys/held/create{VERSION}", {"kty": "oct-HSM", "attributes": {"exportable": True},
                                                     "release_policy": {"data": b64url(json.dumps(RULE).encode())}})
    data = recipient.runtime()
    ring.token = ring.attest(platform.quote(data), runtimeData={"data": b64url(data), "dataType": "JSON"}).json()["token"]
    return ring


WAYS = []


def ways():
    if WAYS:
        return WAYS
    ring = begun("file")
    rows = [("a file that is locked", ring, Locked), ("a file that was moved", ring, Moved)]
    if url := postgres():
        ring = begun("server", url)
        rows += [("a server that is shut down", ring, Stopped), ("a server that dies", ring, Killed),
                 ("a server that is frozen", ring, Frozen), ("a server that is read-only", ring, ReadOnly)]
    WAYS.extend(rows)
    return WAYS


def release(ring):
    return ring.ask("POST", f"/keys/held/release{VERSION}", json.dumps({"target": ring.token}).encode(), [JSON])


READS = [("a secret", lambda ring: ring.call("GET", f"/secrets/word{VERSION}")),
         ("a list", lambda ring: ring.call("GET", f"/keys{VERSION}")),
         ("a signature", lambda ring: ring.call("POST", f"/keys/k/sign{VERSION}", {"alg": "ES256", "value": b64url(bytes(32))})),
         ("a release", release)]
WRITES = [("a new secret", lambda ring: ring.call("PUT", f"/secrets/new{VERSION}", {"value": "x"})),
          ("a new key", lambda ring: ring.call("POST", f"/keys/new/create{VERSION}", {"kty": "EC", "crv": "P-256"})),
          ("a rotation", lambda ring: ring.call("POST", "/master:rotate")),
          ("a signing key", lambda ring: ring.call("POST", "/signing-keys:rotate", {}))]


def is_away(what, answer):
    error = answer.json()["error"]
    same((answer.status, error["details"][0]["code"]), (503, "store.unavailable"), f"{what}: {answer.body!r}")
    need(answer.field("Retry-After"), f"{what}: no Retry-After")
    need(STAGE not in answer.body.decode() and place not in answer.body.decode(), f"{what}: a path of ours is in {answer.body!r}")


def is_served(what, answer):
    same(answer.status, 200, f"{what}: {answer.body!r}")


def all_served(ring):
    return all(ask(ring).status == 200 for _, ask in READS + WRITES)


@each(ways)
def it_says_so_and_comes_back(_, ring, way):
    begun_at, checks = ring.process.process.pid, len(ring.logged("store.not-checked"))
    away = way(ring)
    try:
        for what, ask in READS:
            (is_served if way.reads else is_away)(what, ask(ring))
        for what, ask in WRITES:
            is_away(what, ask(ring))
        ring.process.process.send_signal(signal.SIGHUP)
        is_served("an attestation", ring.attest(QUOTE))
        for page in ("/livez", "/readyz", "/certs"):
            is_served(page, ring.ask("GET", page))
        if way.reads:
            time.sleep(3)
        else:
            until(lambda: len(ring.logged("store.not-checked")) > checks, "the check to be tried")
    finally:
        away.end()
    until(lambda: all_served(ring), "everything to be served again")
    same(ring.value("word"), "swordfish", "the secret")
    need(recipient.unwrap(wrapped_of(parts_of(release(ring))[1])[1], "CKM_RSA_AES_KEY_WRAP"), "the key that is released")
    ring.hup()
    time.sleep(2.5)
    is_served("readyz", ring.ask("GET", "/readyz"))
    same(ring.logged("store.not-intact"), [], "a store that is away is taken for one that was changed")
    trail = read(os.path.join(ring.state, "audit", "localhost:4443", "administration.jsonl"))
    need(b"not-intact" not in trail, "so says the trail")
    same((ring.process.process.poll(), ring.process.process.pid), (None, begun_at), "the process")


@each(lambda: [row for row in ways() if not row[2].reads])
def a_start_without_it_says_so(_, ring, way):
    """The next one serves."""
    same(ring.stop(), 0, "exit status")
    away = way(ring)
    try:
        ring.refuses_to_start(3, "store")
    finally:
        away.end()
    ring.begin("--store-grace", "600")
    same(ring.value("word"), "swordfish", "the secret")


@each(lambda: [(ring.name, ring) for ring in {id(row[1]): row[1] for row in ways()}.values()])
def what_is_really_gone_is_missed_all_the_same(_, ring):
    rows = ring.rows()
    ring.write({key: None for key in rows if key[0] == "vault.secret"})
    ring.process.process.send_signal(signal.SIGHUP)
    until(lambda: ring.logged("store.not-intact"), "it to be noticed")
    same(ring.attest(QUOTE).status, 503, "attestation")
    ring.stop()


if __name__ == "__main__":
    main()
