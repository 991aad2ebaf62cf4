"""quothd whose keyring is looked at, and the stores that it lies in: a file, or a PostgreSQL of the test's own."""
import atexit
import glob
import json
import os
import shutil
import signal
import sqlite3
import ssl
import subprocess
import tempfile

from stage import QUOTHD, Platform, Verifier, until
from harness import SOURCE, need, path, read, same

SERVER = os.path.join(SOURCE, "scripts", "postgres.sh")
ISSUER = "https://localhost:4443"
VERSION = "?api-version=7.4"
JSON = ("Content-Type", "application/json")

platform = Platform("platform")
COLLATERAL = platform.serve()


class Ring(Verifier):
    """quothd, whose keyring is looked at."""

    def __init__(self, name, *more, store=None, master_key=None, issuer=ISSUER, before=()):
        self.name, self.state, self.issuer, self.process, self.admin = name, path(f"{name}/state"), issuer, None, None
        self.before = before
        self.key = master_key or path(f"{name}/keys/master.key")
        self.store = ["--store", store] if store else []
        self.options, self.listen, self.client = [], "127.0.0.1:0", None
        self.open_with(self.key)
        done = subprocess.run([*before, QUOTHD, "init", *self.options, *more], capture_output=True, timeout=120)
        same(done.returncode, 0, f"init: {done.stderr}")

    def open_with(self, *keys):
        self.options = ["--state", self.state, *self.store]
        for key in keys:
            self.options += ["--master-key", key]

    def begin(self, *options):
        self.context = ssl.create_default_context(cafile=os.path.join(self.state, "ca.pem"))
        return self.start("--collateral", COLLATERAL, "--rate", "0", "--log-format", "json", *options, before=self.before)

    def refuses_to_start(self, status, words):
        done = subprocess.run([*self.before, QUOTHD, *self.options, "--listen", "127.0.0.1:0"], capture_output=True, timeout=120)
        told = done.stderr.decode()
        same(done.returncode, status, f"exit status ({told})")
        need(words in told, f"does not say {words!r}: {told}")

    def call(self, method, target, body=None, token=None, fields=()):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.ask(method, target, data, [("Authorization", f"Bearer {token or self.admin}"), JSON, *fields])

    def good(self, method, target, body=None):
        answer = self.call(method, target, body)
        same(answer.status, 200, f"{method} {target}: {answer.body!r}")
        return answer.json()

    def put(self, name, value):
        return self.good("PUT", f"/secrets/{name}{VERSION}", {"value": value})

    def value(self, name):
        return self.good("GET", f"/secrets/{name}{VERSION}")["value"]

    def terms(self):
        return [term["number"] for term in self.good("GET", "/master")["terms"]]

    def slots(self):
        return [slot["name"] for slot in self.good("GET", "/master")["slots"]]

    def resealed(self):
        until(lambda: len(self.terms()) == 1, "older terms to be dropped", 240)
        return self.terms()[0]

    def hup(self):
        count = len(self.logged("config.reloaded"))
        self.process.process.send_signal(signal.SIGHUP)
        until(lambda: len(self.logged("config.reloaded")) > count, "SIGHUP to be heard")

    def sql(self, text, *values):
        """Of a file."""
        file, = glob.glob(os.path.join(self.state, "*.db"))
        with sqlite3.connect(file, timeout=20) as db:
            rows = db.execute(text, values).fetchall()
        db.close()
        return rows

    def execute(self, text):
        """Of either kind of store."""
        if self.store:
            psql("SET search_path = quoth; " + text)
        else:
            self.sql(text)

    def rows(self):
        """All records, whatever the store: (kind, tenant, id, version) -> value."""
        if not self.store:
            return {row[:4]: row[4] for row in self.sql("SELECT kind, tenant, id, version, value FROM record")}
        lines = psql("SELECT kind, tenant, id, version, encode(value, 'hex') FROM quoth.record").splitlines()
        cells = [line.split("|") for line in lines]
        return {(kind, tenant, name, int(version)): bytes.fromhex(value) for kind, tenant, name, version, value in cells}

    def write(self, changes):
        """Rows as they shall be, all at once; None: gone."""
        if self.store:
            psql("BEGIN;" + "".join(f"DELETE FROM quoth.record WHERE (kind, tenant, id, version) = {key};" +
                                    ("" if value is None else f"INSERT INTO quoth.record VALUES ({str(key)[1:-1]}, decode('{value.hex()}', 'hex'));")
                                    for key, value in changes.items()) + "COMMIT")
            return
        file, = glob.glob(os.path.join(self.state, "*.db"))
        with sqlite3.connect(file, timeout=20) as db:
            for key, value in changes.items():
                db.execute("DELETE FROM record WHERE (kind, tenant, id, version) = (?, ?, ?, ?)", key)
                if value is not None:
                    db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", (*key, value))
        db.close()


def made(name, *more, **how):
    ring = Ring(name, "--issuer", ISSUER, *platform.trust(), *more, **how)
    ring.admin = read(os.path.join(ring.state, "admin.token")).decode().strip()
    return ring


def key_file(name):
    file = path(name, os.urandom(32))
    os.chmod(file, 0o600)
    return file


# ---- on both stores

place = tempfile.mkdtemp(prefix="quoth-master-")
atexit.register(shutil.rmtree, place, ignore_errors=True)
url = None


def server(what):
    return subprocess.run([SERVER, what, place], capture_output=True, text=True, timeout=120)


def psql(text):
    done = subprocess.run(["psql", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-f", "-", url], input=text, capture_output=True,
                          text=True, timeout=60)
    same(done.returncode, 0, f"psql: {done.stderr}")
    return done.stdout


def postgres():
    """A PostgreSQL that is empty, or None."""
    global url
    if url is None:
        started = server("start")
        if started.returncode == 3:
            print("  skipped: there is no PostgreSQL on this machine (Debian: postgresql)")
            url = ""
            return None
        same(started.returncode, 0, f"postgres.sh: {started.stderr}")
        atexit.register(server, "stop")
        url = started.stdout.strip()
    if url:
        psql("SET client_min_messages = error; DROP SCHEMA IF EXISTS quoth CASCADE")
    return url or None
