#!/usr/bin/env python3
"""What of secrets and keys is left in the memory of quothd once it has answered: vault_memory_test.py QUOTH QUOTHD
MAKE_QUOTE. Its memory is looked through from outside, as whoever finds a core or a swapped page would."""
import json
import os
import signal
import sys
import time

from stage import Platform, Verifier, b64url
from harness import case, main, need, read, same

VERSION = "?api-version=7.4"
UNLIMITED = ("sh", "-c", 'ulimit -c unlimited && exec "$0" "$@"')

vault = Verifier("vault", *Platform("platform").trust()).start("--rate", "0", before=UNLIMITED)
TOKEN = read(os.path.join(vault.state, "admin.token")).decode().strip()
PID = vault.process.process.pid


def call(method, target, body):
    answer = vault.ask(method, target + VERSION, b"" if body is None else json.dumps(body).encode(),
                       [("Authorization", "Bearer " + TOKEN), ("Content-Type", "application/json")])
    same(answer.status, 200, f"{method} {target}: {answer.body}")
    return answer.json()


def memory():
    """What can be written to, as it is now."""
    with open(f"/proc/{PID}/maps") as maps, open(f"/proc/{PID}/mem", "rb", 0) as mem:
        for line in maps:
            span, rights = line.split()[:2]
            if rights.startswith("rw"):
                begin, end = (int(number, 16) for number in span.split("-"))
                mem.seek(begin)
                try:
                    yield mem.read(end - begin)
                except OSError:  # a page that cannot be read, such as the kernel's own
                    pass


def is_gone(what, words):
    """Soon after the answer: the client may have heard its end before the server gives its buffers back."""
    for _ in range(200):
        found = [word[:8] for part in memory() for word in words if word in part]
        if not found:
            return
        time.sleep(0.05)
    same(found, [], what)


try:
    next(memory())
except PermissionError:
    print("skipped: the memory of another process can be looked at by root alone here")
    sys.exit(77)


@case
def the_look_finds_what_is_there():
    need(any(vault.issuer.encode() in part for part in memory()), "the issuer, which is no secret, is not found")


@case
def a_secret_is_gone():
    value = "of no use to anybody " + os.urandom(16).hex()
    call("PUT", "/secrets/a", {"value": value})
    is_gone("the secret, once it is set", [value.encode()])
    same(call("GET", "/secrets/a", None)["value"], value, "the secret")
    is_gone("the secret, once it was read", [value.encode()])


@case
def a_key_that_was_brought_is_gone():
    key = os.urandom(32)
    words = [key, b64url(key).encode()]
    call("PUT", "/keys/oct", {"key": {"kty": "oct", "k": b64url(key)}})
    is_gone("the key, once it is kept", words)
    call("POST", "/keys/oct/wrapkey", {"alg": "A256KW", "value": b64url(bytes(16))})
    is_gone("the key, once it was used", words)


@case
def a_text_is_gone():
    call("POST", "/keys/rsa/create", {"kty": "RSA"})
    plain = os.urandom(48)
    words = [plain, b64url(plain).encode()]
    for key, algorithm in (("rsa", "RSA-OAEP-256"), ("rsa", "RSA1_5"), ("oct", "A256GCM"), ("oct", "A256CBCPAD")):
        iv = {"iv": b64url(bytes(16))} if "CBC" in algorithm else {}
        sealed = call("POST", f"/keys/{key}/encrypt", {"alg": algorithm, "value": b64url(plain), **iv})
        is_gone(f"{algorithm}: what was encrypted", words)
        same(call("POST", f"/keys/{key}/decrypt", {**sealed, "alg": algorithm})["value"], b64url(plain), algorithm)
        is_gone(f"{algorithm}: what was decrypted", words)


@case
def credentials_are_gone():
    is_gone("the admin token", [TOKEN.encode()])


@case
def no_core_is_left():
    os.kill(PID, signal.SIGSEGV)
    _, status = os.waitpid(PID, 0)
    same((os.WTERMSIG(status), os.WCOREDUMP(status)), (signal.SIGSEGV, False), "signal, and whether a core was dumped")


if __name__ == "__main__":
    main()
