#!/usr/bin/env python3
"""kill -9 while the vault is written to: vault_storm_test.py QUOTH QUOTHD MAKE_QUOTE. Clients create, rotate,
set, change, delete, recover and purge; quothd, and the database server with it, die and come back, again
and again. Whatever was acknowledged must be there afterwards, with the right material; what was not
acknowledged, whole or not at all; and the audit trail's chain must hold. QUOTH_STORM_SECONDS: for each store."""
import atexit
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from stage import Platform, Verifier, b64url, unb64url, until
from harness import SOURCE, case, main, need, path, quoth, read, same

SECONDS = float(os.environ.get("QUOTH_STORM_SECONDS", "7"))
CLIENTS, NAMES = 4, 6
VERSION = "?api-version=7.4"
SEED = int(os.environ.get("QUOTH_STORM_SEED", "0")) or int.from_bytes(os.urandom(4), "big")

platform = Platform("platform")


class Vault(Verifier):
    """quothd, which is not always there."""

    def begin(self, *options):
        self.again = options
        self.start("--rate", "0", *options)
        self.token = read(os.path.join(self.state, "admin.token")).decode().strip()
        return self

    def die(self):
        self.stop(signal.SIGKILL)
        self.start("--rate", "0", *self.again)

    def settle(self):
        """A file holds what whoever has died wrote."""

    def call(self, method, target, body=None):
        """Status and body; None if nobody can know what became of it."""
        fields = [("Authorization", "Bearer " + self.token), ("Content-Type", "application/json")]
        try:
            answer = self.ask(method, target + ("" if "?" in target else VERSION), b"" if body is None else json.dumps(body).encode(), fields)
        except (OSError, ValueError):  # nobody is there, or was before the head had come to its end
            return None
        if answer is None or answer.status >= 500 or len(answer.body) != int(answer.field("Content-Length") or 0):
            return None
        return answer.status, answer.json() if answer.body else None

    def sure(self, method, target, body=None):
        """The same of what may be asked as often as one likes."""
        heard = []
        until(lambda: heard.append(self.call(method, target, body)) or heard[-1], f"an answer to {method} {target}")
        return heard[-1]

    def listed(self, target):
        """The last segments of all identifiers in a list of several pages, or None where there is no list."""
        found, page = set(), target
        while page:
            status, answer = self.sure("GET", page)
            if status == 404:
                return None
            same(status, 200, f"GET {page}: {answer}")
            found |= {item.get("kid", item.get("id")).rsplit("/", 1)[1] for item in answer["value"]}
            page = (answer.get("nextLink") or "").removeprefix(self.issuer)
        return found


def evidence(kind, bundle):
    """The version of a bundle, and what must never change of it."""
    if kind == "secrets":
        return bundle["id"].rsplit("/", 1)[1], bundle["value"]
    return bundle["key"]["kid"].rsplit("/", 1)[1], (bundle["key"]["x"], bundle["key"]["y"])


class Thing:
    """A name, and what is known of it. state: absent, live, deleted."""

    def __init__(self, vault, kind, name, chance):
        self.vault, self.kind, self.name, self.random = vault, kind, name, chance
        self.state, self.versions, self.tags = "absent", {}, None

    def target(self, more=""):
        return f"/{self.kind}/{self.name}{more}"

    def seen(self):
        """State, versions and tags as the vault has them now."""
        status, newest = self.vault.sure("GET", self.target())
        if status == 404:
            status, _ = self.vault.sure("GET", f"/deleted{self.kind}/{self.name}")
            return ("deleted" if status == 200 else "absent"), None, None
        same(status, 200, f"{self.name}: {newest}")
        return "live", self.vault.listed(self.target("/versions")), newest.get("tags", {}).get("n")

    def make(self):
        """A new version."""
        if self.kind == "secrets":
            return self.change("PUT", self.target(), {"value": os.urandom(600).hex(), "tags": {"n": "0"}}, "live")
        if self.state == "live" and self.random.random() < 0.5:
            return self.change("POST", self.target("/rotate"), None, "live")
        return self.change("POST", self.target("/create"), {"kty": "EC", "crv": "P-256", "tags": {"n": "0"}}, "live")

    def step(self):
        at = self.random.random()
        if self.state == "absent" or (self.state == "live" and at < 0.5):
            self.make()
        elif self.state == "live" and at < 0.75:
            self.change("PATCH", self.target(f"/{list(self.versions)[-1]}"), {"tags": {"n": str(self.random.randrange(1000))}}, "live")
        elif self.state == "live":
            self.change("DELETE", self.target(), None, "deleted")
        elif at < 0.6:
            self.change("POST", f"/deleted{self.kind}/{self.name}/recover", None, "live")
        else:
            self.change("DELETE", f"/deleted{self.kind}/{self.name}", None, "absent")

    def change(self, method, target, body, after):
        heard = self.vault.call(method, target, body)
        if heard is None:
            return self.judge(method, target, body, after)
        status, answer = heard
        same(status, 204 if after == "absent" else 200, f"{method} {target}: {answer}")
        if target.endswith(("/create", "/rotate")) or method == "PUT":
            version, what = evidence(self.kind, answer)
            self.versions[version] = what
        return self.settle(method, body, after)

    def settle(self, method, body, after):
        if body and "tags" in body:
            self.tags = body["tags"]["n"]
        self.state = after
        if after == "absent":
            self.versions, self.tags = {}, None
        return True

    def judge(self, method, target, body, after):
        """It was, or was not, and nothing in between."""
        makes = target.endswith(("/create", "/rotate")) or method == "PUT"
        was = (self.state, set(self.versions) if self.state == "live" else None, self.tags if self.state == "live" else None)
        found = self.seen()
        if found == was:
            self.vault.settle()
            found = self.seen()
        if found == was:
            return False
        same(found[0], after, f"{self.name}: {method} {target} was {was}, is {found}")
        if after == "live":
            more = found[1] - set(self.versions)
            same(set(self.versions) - found[1], set(), f"{self.name}: versions that are gone")
            same(len(more), 1 if makes else 0, f"{self.name}: new versions after {method} {target}: {more}")
            for version in more:
                status, bundle = self.vault.sure("GET", self.target("/" + version))
                same(status, 200, f"{self.name}: {bundle}")
                self.versions[version] = evidence(self.kind, bundle)[1]
            need(found[2] in (self.tags, (body or {}).get("tags", {}).get("n")), f"{self.name}: tags {found[2]}")
        return self.settle(method, body, after)

    def check(self):
        """All that was acknowledged, at the end."""
        found = self.seen()
        expected = (self.state, set(self.versions), self.tags) if self.state == "live" else (self.state, None, None)
        same(found, expected, self.name)
        if self.state == "deleted":
            same(self.vault.sure("POST", f"/deleted{self.kind}/{self.name}/recover")[0], 200, f"recovering {self.name}")
        for version, what in self.versions.items():
            status, bundle = self.vault.sure("GET", self.target("/" + version))
            same((status, evidence(self.kind, bundle)), (200, (version, what)), f"{self.name}/{version}")
            if self.kind == "keys":
                self.sign(version)

    def sign(self, version):
        """The secret half is the one of the public half that was shown: the vault's own check, over what it signs."""
        digest = b64url(os.urandom(32))
        status, signed = self.vault.sure("POST", self.target(f"/{version}/sign"), {"alg": "ES256", "value": digest})
        same((status, len(unb64url(signed["value"]))), (200, 64), f"{self.name}: {signed}")
        status, answer = self.vault.sure("POST", self.target(f"/{version}/verify"), {"alg": "ES256", "digest": digest, "value": signed["value"]})
        same((status, answer), (200, {"value": True}), self.name)


class Client(threading.Thread):
    def __init__(self, vault, number, over):
        super().__init__()
        self.random, self.over, self.steps, self.problem = random.Random(SEED + number), over, 0, None
        self.things = [Thing(vault, "keys" if i % 2 else "secrets", f"storm-{number}-{i}", self.random)
                       for i in range(NAMES)]

    def run(self):
        try:
            while not self.over.is_set():
                self.random.choice(self.things).step()
                self.steps += 1
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = problem


def chain_holds(vault):
    place, = (os.path.join(vault.state, "audit", host) for host in os.listdir(os.path.join(vault.state, "audit")))
    for stream in ("administration.jsonl", "decisions.jsonl"):
        files = sorted(f for f in os.listdir(place) if f.startswith(stream + ".0")) + [stream]
        done = quoth("audit", "verify", *(os.path.join(place, f) for f in files))
        same(done.status, 0, f"{stream}: {done.err}")


def storm(vault, kill):
    """kill: the ways of dying, which bring back what they end."""
    print(f"  seed {SEED}")
    begun, deaths, over, chance = time.monotonic(), 0, threading.Event(), random.Random(SEED)
    clients = [Client(vault, i, over) for i in range(CLIENTS)]
    for client in clients:
        client.start()
    while time.monotonic() < begun + SECONDS or (deaths < 4 and time.monotonic() < begun + 120):
        time.sleep(0.15 + chance.random() * 0.5)
        chance.choice(kill)()
        deaths += 1
    over.set()
    for client in clients:
        client.join(120)
        if client.problem:
            raise client.problem
        need(not client.is_alive(), "a client that does not come to its end")
    vault.die()
    things = [thing for client in clients for thing in client.things]
    for thing in things:
        thing.check()
    for kind in ("keys", "secrets"):
        same(vault.listed(f"/{kind}"), {t.name for t in things if t.kind == kind and t.state != "absent"}, f"names of {kind}")
    chain_holds(vault)
    steps = sum(client.steps for client in clients)
    print(f"  {steps} steps, {deaths} deaths, {sum(len(t.versions) for t in things)} versions at the end")
    need(steps > 0 and deaths > 3, "that was no storm")


@case
def on_sqlite():
    vault = Vault("sqlite", *platform.trust()).begin()
    storm(vault, [vault.die])
    vault.stop()


@case
def on_postgresql():
    place = tempfile.mkdtemp(prefix="quoth-storm-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)

    def server(what):
        return subprocess.run([os.path.join(SOURCE, "scripts", "postgres.sh"), what, place], capture_output=True, text=True, timeout=120)

    started = server("start")
    if started.returncode == 3:
        print("  skipped: there is no PostgreSQL on this machine (Debian: postgresql)")
        return
    same(started.returncode, 0, f"postgres.sh: {started.stderr}")
    atexit.register(server, "stop")
    store = ["--store", started.stdout.strip()]
    vault = Vault("postgresql", *store, *platform.trust()).begin(*store)

    def sql(text):
        return subprocess.run(["psql", "-q", "-At", "-c", text, store[1]], capture_output=True, text=True, timeout=60).stdout.strip()

    def settle():
        """A server that was told to commit by who has died since may still be at it."""
        now = []
        until(lambda: now.append(sql("SELECT clock_timestamp()")) or now[-1], "the database")
        others = "backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start"
        until(lambda: sql(f"SELECT count(*) FROM pg_stat_activity WHERE {others} < '{now[-1]}'") == "0", "what was begun to be over")

    vault.settle = settle

    def power_cut():
        server("kill")
        vault.stop(signal.SIGKILL)
        same(server("start").returncode, 0, "PostgreSQL comes back")
        vault.start("--rate", "0", *store)

    def database_dies():
        server("kill")
        time.sleep(random.random() * 0.3)
        same(server("start").returncode, 0, "PostgreSQL comes back")

    storm(vault, [vault.die, vault.die, database_dies, power_cut])
    vault.stop()


if __name__ == "__main__":
    main()
