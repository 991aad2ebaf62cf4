#!/usr/bin/env python3
"""A store that is put back whole while nobody runs: rollback_test.py QUOTH QUOTHD MAKE_QUOTE. Found by a checkpoint
that was exported before, and by a counter of a TPM (swtpm; skipped where it is not installed, and said)."""
import glob
import json
import os
import subprocess

from stage import QUOTHD, Platform, Verifier, unb64url
from harness import case, each, main, need, path, quoth, read, same
from tpm import HAS_TPM, Tpm

JSON = ("Content-Type", "application/json")
# What is said with store.rolled-back.
CHECKPOINT_AHEAD = ", the store has come to "
COUNTER_AHEAD = ", the store is of the time of "

platform = Platform("platform")
COLLATERAL = platform.serve()
stages = 0


def bearer(verifier):
    return "Authorization", "Bearer " + read(os.path.join(verifier.state, "admin.token")).decode().strip()


def made(**how):
    global stages
    stages += 1
    return Verifier(f"store{stages}", *platform.trust(), **how)


def runs(verifier, *options):
    return verifier.start("--collateral", COLLATERAL, *options)


def stops(verifier):
    same(verifier.stop(), 0, "exit status")


def make_key(verifier, name):
    body = json.dumps({"kty": "EC", "crv": "P-256"}).encode()
    answer = verifier.ask("POST", f"/keys/{name}/create?api-version=7.4", body, [bearer(verifier), JSON])
    same(answer.status, 200, f"{answer.body!r}")


def export(verifier, name):
    answer = verifier.ask("GET", "/audit/checkpoint", fields=[bearer(verifier)])
    same(answer.status, 200, f"{answer.body!r}")
    return path(f"{verifier.name}/{name}", answer.body)


def copy(verifier):
    """The files of a store that nobody has open."""
    return {name: read(name) for name in glob.glob(os.path.join(verifier.state, "quoth.db*"))}


def put_back(verifier, files):
    for name in glob.glob(os.path.join(verifier.state, "quoth.db*")):
        os.unlink(name)
    for name, content in files.items():
        path(name, content)


def refused(verifier, status, text, *options):
    done = subprocess.run([QUOTHD, *verifier.options, "--listen", "127.0.0.1:0", "--collateral", COLLATERAL, *options],
                          capture_output=True, timeout=60, check=False)
    told = done.stderr.decode()
    same(done.returncode, status, f"exit status ({told})")
    need(text in told, f"does not say {text!r}: {told}")


def examined(verifier, file):
    done = subprocess.run([QUOTHD, "--check-config", *verifier.options, "--rollback-checkpoint", file],
                          capture_output=True, timeout=60, check=False)
    return done.returncode, done.stderr.decode()


@case
def a_store_that_is_older_than_the_checkpoint_is_refused():
    verifier = runs(made())
    make_key(verifier, "before")
    stops(verifier)
    older = copy(verifier)
    runs(verifier)
    make_key(verifier, "after")
    exported = export(verifier, "checkpoint.json")
    stops(verifier)
    newer = copy(verifier)

    runs(verifier, "--rollback-checkpoint", exported)
    stops(verifier)
    put_back(verifier, older)
    for _ in range(2):  # a start that is refused writes nothing that would make the next one pass
        refused(verifier, 1, CHECKPOINT_AHEAD, "--rollback-checkpoint", exported)
    same(examined(verifier, exported)[0], 0, "--check-config, which does not open the store")
    put_back(verifier, newer)
    runs(verifier, "--rollback-checkpoint", exported)
    same(verifier.ask("GET", "/keys/after?api-version=7.4", fields=[bearer(verifier)]).status, 200, "the key")
    stops(verifier)


@case
def it_says_how_far_the_store_has_come_and_can_still_be_verified():
    verifier = runs(made())
    numbers = []
    for name in ("one", "two"):
        make_key(verifier, name)
        token = json.loads(read(export(verifier, name)))["token"]
        numbers.append(json.loads(unb64url(token.split(".")[1]))["x-quoth-watermark"])
    need(0 < numbers[0] < numbers[1], f"{numbers}")
    keys = path(f"{verifier.name}/keys.json", verifier.ask("GET", "/certs").body)
    trail = glob.glob(os.path.join(verifier.state, "**", "administration.jsonl"), recursive=True)[0]
    held = quoth("audit", "verify", trail, "--checkpoint", path(f"{verifier.name}/two"), "--verifier", verifier.issuer,
                 "--keys", keys)
    same(held.status, 0, held.err)
    stops(verifier)


def files():
    """Of one service, and what is no checkpoint of it."""
    verifier, stranger = runs(made()), runs(made())
    other = runs(made(issuer="https://localhost:4444"))
    own, foreign = export(verifier, "own"), export(stranger, "foreign")
    token = json.loads(read(own))["token"]
    quote = verifier.attest(platform.quote()).json()["token"]
    rows = [("a stranger's of our name", 1, "is no key that the store keeps", foreign, 0),
            ("another issuer's", 1, "is no tenant of this service", export(other, "other"), 0),
            ("changed", 1, "the token was changed",
             path("changed", (token[:-80] + ("A" if token[-80] != "A" else "B") + token[-79:]).encode()), 0),
            ("unsigned", 4, "give the compact form as issued", path("unsigned", token.rsplit(".", 1)[0].encode()), 2),
            ("an attestation", 4, "x-quoth-audit", path("attestation", quote.encode()), 2),
            ("garbage", 4, "give the compact form as issued", path("garbage", bytes(range(256)) * 4), 2),
            ("too large", 4, "", path("large", b"a" * 70000), 2),
            ("not there", 3, "", path("nowhere"), 2)]
    for process in (verifier, stranger, other):
        stops(process)
    return [(name, verifier, *row) for name, *row in rows]


@each(files)
def what_is_no_checkpoint_of_this_service_never_passes(_, verifier, status, text, file, examination):
    refused(verifier, status, text, "--rollback-checkpoint", file)
    found, told = examined(verifier, file)
    same(found, examination, told)
    need(found == 0 or "rollback-checkpoint" in told, told)


@case
def a_counter_finds_it_too():
    if not HAS_TPM:
        print("  skipped: needs swtpm")
        return
    verifier, counter = made(), ["--rollback-counter", Tpm("counter", "?nv=0x01800001").source]
    refused(verifier, 1, "rollback-counter: the store knows nothing of it", *counter)
    runs(verifier, *counter, "--rollback-accept")
    stops(verifier)
    older = copy(verifier)
    runs(verifier, *counter)
    make_key(verifier, "after")
    stops(verifier)
    newer = copy(verifier)
    put_back(verifier, older)
    refused(verifier, 1, COUNTER_AHEAD, *counter)
    put_back(verifier, newer)
    runs(verifier, *counter)
    stops(verifier)
    put_back(verifier, older)
    refused(verifier, 1, COUNTER_AHEAD, *counter)
    runs(verifier, *counter, "--rollback-accept")
    stops(verifier)
    runs(verifier, *counter)
    stops(verifier)


main()
