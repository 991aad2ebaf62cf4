#!/usr/bin/env python3
"""The master key from outside: master_test.py QUOTH QUOTHD MAKE_QUOTE. Who may see and change the keyring;
rotation under load, through kill -9, and with a node away; and rows that somebody took or put back. On a
file, and on PostgreSQL with two nodes where there is one."""
import json
import os
import random
import signal
import ssl
import subprocess
import threading
import time

from stage import QUOTHD, Verifier, b64url, until
from harness import case, each, main, need, path, read, same
from ring import ISSUER, JSON, VERSION, Ring, key_file, made, platform, postgres
from provider import certificate
from recipient import Recipient

OTHER = "https://other.example:4443"
UNCOUNTED = ("watermark", "keyring", "slot", "mark", "clock")
ROLES = ("reader", "contributor", "officer", "policy", "user", "auditor")
KILLS = 10
PUT_BACK = "somebody has put back or removed what the store held"  # the hint of store.rolled-back

QUOTE = platform.quote()
recipient = Recipient()


def one_node(name):
    return [made(name).begin()]


def two_nodes(name):
    a = made(name + "-a", store=postgres())
    b = Ring(name + "-b", store=a.store[1], master_key=a.key)
    b.admin = a.admin
    return [a.begin(), b.begin()]


def places():
    return [("SQLite", one_node)] + ([("two nodes on PostgreSQL", two_nodes)] if postgres() else [])


# ---- who may

CERTS = {role: certificate(role) for role in ROLES}


class Both(Ring):
    """A verifier with two tenants, and officers and others by certificate."""

    def __init__(self, name):
        super().__init__(name, "--issuer", ISSUER, *platform.trust())
        done = subprocess.run([QUOTHD, "init", *self.options, "--add-tenant", OTHER, *platform.trust()], capture_output=True)
        same(done.returncode, 0, f"a second tenant: {done.stderr}")
        named = [f"{role}:{CERTS[role][2]}" for role in ROLES]
        self.config = path(f"{name}.json", json.dumps({"client-certificate": named, "master-key": [self.key]}))
        self.options = ["--state", self.state, "--config", self.config]
        self.admin = read(os.path.join(self.state, "admin.token")).decode().strip()
        self.second = read(os.path.join(self.state, "tenants", "other.example", "admin.token")).decode().strip()

    def lists(self, *keys):
        config = json.loads(read(self.config))
        path(os.path.basename(self.config), json.dumps({**config, "master-key": list(keys)}))

    def by(self, who, method, target, body=b""):
        """As a role, by its certificate."""
        plain = self.context
        self.context = ssl.create_default_context(cafile=os.path.join(self.state, "ca.pem"))
        if who:
            self.context.load_cert_chain(CERTS[who][0], CERTS[who][1])
        try:
            return self.ask(method, target, body, [JSON])
        finally:
            self.context = plain


both = Both("both").begin()
FORBIDDEN, NOBODY = (401, "admin.forbidden"), (401, "admin.unauthenticated")
DONE, NO_SLOT = (200, None), (404, "slot.missing")


def outcome(answer):
    return answer.status, None if answer.status == 200 else answer.refusal()[1]


@each([
    ("nobody", None, NOBODY, NOBODY, NOBODY), ("reader", "reader", *[FORBIDDEN] * 3),
    ("contributor", "contributor", *[FORBIDDEN] * 3), ("policy", "policy", *[FORBIDDEN] * 3),
    ("user", "user", *[FORBIDDEN] * 3), ("auditor", "auditor", DONE, FORBIDDEN, FORBIDDEN),
    ("officer", "officer", DONE, DONE, NO_SLOT),
])
def a_role_may(_, who, show, rotate, remove):
    terms, slots = both.terms(), both.slots()
    same(outcome(both.by(who, "GET", "/master")), show, "show")
    same(outcome(both.by(who, "POST", "/master:remove", b'{"slot":"file:0000000000000000"}')), remove, "remove")
    same(outcome(both.by(who, "POST", "/master:rotate")), rotate, "rotate")
    same(both.slots(), slots, "slots")
    need((max(both.terms()) > max(terms)) == (rotate == DONE), f"terms {terms}, then {both.terms()}")


@each([("GET", "/master"), ("POST", "/master:rotate"), ("POST", "/master:remove")])
def another_tenants_officer_may_not(method, target):
    before = both.good("GET", "/master")
    body = json.dumps({"slot": both.slots()[0]}).encode() if target.endswith("remove") else b""
    same(outcome(both.call(method, target, body, token=both.second)), NOBODY, "his token at the first tenant")
    theirs = ssl.create_default_context(cafile=os.path.join(both.state, "tenants", "other.example", "ca.pem"))
    plain, both.context = both.context, theirs
    try:
        head = [f"{method} {target} HTTP/1.1", "Host: other.example:4443", "Connection: close",
                f"Authorization: Bearer {both.second}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        connect, both.connect = both.connect, lambda: Verifier.connect(both, "other.example")
        answer = both.raw("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    finally:
        both.context, both.connect = plain, connect
    same(outcome(answer), FORBIDDEN, "his token at his own")
    same(both.good("GET", "/master")["slots"], before["slots"], "slots")


@each([
    ("nothing", b"", 400), ("no JSON", b"slot", 400), ("an empty object", b"{}", 400), ("a list", b'["slot"]', 400),
    ("a number", b'{"slot":1}', 400), ("null", b'{"slot":null}', 400), ("an object", b'{"slot":{}}', 400),
    ("twice", b'{"slot":"a","slot":"a"}', 400), ("another name", b'{"Slot":"a"}', 400), ("cut", b'{"slot":"a"', 400),
    ("more behind", b'{"slot":"a"}x', 400), ("no UTF-8", b'{"slot":"\xff"}', 400), ("too long", b'{"slot":"' + b"a" * 5000 + b'"}', 413),
    ("empty", b'{"slot":""}', 404), ("a part", b'{"slot":"file:"}', 404), ("a path", b'{"slot":"../keyring"}', 404),
    ("a NUL", b'{"slot":"a\\u0000"}', None),
])
def a_body_that_is_none_removes_nothing(_, body, status):
    slots = both.slots()
    answer = both.call("POST", "/master:remove", body)
    need(answer.status == status or (status is None and answer.status in (400, 404)), f"{answer.status} {answer.body!r}")
    answer.refusal()
    same(both.slots(), slots, "slots")


@case
def the_last_slot_stays():
    slot, = both.slots()
    same(outcome(both.call("POST", "/master:remove", {"slot": slot})), (409, "slot.last"), "refusal")
    same(both.slots(), [slot], "slots")


@case
def what_is_done_is_in_the_trail():
    both.good("POST", "/master:rotate")
    file = os.path.join(both.state, "audit", "localhost:4443", "administration.jsonl")
    events = [json.loads(line).get("event") for line in read(file).splitlines()]
    for event in ("master.rotate", "master.rotate.done", "master.remove", "master.remove.failed"):
        need(event in events, f"no {event} in the trail")


# ---- slots

SPARE = path("spare/master.key")


@case
def a_file_that_is_not_there_gets_no_slot():
    both.lists(both.key, SPARE)
    both.process.process.send_signal(signal.SIGHUP)
    until(lambda: both.logged("config.refused"), "the settings to be refused")
    need(not os.path.exists(SPARE), "it was made")
    same(len(both.slots()), 1, "slots")


@case
def sighup_adds_a_slot_that_opens_alone():
    both.put("kept", "before")
    key_file("spare/master.key")
    both.hup()
    need(both.logged("master-key.slot-added"), "nothing is said")
    same(len(both.slots()), 2, "slots")
    same(both.stop(), 0, "exit status")
    os.rename(both.key, both.key + ".away")
    both.lists(SPARE)
    both.begin()
    same(both.value("kept"), "before", "the secret")
    both.stop()
    os.rename(both.key + ".away", both.key)
    both.lists(both.key, SPARE)
    both.begin()


@case
def a_removed_slot_that_is_put_back_opens_nothing():
    own = both.slots()[0]
    rows = both.sql("SELECT kind, tenant, id, version, value FROM record WHERE kind = 'slot' AND id = ?", own)
    need(rows, f"no row of {own}")
    both.lists(SPARE)
    both.good("POST", "/master:remove", {"slot": own})
    same(both.stop(), 0, "exit status")
    both.sql("DELETE FROM record WHERE kind = 'slot' AND id = ?", own)
    for row in rows:
        both.sql("INSERT INTO record VALUES (?, ?, ?, ?, ?)", *row)
    both.lists(both.key)
    both.refuses_to_start(1, "has a slot here that the keyring does not name")
    both.lists(SPARE)
    both.begin()
    same(both.value("kept"), "before", "the secret")
    need(own not in both.slots(), "is a slot again")


# ---- rotation while all serve

def held():
    rule = {"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": [{"claim": "x-quoth-simulated", "equals": True}]}]}
    return {"kty": "oct-HSM", "attributes": {"exportable": True}, "release_policy": {"data": b64url(json.dumps(rule).encode())}}


class Load:
    """Clients who do not know that anything happens."""

    def __init__(self, nodes):
        self.nodes, self.over, self.failures, self.kids, self.values, self.served = nodes, threading.Event(), [], {}, {}, {}
        nodes[0].good("POST", f"/keys/held/create{VERSION}", held())
        nodes[0].put("fixed", "as it was")
        data = recipient.runtime()
        self.token = nodes[0].attest(platform.quote(data), runtimeData={"data": b64url(data), "dataType": "JSON"}).json()["token"]
        self.threads = [threading.Thread(target=self.run, args=(work, n))
                        for n, work in enumerate((self.make, self.write, self.read, self.attest, self.release))]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for t in self.threads:
            t.join()

    def run(self, work, n):
        count = 0
        while not self.over.is_set():
            count += 1
            try:
                answer = work(self.nodes[(count + n) % len(self.nodes)], count)
                if answer.status == 200:
                    self.served[work.__name__] = self.served.get(work.__name__, 0) + 1
                elif answer.status not in (429, 503):
                    self.failures.append((work.__name__, answer.status, answer.body))
            except Exception as problem:  # pylint: disable=broad-except
                self.failures.append((work.__name__, repr(problem)))

    def make(self, node, count):
        answer = node.call("POST", f"/keys/made-{count}/create{VERSION}", {"kty": "EC", "crv": "P-256"})
        if answer.status == 200:
            self.kids[f"made-{count}"] = answer.json()["key"]
        return answer

    def write(self, node, count):
        value = os.urandom(20).hex()
        answer = node.call("PUT", f"/secrets/written-{count % 50}{VERSION}", {"value": value})
        self.values[f"written-{count % 50}"] = value if answer.status == 200 else None  # None: who knows
        return answer

    def read(self, node, _):
        answer = node.call("GET", f"/secrets/fixed{VERSION}")
        if answer.status == 200:
            same(answer.json()["value"], "as it was", "value")
        return answer

    def attest(self, node, _):
        return node.attest(QUOTE)

    def release(self, node, _):
        return node.ask("POST", f"/keys/held/release{VERSION}", json.dumps({"target": self.token}).encode(), [JSON])

    def check(self, node):
        for name, key in self.kids.items():
            same(node.good("GET", f"/keys/{name}{VERSION}")["key"], key, name)
        for name, value in self.values.items():
            need(value is None or node.value(name) == value, name)


@each(places)
def three_rotations_under_load(name, begin):
    nodes = begin("load-" + name.split()[0])
    with Load(nodes) as load:
        time.sleep(0.5)
        for turn in range(3):
            answer = nodes[turn % len(nodes)].good("POST", "/master:rotate")
            need(answer["rekeyed"] is True, f"was not given a new key: {answer}")
            for node in nodes:  # who reads their settings again, and has the store checked
                node.process.process.send_signal(signal.SIGHUP)
            time.sleep(0.7)
        same(nodes[0].resealed(), 4, "the term that is left")
    same(load.failures[:3], [], f"{len(load.failures)} failures")
    same(sorted(load.served), ["attest", "make", "read", "release", "write"], "what was served")
    for node in nodes:
        same((node.terms(), node.logged("store.not-intact")), ([4], []), "terms, and false alarms")
        until(lambda: node.logged("master-key.resealed") or len(nodes) > 1, "the end to be told of")
        same(node.stop(), 0, "exit status")
        node.begin()
        load.check(node)
        node.stop()


@each(places)
def killed_at_any_moment_of_a_rotation(name, begin):
    nodes = begin("kill-" + name.split()[0])
    values = {f"s{i}": os.urandom(100).hex() for i in range(60)}
    for secret, value in values.items():
        nodes[0].put(secret, value)

    def rotate(node):
        try:
            node.call("POST", "/master:rotate")
        except (OSError, ssl.SSLError, AttributeError, ValueError):
            pass

    for turn in range(KILLS):
        node = nodes[turn % len(nodes)]
        other = threading.Thread(target=rotate, args=(node,))
        other.start()
        time.sleep(random.random() * (0.05 if turn % 2 else 2.5))  # of the rotation, of sealing anew
        node.stop(signal.SIGKILL)
        other.join()
        node.begin()
        values[f"after{turn}"] = str(turn)
        node.put(f"after{turn}", str(turn))
        same(node.value("s0"), values["s0"], f"after {turn + 1} kills")
    left = nodes[0].resealed()
    for node in nodes:
        same(node.terms(), [left], "terms")
        same({secret: node.value(secret) for secret in values}, values, "what was put")
        same(node.attest(QUOTE).status, 200, "attestation")
        same(node.stop(), 0, "exit status")


@each(lambda: places()[1:])
def a_node_that_was_away_comes_back(_, begin):
    a, b = begin("away")
    a.put("one", "1")
    for turn, (leave, come) in enumerate([(lambda: b.stop(), lambda: b.begin()),
                                          (lambda: b.process.process.send_signal(signal.SIGSTOP),
                                           lambda: b.process.process.send_signal(signal.SIGCONT))]):
        leave()
        for _ in range(2):
            a.good("POST", "/master:rotate")
            a.resealed()
        a.put("two", str(turn))
        come()
        until(lambda: b.call("GET", f"/secrets/one{VERSION}").status == 200, "it to know the new terms")
        same((b.value("one"), b.value("two")), ("1", str(turn)), "secrets")
        same(b.terms(), a.terms(), "terms")
        b.put("three", str(turn))
        same(a.value("three"), str(turn), "what it writes")
    a.stop()
    b.stop()


# ---- rows that are taken while it runs

@case
def a_row_taken_while_it_runs_ends_all_decisions():
    both.put("gone", "1")
    both.put("gone", "2")
    both.hup()
    same((both.attest(QUOTE).status, both.ask("GET", "/readyz").status), (200, 200), "before")
    need(not both.logged("store.not-intact"), "was told before anything happened")
    row = both.sql(f"SELECT kind, tenant, id, max(version) FROM record WHERE kind NOT IN {UNCOUNTED} AND id LIKE '%gone%' GROUP BY kind")[0]
    both.sql("DELETE FROM record WHERE kind = ? AND tenant = ? AND id = ? AND version = ?", *row)
    both.hup()
    until(lambda: both.ask("GET", "/readyz").status == 503, "it to be noticed")
    same(both.ask("GET", "/readyz").refusal()[1], "tenant.unreadable", "readyz")
    same(outcome(both.attest(QUOTE)), (503, "tenant.unreadable"), "attestation")
    for method, target in (("GET", "/secrets/kept"), ("GET", "/secrets"), ("GET", "/keys"), ("PUT", "/secrets/kept"),
                           ("POST", "/keys/any/create"), ("POST", "/keys/any/release"), ("POST", "/keys/any/sign")):
        body = None if method == "GET" else {"value": "x", "target": "x"}
        same(both.call(method, target + VERSION, body).status, 503, f"{method} {target}")
    same(both.ask("GET", "/livez").status, 200, "livez")
    until(lambda: both.logged("store.not-intact"), "the log to say so")
    both.hup()
    both.hup()
    time.sleep(2.5)
    line, = both.logged("store.not-intact")
    need("store.rolled-back" in json.dumps(line), f"does not say why: {line}")
    for tenant in ("localhost:4443", "other.example:4443"):
        trail = read(os.path.join(both.state, "audit", tenant, "administration.jsonl")).decode()
        same(trail.count('"store.not-intact"'), 1, f"lines in the trail of {tenant}")
    both.stop()
    both.refuses_to_start(1, PUT_BACK)


if __name__ == "__main__":
    main()
