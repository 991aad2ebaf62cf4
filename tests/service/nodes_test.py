#!/usr/bin/env python3
"""Several quothd on one PostgreSQL: nodes_test.py QUOTH QUOTHD MAKE_QUOTE. What one acknowledges the
others know within a second; keys change without a token that nobody can verify; and without the
database there are no decisions for long. Skipped, and said so, where there is no PostgreSQL."""
import atexit
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from stage import QUOTHD, VERSION, Platform, Verifier, b64url, until
from signing import TEXT, policy, token_hash
from recipient import Recipient, parts_of, wrapped_of
from harness import SOURCE, case, each, main, need, path, quoth, read, same

SERVER = os.path.join(SOURCE, "scripts", "postgres.sh")
place = tempfile.mkdtemp(prefix="quoth-nodes-")
atexit.register(shutil.rmtree, place, ignore_errors=True)


def server(what):
    return subprocess.run([SERVER, what, place], capture_output=True, text=True, timeout=120)


started = server("start")
if started.returncode == 3:
    print("skipped: there is no PostgreSQL on this machine (Debian: postgresql)")
    sys.exit(77)
same(started.returncode, 0, f"postgres.sh: {started.stderr}")
URL = started.stdout.strip()
atexit.register(server, "stop")

GRACE, DELAY = 8, 6  # seconds; a busy machine may lose a few
ISSUER = "https://localhost:4443"
platform = Platform("platform")
COLLATERAL = platform.serve()
QUOTE = platform.quote()
BODY = json.dumps({"quote": b64url(QUOTE)}).encode()
MASTER = path("master.key")


def init(name, *args, key=MASTER):
    return subprocess.run([QUOTHD, "init", "--state", path(f"{name}/state"), "--master-key", key, "--store", URL, *args],
                          capture_output=True, timeout=60)


class Node(Verifier):
    """A quothd on the common store."""

    def __init__(self, name, *init_options):
        self.name, self.state, self.issuer, self.process = name, path(f"{name}/state"), ISSUER, None
        self.options = ["--state", self.state, "--master-key", MASTER, "--store", URL]
        self.listen = "127.0.0.1:0"
        done = init(name, *init_options)
        same(done.returncode, 0, f"init: {done.stderr}")
        self.begin()

    def begin(self):
        self.context = ssl.create_default_context(cafile=os.path.join(self.state, "ca.pem"))
        return self.start("--collateral", COLLATERAL, "--rate", "0", "--store-grace", str(GRACE),
                          "--rotation-delay", str(DELAY))

    def certs(self):
        return self.ask("GET", "/certs").body

    def kids(self):
        return {k["kid"] for k in json.loads(self.certs())["keys"]}

    def status(self):
        answer = self.post("/attest/SgxEnclave" + VERSION, BODY)
        return answer.status if answer.status == 200 else (answer.status, answer.refusal()[1])

    def admin(self, method, target, body=b"", kind="application/json"):
        return self.ask(method, target, body, [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", kind)])

    def rotate(self, **body):
        answer = self.admin("POST", "/signing-keys:rotate", json.dumps(body).encode())
        same(answer.status, 200, f"status {answer.body}")
        return answer.json()["made"]

    def policy_hash(self):
        return self.attest(QUOTE).token()[1]["x-ms-policy-hash"]


a = Node("a", "--issuer", ISSUER, *platform.trust())
TOKEN = read(os.path.join(a.state, "admin.token")).decode().strip()
b = Node("b")


def sql(command):
    done = subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", command, URL], capture_output=True, timeout=60)
    same(done.returncode, 0, f"psql: {done.stderr}")


# ---- keys for attested programs

def released(node, token):
    return node.ask("POST", "/keys/shared/release?api-version=7.4", json.dumps({"target": token}).encode(),
                    [("Content-Type", "application/json")])


@case
def a_key_of_one_node_is_released_by_another():
    recipient = Recipient()
    rule = {"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": [
        {"claim": "x-quoth-simulated", "equals": True}, {"claim": "x-quoth-challenge", "equals": True}]}]}
    made = a.admin("POST", "/keys/shared/create?api-version=7.4", json.dumps(
        {"kty": "oct-HSM", "attributes": {"exportable": True},
         "release_policy": {"data": b64url(json.dumps(rule).encode())}}).encode())
    same(made.status, 200, f"status of {made.body!r}")
    nonce = a.ask("POST", "/challenge", b"").json()["nonce"]
    held = recipient.runtime(nonce)
    token = a.attest(platform.quote(held), runtimeData={"data": b64url(held), "dataType": "JSON"}).json()["token"]
    keys = []
    for node in (a, b):
        answer = released(node, token)
        same(answer.status, 200, f"status of {answer.body!r}")
        keys.append(recipient.unwrap(wrapped_of(parts_of(answer)[1])[1], "CKM_RSA_AES_KEY_WRAP"))
        same(len(parts_of(answer)[0]["x5c"]), 2, "chain")
    need(keys[0] and keys[0] == keys[1], "two keys")
    same(parts_of(released(a, token))[0]["x5c"], parts_of(released(b, token))[0]["x5c"], "who signs")
    deleted = b.admin("DELETE", "/keys/shared?api-version=7.4")
    same(deleted.status, 200, f"status of {deleted.body!r}")
    same(released(a, token).status, 403, "what another node has deleted")


# ---- joining

@case
def a_node_that_joins_makes_nothing():
    same(sorted(os.listdir(b.state)), ["audit", "ca.pem", "lock"], "files")
    same(read(os.path.join(b.state, "ca.pem")), read(os.path.join(a.state, "ca.pem")), "ca.pem")
    same(a.kids(), b.kids(), "keys")


@case
def another_master_key_joins_nothing():
    done = init("c", key=path("other.key", os.urandom(32)))
    need(done.returncode == 2 and b"master key" in done.stderr, done.stderr)
    os.chmod(path("other.key"), 0o600)
    done = init("c", key=path("other.key"))
    same(done.returncode, 2, "exit status")
    need(b"none opens the keyring" in done.stderr, done.stderr)
    done = init("c", key=path("absent.key"))
    need(done.returncode == 2 and b"is not there" in done.stderr, done.stderr)
    need(not os.path.exists(path("absent.key")), "a key was made")


@each([("another issuer", ["--issuer", "https://other.example"], 2), ("the same issuer", ["--issuer", ISSUER], 0)])
def the_issuer_is_that_of_the_store(_, args, status):
    same(init("d", *args).returncode, status, "exit status")


@case
def one_folder_serves_one_node():
    done = subprocess.run([QUOTHD, *a.options, "--listen", "127.0.0.1:0"], capture_output=True, timeout=60)
    same(done.returncode, 3, f"exit status with {done.stderr}")


# ---- what one does, the others know

@case
def a_policy_is_everybodys_within_a_second():
    text = b"version=1.0;authorizationrules{=>permit();};issuancerules{=>issue(type=\"of\",value=\"a\");};"
    jws = ".".join([b64url(b'{"alg":"none"}'), b64url(json.dumps({"AttestationPolicy": b64url(text)}).encode()), ""])
    began = time.monotonic()
    before = b.policy_hash()
    busy = 20 * (time.monotonic() - began)  # what the machine makes of a second
    answer = a.admin("PUT", "/policies/SgxEnclave" + VERSION, jws.encode(), "text/plain")
    same(answer.status, 200, f"status {answer.body}")
    need(a.policy_hash() != before, "the node that answered does not know")
    began = time.monotonic()
    until(lambda: b.policy_hash() != before, "the other node to know")
    need(time.monotonic() - began < 2 + busy, f"took {time.monotonic() - began} s")
    same(b.policy_hash(), a.policy_hash(), "hash")


@case
def changes_on_both_nodes_at_once_make_one_history():
    answers = []

    def change(node, i):
        jws = policy(f"{TEXT}// {node.name} {i}")
        answers.append((token_hash(jws), node.admin("PUT", "/policies/TdxVm" + VERSION, jws.encode(), "text/plain")))
    threads = [threading.Thread(target=change, args=(node, i)) for i in range(12) for node in (a, b)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for _, answer in answers:
        if answer.status != 200:
            same((answer.status, *answer.refusal()), (409, "Conflict", "change.conflict"), f"of {answer.body}")
    told = a.admin("GET", "/policies/TdxVm/versions" + VERSION).json()["versions"]
    same([v["version"] for v in told], list(range(len(told), 0, -1)), "versions")
    same(sorted(v["tokenHash"] for v in told), sorted(h for h, answer in answers if answer.status == 200),
         "what was acknowledged")
    same(b.admin("GET", "/policies/TdxVm/versions" + VERSION).json()["versions"], told, "history of the other node")
    same(len(answers), 24, "answers")


class Watch(threading.Thread):
    """Takes tokens of one node and verifies each by the keys that another showed a moment before."""

    def __init__(self, signs, shows):
        super().__init__()
        self.signs, self.shows, self.taken, self.seen, self.wrong = signs, shows, 0, set(), []
        self.done = threading.Event()
        self.files = [path(f"keys-{signs.name}"), path(f"token-{signs.name}")]

    def run(self):
        while not self.done.is_set():
            try:
                began = time.monotonic()
                keys = path(os.path.basename(self.files[0]), self.shows.certs())
                answer = self.signs.attest(QUOTE)
                if time.monotonic() - began > DELAY / 3:  # that was no moment: a key may have come meanwhile
                    continue
                token = path(os.path.basename(self.files[1]), answer.json()["token"])
                self.seen.add(answer.token()[0]["kid"])
                checked = quoth("token", "verify", token, "--keys", keys, "--verifier", ISSUER, "--allow-simulated")
                if checked.status != 0:
                    self.wrong.append(checked.err)
                self.taken += 1
            except Exception as problem:  # pylint: disable=broad-except
                self.wrong.append(repr(problem))


@case
def a_rotation_is_never_in_the_way():
    watches = [Watch(a, b), Watch(b, a)]
    for w in watches:
        w.start()
    def wrong_or(condition):
        return lambda: all(condition(w) for w in watches) or any(w.wrong for w in watches)

    try:
        until(wrong_or(lambda w: w.taken > 0), "tokens by the old key")
        made = a.rotate()
        until(wrong_or(lambda w: made in w.seen and w.taken > 10), "both to sign with it")
        time.sleep(1)
    finally:
        for w in watches:
            w.done.set()
            w.join()
    for w in watches:
        same(w.wrong, [], "tokens that could not be verified")
        need(w.taken > 10 and len(w.seen) == 2, f"{w.taken} tokens by {len(w.seen)} keys")
    same(a.kids(), b.kids(), "keys")


@case
def a_new_key_is_shown_before_it_signs():
    began = time.monotonic()
    made = b.rotate()
    need(made in b.kids(), "is not shown by the node that made it")
    until(lambda: made in a.kids(), "the other to show it")
    signs = a.attest(QUOTE).token()[0]["kid"]
    need(signs != made or time.monotonic() - began > DELAY - 1, "signs already")
    until(lambda: a.attest(QUOTE).token()[0]["kid"] == made, "the new key to sign")


@case
def a_distrusted_key_is_gone_everywhere():
    old = a.attest(QUOTE).token()[0]["kid"]
    made = b.rotate(distrust=old)
    need(old not in b.kids(), "is shown still where it was said")
    same(b.attest(QUOTE).token()[0]["kid"], made, "who signs there")
    until(lambda: old not in a.kids(), "the other to hear of it")
    same(a.attest(QUOTE).token()[0]["kid"], made, "who signs at the other")


@case
def two_rotations_at_once_are_two_or_one():
    before = a.kids()
    answers = []
    both = [threading.Thread(target=lambda n=n: answers.append(n.admin("POST", "/signing-keys:rotate", b"{}"))) for n in (a, b)]
    for t in both:
        t.start()
    for t in both:
        t.join()
    made = {x.json()["made"] for x in answers if x.status == 200}
    need(made and all(x.status in (200, 409) for x in answers), [x.body for x in answers])
    until(lambda: a.kids() == before | made and b.kids() == before | made, "both to show them")


# ---- killing

@case
def what_was_acknowledged_outlives_the_node():
    made = a.rotate()
    a.stop(signal.SIGKILL)
    until(lambda: made in b.kids(), "the other to show it")
    need(b.status() == 200, "the other does not serve")
    a.begin()
    same(a.kids(), b.kids(), "keys after a restart")
    same(a.policy_hash(), b.policy_hash(), "policies after a restart")


@case
def a_database_that_was_cut_off_has_kept_what_it_said():
    made = b.rotate()
    same(server("kill").returncode, 0, "kill")
    same(server("start").returncode, 0, "start")
    until(lambda: made in a.kids() and a.status() == 200 and b.status() == 200, "both to serve")


# ---- without the database

def how_far(node):
    """What a checkpoint says of the store."""
    answer = node.admin("GET", "/audit/checkpoint")
    same(answer.status, 200, f"a checkpoint: {answer.body}")
    return answer.token()[1]["x-quoth-watermark"]


@case
def without_the_database_there_is_a_grace():
    before = how_far(a)
    began = time.monotonic()
    same(server("stop").returncode, 0, "stop")
    same((a.status(), a.ask("GET", "/readyz").status), (200, 200), "at once")
    refused = a.admin("POST", "/signing-keys:rotate", b"{}")
    same(refused.status, 503, f"a change: {refused.body}")
    same(how_far(a), before, "how far the store had come when it was heard last")
    until(lambda: a.status() != 200, "the end of the grace")
    need(time.monotonic() - began > GRACE - 2, f"ended after {time.monotonic() - began} s")
    same(a.status(), (503, "tenant.snapshot.stale"), "refusal")
    answer = a.post("/attest/SgxEnclave" + VERSION, BODY)
    need(int(answer.field("Retry-After")) >= 1, "Retry-After")
    same(a.ask("GET", "/readyz").refusal()[1], "tenant.snapshot.stale", "readyz")
    same(a.ask("GET", "/livez").status, 200, "livez")
    same(a.ask("GET", "/certs").status, 200, "certs")
    same(a.admin("GET", "/audit/checkpoint").status, 503, "a checkpoint, after the grace")
    same(server("start").returncode, 0, "start")
    until(lambda: a.status() == 200 and b.status() == 200, "both to recover")
    same(a.ask("GET", "/readyz").status, 200, "readyz")


@case
def what_changed_meanwhile_is_known_before_anything_is_decided():
    os.kill(a.process.process.pid, signal.SIGSTOP)
    made = b.rotate(distrust=b.attest(QUOTE).token()[0]["kid"])
    time.sleep(GRACE + 1)
    os.kill(a.process.process.pid, signal.SIGCONT)
    until(lambda: a.status() == 200, "the node to recover")
    same(a.attest(QUOTE).token()[0]["kid"], made, "who signs")


# ---- rows that somebody changes

@case
def a_record_that_was_changed_stops_decisions():
    sql("BEGIN; CREATE TABLE before AS SELECT * FROM record WHERE kind = 'policy'; "
        "UPDATE record SET value = value || '\\x00'::bytea WHERE kind = 'policy'; COMMIT")
    moved = b.admin("POST", "/signing-keys:rotate", b"{}")  # moves the revision; the record is found to be broken
    same(moved.status, 500, f"the change that could not be read back: {moved.body}")
    for node in (a, b):
        until(lambda: node.status() == (503, "tenant.unreadable"), "decisions to stop")
        same(node.ask("GET", "/readyz").refusal()[1], "tenant.unreadable", "readyz")
    until(lambda: any("tenant" in line["event"] for line in a.logged() if line.get("level") == "error"), "the log to say so")
    sql("BEGIN; UPDATE record SET value = before.value FROM before WHERE record.kind = before.kind AND record.tenant = before.tenant "
        "AND record.id = before.id AND record.version = before.version; DROP TABLE before; COMMIT")
    until(lambda: a.status() == 200 and b.status() == 200, "both to recover")


@case
def a_node_does_not_start_with_half_a_store():
    c = init("e")
    same(c.returncode, 0, f"init: {c.stderr}")
    sql("CREATE TABLE before AS SELECT * FROM record WHERE kind = 'tenant'; DELETE FROM record WHERE kind = 'tenant'")
    done = subprocess.run([QUOTHD, "--state", path("e/state"), "--master-key", MASTER, "--store", URL, "--listen", "127.0.0.1:0"],
                          capture_output=True, timeout=60)
    sql("INSERT INTO record SELECT * FROM before; DROP TABLE before")
    same(done.returncode, 1, f"exit status with {done.stderr}")
    need(b"store" in done.stderr, done.stderr)


@case
def all_end_well():
    same((a.stop(), b.stop()), (0, 0), "exit statuses")


if __name__ == "__main__":
    main()
