#!/usr/bin/env python3
"""quothd as a whole: service_test.py QUOTH QUOTHD MAKE_QUOTE. Tokens for good evidence, Azure's
envelope for everything else, and a service that stays up."""
import base64
import glob
import json
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

from stage import QUOTHD, VERSION, Platform, Verifier, b64url, until
import exposition
from harness import case, each, main, need, path, quoth, read, same

SGX, OE = "/attest/SgxEnclave" + VERSION, "/attest/OpenEnclave" + VERSION
HELD = b"held data"

platform = Platform("platform")
COLLATERAL = platform.serve()
QUOTE = platform.quote(HELD)
REPORT = (1).to_bytes(4, "little") + (2).to_bytes(4, "little") + len(QUOTE).to_bytes(8, "little") + QUOTE
TRUST = platform.trust()
verifier = Verifier("main", *TRUST).start("--collateral", COLLATERAL, "--header-timeout", "40000",
                                          "--body-timeout", "40000", "--rate", "0")
impatient = Verifier("impatient", *TRUST).start("--header-timeout", "1500", "--body-timeout", "1500")

LATE = ["env", "FAKETIME=+1h", "FAKETIME_DONT_FAKE_MONOTONIC=1",
        "LD_PRELOAD=" + "".join(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"))]


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


# ---- good evidence

def accept(body, target=SGX):
    header, claims = verifier.post(target, body).token()
    keys = verifier.ask("GET", "/certs").json()["keys"]
    same(header["alg"], "RS256", "alg")
    same(header["typ"], "JWT", "typ")
    same(header["jku"], verifier.issuer + "/certs", "jku")
    need(header["kid"] in [k["kid"] for k in keys], "no such key")
    same(claims["iss"], verifier.issuer, "iss")
    same(claims["nbf"], claims["iat"], "nbf")
    same(claims["exp"] - claims["iat"], 28800, "life")
    need(abs(claims["iat"] - time.time()) < 60, "iat is not now")
    need(re.fullmatch("[0-9a-f]{64}", claims["jti"]), "jti")
    same(claims["x-quoth-simulated"], True, "simulated")
    return claims


@case
def bare_quote():
    claims = accept({"quote": b64url(QUOTE)})
    same(claims["x-ms-sgx-mrenclave"], "e1" * 32, "mrenclave")
    same(claims["x-ms-attestation-type"], "sgx", "type")
    same(claims["x-ms-ver"], "1.0", "version")
    same(claims["x-quoth-tcb-status"], "UpToDate", "status")
    same(claims["x-ms-policy"]["sgx-mrsigner"], "51" * 32, "policy claim")
    same(claims["sgx-mrsigner"], "51" * 32, "policy claim at the top")
    same(claims["x-ms-policy-hash"], "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw", "Azure's policy")
    need("nonce" not in claims and "x-ms-sgx-ehd" not in claims and "x-ms-runtime" not in claims,
         "claims of what was not sent")


@case
def open_enclave_report():
    same(accept({"report": b64url(REPORT)}, OE)["x-ms-sgx-product-id"], 1234, "product")


@case
def binary_held_data():
    claims = accept({"quote": b64url(QUOTE), "runtimeData": {"data": b64url(HELD), "dataType": "Binary"}})
    same([claims[n] for n in ("x-ms-sgx-ehd", "maa-ehd", "aas-ehd")], [b64url(HELD)] * 3, "held data")


@case
def json_held_data():
    held = b'{"b": [1, 2.50, {"x": null}], "a": "\\u00e4"}'
    claims = accept({"quote": b64url(platform.quote(held)),
                     "runtimeData": {"data": b64url(held), "dataType": "JSON"}})
    same(claims["x-ms-runtime"], {"a": "ä", "b": [1, 2.5, {"x": None}]}, "x-ms-runtime")
    need("x-ms-sgx-ehd" not in claims, "JSON became Binary")


@each([("text", "abc ü", "abc ü"), ("number", 12345678901234567890, "12345678901234567890"),
       ("empty", "", "")])
def nonce(_, sent, told):
    same(accept({"quote": b64url(QUOTE), "nonce": sent})["nonce"], told, "nonce")


@each([("members in any case", {"QUOTE": b64url(QUOTE), "RuntimeData": {"DATA": b64url(HELD)}}, SGX),
       ("path in any case", {"quote": b64url(QUOTE)}, "/Attest/sgxenclave" + VERSION),
       ("standard base 64", {"quote": base64.b64encode(QUOTE).decode()}, SGX),
       ("padded base 64 for URLs", {"quote": base64.urlsafe_b64encode(QUOTE).decode()}, SGX),
       ("null members", {"quote": b64url(QUOTE), "runtimeData": None, "nonce": None}, SGX),
       ("unknown members", {"quote": b64url(QUOTE), "more": {"a": [1]}}, SGX),
       ("a later version", {"quote": b64url(QUOTE)}, "/attest/SgxEnclave?api-version=2099-01-01")])
def as_clients_send_it(_, body, target):
    accept(body, target)


@case
def compact_answer_fields():
    answer = verifier.attest(QUOTE)
    same(answer.field("Content-Type"), "application/json; charset=utf-8", "type")
    same(answer.field("Cache-Control"), "no-store", "caching")
    need(re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", answer.field("x-ms-request-id")), "id")


# ---- documents

@case
def keys_as_azure_writes_them():
    answer = verifier.ask("GET", "/certs")
    key, = answer.json()["keys"]
    same(key["kty"], "RSA", "kty")
    same(len(base64.b64decode(key["kid"])), 32, "kid")
    pem = ssl.DER_cert_to_PEM_cert(base64.b64decode(key["x5c"][0]))
    subject = subprocess.run(["openssl", "x509", "-noout", "-subject", "-serial"], input=pem.encode(),
                             capture_output=True).stdout.decode()
    need(f"CN = {verifier.issuer}" in subject and "serial=01" in subject, subject)


@case
def metadata():
    document = verifier.ask("GET", "/.well-known/openid-configuration").json()
    same(document["issuer"], verifier.issuer, "issuer")
    same(document["jwks_uri"], verifier.issuer + "/certs", "jwks_uri")
    same(document["id_token_signing_alg_values_supported"], ["RS256"], "algorithms")


@case
def issuer_is_never_taken_from_the_request():
    answer = verifier.raw(b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: evil.example\r\n"
                          b"X-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n")
    same((answer.status, answer.refusal()[1]), (421, "http.misdirected"), "refusal")
    need(b"evil" not in answer.body, "the Host field came back")
    forwarded = verifier.ask("GET", "/.well-known/openid-configuration",
                             fields=[("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example")])
    same(forwarded.json()["issuer"], verifier.issuer, "issuer")


# ---- bad evidence and bad requests

OVER = b'{"quote":"' + b"A" * (200 << 10) + b'"}'
MANY = b"{" + b",".join(b'"%d":0' % i for i in range(40000)) + b"}"


def bad_requests():
    q = b64url(QUOTE)

    def held(data, kind="Binary"):
        return {"quote": q, "runtimeData": {"data": b64url(data), "dataType": kind}}

    return [
        ("nothing", SGX, b"", 400, "json.syntax"),
        ("not JSON", SGX, b"quote", 400, "json.syntax"),
        ("cut", SGX, b'{"quote":"AAAA', 400, "json.syntax"),
        ("an array", SGX, b"[]", 400, "json.value"),
        ("wrong type", SGX, {"quote": 5}, 400, "json.value"),
        ("twice", SGX, b'{"quote":"AAAA","quote":"AAAA"}', 400, "json.duplicate"),
        ("twice in another case", SGX, b'{"quote":"AAAA","QUOTE":"AAAA"}', 400, "json.duplicate"),
        ("deeply nested", SGX, b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "json.limit"),
        ("many members", SGX, MANY[:100000].rsplit(b",", 1)[0] + b"}", 400, None),
        ("not UTF-8", SGX, b'{"quote":"\xff"}', 400, "json.syntax"),
        ("NUL", SGX, b'{"quote":"AA\x00AA"}', 400, "json.syntax"),
        ("missing", SGX, {}, 400, "json.value"),
        ("not base 64", SGX, {"quote": "?"}, 400, "encoding.base64"),
        ("oversized", SGX, OVER, 413, "input.too-large"),
        ("empty evidence", SGX, {"quote": ""}, 400, None),
        ("noise", SGX, {"quote": b64url(random.Random(4600).randbytes(4600))}, 400, None),
        ("cut evidence", SGX, {"quote": b64url(QUOTE[:1000])}, 400, "input.malformed"),
        ("evidence and more", SGX, {"quote": b64url(QUOTE + b"x")}, 400, "input.malformed"),
        ("a flipped measurement", SGX, {"quote": b64url(flipped(QUOTE, 48 + 64))}, 400,
         "quote.signature.invalid"),
        ("a flipped signature", SGX, {"quote": b64url(flipped(QUOTE, 440))}, 400,
         "quote.signature.invalid"),
        ("a flipped header", SGX, {"quote": b64url(flipped(QUOTE, 30))}, 400, None),
        ("a flipped certificate", SGX, {"quote": b64url(flipped(QUOTE, len(QUOTE) - 1000))}, 400, None),
        ("a report where a quote is due", SGX, {"quote": b64url(REPORT)}, 400, None),
        ("a quote where a report is due", OE, {"report": q}, 400, "evidence.form"),
        ("the other route's member", OE, {"quote": q}, 400, "json.value"),
        ("a report that lies about its size", OE, {"report": b64url(REPORT[:8] + b"\xff" * 8 + QUOTE)},
         400, "evidence.form"),
        ("other held data", SGX, held(b"other"), 400, "held-data.mismatch"),
        ("held data is no JSON", SGX, held(HELD, "JSON"), 400, "held-data.invalid"),
        ("held data too large", SGX, held(b"x" * 32769), 413, "input.too-large"),
        ("unknown kind of held data", SGX, held(HELD, "Text"), 400, "json.value"),
        ("long nonce", SGX, {"quote": q, "nonce": "x" * 1025}, 413, "input.too-large"),
        ("draft policy", SGX, {"quote": q, "draftPolicyForAttestation": 1}, 400, "json.value"),
        ("no version", "/attest/SgxEnclave", {"quote": q}, 400, "request.api-version"),
        ("odd version", "/attest/SgxEnclave?api-version=new", {"quote": q}, 400,
         "request.api-version"),
    ]


@each(bad_requests)
def refused(_, target, body, status, code):
    answer = verifier.post(target, body)
    azure, detail = answer.refusal()
    same(answer.status, status, f"status of {detail}")
    if code:
        same(detail, code, "code")
    same(azure, "RequestEntityTooLarge" if status == 413 else "InvalidParameter", "Azure's code")


@each([("unknown", "GET", "/nothing", 404, "NotFound", "http.route.unknown"),
       ("root", "GET", "/", 404, "NotFound", "http.route.unknown"),
       ("policies", "GET", "/policies/SgxEnclave" + VERSION, 401, "Unauthorized", "admin.unauthenticated"),
       ("climbing", "GET", "/../etc/passwd", 404, "NotFound", "http.route.unknown"),
       ("escaped", "GET", "/%63erts", 404, "NotFound", "http.route.unknown"),
       ("GET of attest", "GET", SGX, 405, "MethodNotAllowed", "http.method"),
       ("POST of certs", "POST", "/certs", 405, "MethodNotAllowed", "http.method"),
       ("DELETE of certs", "DELETE", "/certs", 405, "MethodNotAllowed", "http.method"),
       ("unknown method", "BREW", "/certs", 501, "NotImplemented", "http.method.unknown")])
def routes(_, method, target, status, azure, code):
    answer = verifier.ask(method, target)
    same((answer.status, *answer.refusal()), (status, azure, code), "refusal")
    same(answer.field("Allow") is not None, status == 405, "Allow")


@each([("form", "application/x-www-form-urlencoded"), ("text", "text/plain"), ("none at all", "x")])
def media_types(_, kind):
    answer = verifier.post(SGX, {"quote": b64url(QUOTE)}, [("Content-Type", kind)])
    same((answer.status, *answer.refusal()), (415, "UnsupportedMediaType", "http.content-type"), "refusal")


@case
def compressed_body():
    answer = verifier.post(SGX, b"x", [("Content-Encoding", "gzip")])
    same(answer.status, 415, "status")


# The rows of strictness lie in src/http; a few of them here, through TLS.
@each([("two lengths", b"POST /certs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
       ("bare LF", b"GET /certs HTTP/1.1\nHost: h\n\n", 400),
       ("no host", b"GET /certs HTTP/1.1\r\n\r\n", 400),
       ("version 3.0", b"GET /certs HTTP/3.0\r\nHost: localhost\r\n\r\n", 505),
       ("coding", b"POST /certs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: x\r\n\r\n", 501),
       ("large head", b"GET /certs HTTP/1.1\r\nHost: localhost\r\nA: " + b"x" * 9000 + b"\r\n\r\n", 431),
       ("noise", bytes(range(256)), 400)])
def requests_out_of_form(_, data, status):
    answer = verifier.raw(data)
    answer.refusal()
    same(answer.status, status, "status")


@each([("half a head", b"GET /certs HT"),
       ("half a body", b"POST " + SGX.encode() + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"),
       ("nothing", b"")])
def cut_connections(_, data):
    connection = verifier.connect()
    connection.sendall(data)
    socket.socket.shutdown(connection, socket.SHUT_WR)  # the end of TCP, without one of TLS
    started = time.monotonic()
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass
    need(time.monotonic() - started < 20, "is held open")


# Margins are wide, as the machine may be busy: what is told apart is 1.5 seconds from no end at all.
@each([("silent", b"", None), ("slow head", b"GET /certs HTTP/1.1\r\nA: ", 408),
       ("slow body", b"POST " + SGX.encode() + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n", 408)])
def slow(_, begin, status):
    connection = impatient.connect()
    started = time.monotonic()
    connection.sendall(begin)
    connection.settimeout(0.1)
    heard = None
    while heard is None:
        need(time.monotonic() - started < 20, "is kept waiting")
        try:
            heard = connection.recv(65536)
        except TimeoutError:
            if begin:
                connection.sendall(b"x")
    if status:
        same(int(heard.split(b" ")[1]), status, "status")
    else:
        same(heard, b"", "an answer to nothing")


@case
def hostile_text_does_not_reach_the_log():
    verifier.ask("GET", "/evil%0a", fields=[("x-ms-client-request-id", "\x80\xe2\x80\xae" * 40)])
    verifier.ask("GET", "/ok", fields=[("x-ms-client-request-id", "mine-1")])
    until(lambda: any(line.get("client_request_id") == "mine-1" for line in verifier.logged("request")),
          "a line with the client's id")
    raw = read(verifier.process.log)
    need(all(0x20 <= c or c == 0x0a for c in raw), "control characters in the log")
    need("\u202e" not in raw.decode(), "bidirectional override in the log")
    lines = verifier.logged("request")
    need(all(len(line.get("client_request_id", "")) < 260 for line in lines), "not capped")
    ids = [line["id"] for line in lines]
    same(len(ids), len(set(ids)), "ids are unique")


@case
def nothing_secret_is_logged_or_told():
    raw = read(verifier.process.log)
    need(b"PRIVATE" not in raw and b"eyJ" not in raw, "a key or token is in the log")
    need(read(os.path.join(verifier.state, "admin.token")).strip() not in raw, "the admin token is")


@case
def metrics_have_fixed_labels():
    verifier.ask("GET", "/some/random/path")
    text = verifier.ask("GET", "/metrics").body.decode()
    need("random" not in text, "a path became a label")
    routes_seen = set(re.findall('route="([^"]*)"', text))
    served = set(verifier.ask("GET", "/openapi.json").json()["paths"])
    need(routes_seen <= served | {"none"}, routes_seen)
    need(verifier.metric('quoth_attestations_total{tee="sgx",verdict="accepted"}') > 5, "accepted")
    need(verifier.metric('quoth_refusals_total{code="quote.signature.invalid"}') >= 2, "refused")
    exposition.read(text)


@case
def keep_alive_carries_many():
    body = json.dumps({"quote": b64url(QUOTE)}).encode()
    one = (f"POST {SGX} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
    connection = verifier.connect()
    for _ in range(20):
        connection.sendall(one)
        heard = b""
        while b'"}' not in heard[-2:]:
            heard += connection.recv(65536)
        need(heard.startswith(b"HTTP/1.1 200 "), heard[:60])


@case
def after_all_that_it_is_well():
    same(verifier.ask("GET", "/livez").status, 200, "livez")
    same(verifier.ask("GET", "/readyz").status, 200, "readyz")
    accept({"quote": b64url(QUOTE)})


# ---- trust

@case
def another_platform_is_refused_and_asks_for_nothing():
    other = Platform("other")
    asked = verifier.metric('quoth_collateral_events_total{event="failed"}')
    answer = verifier.attest(other.quote())
    same(answer.refusal()[1], "chain.simulated", "code")
    same(verifier.metric('quoth_collateral_events_total{event="failed"}'), asked, "fetches")


@each([("hardware to simulated", [], TRUST), ("simulated to hardware", TRUST, ["--trust", "hardware"])])
def trust_is_never_turned(name, made, said):
    v = Verifier("turned-" + name.split()[0], *made)
    done = subprocess.run([QUOTHD, *v.options, "--listen", "127.0.0.1:0", *said], capture_output=True,
                          timeout=60)
    same(done.returncode, 2, "exit status")
    need(b"can never serve" in done.stderr, done.stderr)


@case
def hardware_refuses_simulated_evidence_and_says_why():
    v = Verifier("hardware").start()
    answer = v.attest(QUOTE)
    same((answer.status, answer.refusal()[1]), (400, "chain.simulated"), "refusal")
    need("simulated" in answer.json()["error"]["details"][0]["hint"], "the hint does not help")
    same(v.stop(), 0, "exit status")


# ---- starting

made = Verifier("made", *TRUST)


@each([("not initialised", ["--state", path("nowhere")], 3, "quothd init", "store.missing"),
       ("another issuer", [*made.options, "--issuer", "https://other.example"], 2, "expected", "usage"),
       ("the folder is in use", [*verifier.options, "--listen", "127.0.0.1:0"], 3, "another process", "state.in-use"),
       ("master key of another", ["--state", made.state, "--master-key", path("short.key", b"x" * 31)], 2, "32 bytes", "master-key.unfit"),
       ("unknown option", ["--isuer", "x"], 2, "not an option", "usage"),
       ("unknown option of the sidecar", ["sidecar", "--isuer", "x"], 2, "--help", "usage"),
       ("unknown status", [*made.options, "--accept-status", "Fine"], 2, "Fine", "usage"),
       ("Revoked", [*made.options, "--accept-status", "UpToDate,Revoked"], 2, "Revoked", "usage")])
def does_not_start(_, args, status, words, code):
    os.chmod(path("short.key"), 0o600)
    done = subprocess.run([QUOTHD, *args], capture_output=True, timeout=60)
    same(done.returncode, status, f"exit status with {done.stderr}")
    need(words.encode() in done.stderr and b"\nhint: " in done.stderr, done.stderr)
    same(done.stderr.splitlines()[-1], b"code: " + code.encode(), "the code")


@each([("twice", made.options + ["--issuer", made.issuer], 2, "initialised already"),
       ("no issuer", ["--state", path("i1"), "--master-key", path("i1.key")], 2, "--issuer"),
       ("slash at the end", ["--state", path("i2"), "--master-key", path("i2.key"), "--issuer", "https://a/"], 2, "https://a"),
       ("key in the folder", ["--state", path("i3"), "--master-key", path("i3/m.key"), "--issuer", "https://a"], 2, "lies in the state folder")])
def does_not_initialise(_, args, status, words):
    done = subprocess.run([QUOTHD, "init", *args], capture_output=True, timeout=60)
    same(done.returncode, status, f"exit status with {done.stderr}")
    need(words.encode() in done.stderr, done.stderr)


# ---- collateral

@case
def a_source_that_is_down_is_no_bad_evidence():
    v = Verifier("down", *TRUST).start("--collateral", "http://127.0.0.1:1")
    answer = v.attest(QUOTE)
    same((answer.status, answer.refusal()[0]), (503, "ServiceUnavailable"), "refusal")
    need(int(answer.field("Retry-After")) >= 1, "Retry-After")
    forged = v.attest(flipped(QUOTE, 440))
    same((forged.status, forged.refusal()[1]), (400, "quote.signature.invalid"), "nothing is fetched for it")
    same(v.ask("GET", "/readyz").status, 200, "readyz")
    v.stop()


@case
def no_source_is_no_bad_evidence():
    v = Verifier("none", *TRUST).start()
    answer = v.attest(QUOTE)
    same(answer.status, 503, "status")
    v.stop()


@case
def many_first_requests_ask_once():
    v = Verifier("flight", *TRUST).start("--collateral", COLLATERAL)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(v.attest(QUOTE).status)) for _ in range(24)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(answers, [200] * 24, "answers")
    same(v.metric('quoth_collateral_events_total{event="refreshed"}'), 1, "fetches")
    v.stop()


@case
def collateral_does_not_roll_back_over_a_restart():
    p = Platform("rolling")
    shutil.copytree(p.folder, path("rolling-old"))
    p.vendor("refresh", "--evaluation-number", "90")
    url = p.serve()
    quote = p.quote()
    v = Verifier("rolling-verifier", *p.trust()).start("--collateral", url)
    same(v.attest(quote).token()[1]["x-quoth-tcb-evaluation-number"], 90, "number")
    v.stop()
    p.service.stop()
    older = Platform.__new__(Platform)
    older.folder = path("rolling-old")
    url = older.serve()
    v.start("--collateral", url)
    answer = v.attest(quote)
    same((answer.status, answer.refusal()[1]), (503, "collateral.source.rollback"), "refusal")
    v.stop()
    v.start("--collateral", url, "--collateral-allow-older")
    need(v.attest(quote).token()[1]["x-quoth-tcb-evaluation-number"] < 90, "number")
    until(lambda: v.logged("collateral.older-accepted"), "a line in the log")
    v.stop()
    older.service.stop()


@case
def a_bundle_in_a_file_serves():
    bundle = path("bundle.json")
    result = quoth("collateral", "fetch", COLLATERAL, "--evidence", path("q.bin", QUOTE), "--out", bundle,
                   "--trust-root", platform.root)
    same(result.status, 0, f"fetch: {result.err}")
    v = Verifier("bundle", *TRUST).start("--collateral", bundle)
    v.attest(QUOTE).token()
    v.stop()


# ---- life and death

@case
def a_killed_service_comes_back_as_it_was():
    v = Verifier("killed", *TRUST).start("--collateral", COLLATERAL)
    before = v.ask("GET", "/certs").json()
    v.attest(QUOTE).token()
    v.stop(signal.SIGKILL)
    v.start("--collateral", COLLATERAL)
    same(v.ask("GET", "/certs").json(), before, "keys")
    v.attest(QUOTE).token()
    same(v.stop(), 0, "exit status")


@case
def a_draining_service_finishes_what_it_has():
    v = Verifier("drained", *TRUST).start("--collateral", COLLATERAL)
    body = json.dumps({"quote": b64url(QUOTE)}).encode()
    connection = v.connect()
    idle = v.connect()
    idle.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    need(idle.recv(65536).startswith(b"HTTP/1.1 200 "), "what is idle was served")
    connection.sendall((f"POST {SGX} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n").encode())
    same(connection.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n", "what says that the request was begun")
    connection.sendall(body[:50])
    v.process.process.send_signal(signal.SIGTERM)
    until(lambda: v.logged("draining"), "the drain")

    def refuses():
        try:
            socket.create_connection((v.address[0], int(v.address[1])), timeout=2).close()
        except OSError:
            return True
        return False

    until(refuses, "connections to be refused")
    same(idle.recv(10), b"", "an idle connection")
    connection.sendall(body[50:])
    heard = b""
    while True:
        part = connection.recv(65536)
        if not part:
            break
        heard += part
    need(heard.startswith(b"HTTP/1.1 200 ") and b"Connection: close" in heard, heard[:200])
    same(v.process.process.wait(60), 0, "exit status")
    until(lambda: v.logged("stopped"), "a line in the log")


@case
def a_drain_has_an_end():
    v = Verifier("slow-drain", *TRUST).start("--collateral", COLLATERAL, "--drain-timeout", "300",
                                             "--header-timeout", "40000")
    connection = v.connect()
    connection.sendall(b"GET /certs HTTP/1.1\r\n")
    time.sleep(0.5)
    started = time.monotonic()
    same(v.stop(), 0, "exit status")
    need(time.monotonic() - started < 20, "took long")


@case
def an_upstream_that_hangs_does_not_hold_up_the_end():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        v = Verifier("hanging", *TRUST).start("--collateral", f"http://127.0.0.1:{silent.getsockname()[1]}",
                                              "--drain-timeout", "500")
        threading.Thread(target=lambda: v.attest(QUOTE), daemon=True).start()
        held, _ = silent.accept()
        started = time.monotonic()
        same(v.stop(), 0, "exit status")
        need(time.monotonic() - started < 9, "took long")
        held.close()


@case
def sources_are_limited():
    v = Verifier("limited", *TRUST).start("--collateral", COLLATERAL, "--rate", "1", "--rate-burst", "3",
                                          "--connections-per-source", "3")
    same([v.ask("GET", "/livez").status for _ in range(3)], [200] * 3, "the first three")
    for _ in range(60):  # a busy machine may take a second for one, and then one more is due
        answer = v.ask("GET", "/livez")
        if answer.status != 200:
            break
    same((answer.status, *answer.refusal()), (429, "TooManyRequests", "http.rate"), "too many")
    same(answer.field("Retry-After"), "1", "Retry-After")
    held = []

    def three_are_held():
        """Connections from before may count until the service has noticed their end."""
        try:
            held.append(v.connect())
        except OSError:
            pass
        return len(held) == 3

    until(three_are_held, "three connections to be held")
    try:
        v.connect()
        raise AssertionError("a fourth connection is served")
    except (OSError, ssl.SSLError):
        pass
    for c in held:
        c.close()
    v.stop()


@case
def the_operators_certificate_is_shown_and_changed():
    def certificate(name, cn):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", path(name + ".key"), "-out", path(name + ".crt"), "-subj", f"/CN={cn}",
                        "-addext", "subjectAltName=DNS:localhost", "-days", "2"], check=True, capture_output=True)
        return read(path(name + ".crt")).decode()

    def shown():
        return ssl.get_server_certificate((v.address[0], int(v.address[1])))

    one = certificate("shown", "one")
    v = Verifier("own-tls", *TRUST).start("--tls-cert", path("shown.crt"), "--tls-key", path("shown.key"))
    same(shown().split(), one.split(), "certificate")
    two = certificate("shown", "two")
    v.process.process.send_signal(signal.SIGHUP)
    until(lambda: shown().split() == two.split(), "the new certificate")
    path("shown.key", b"no key")
    v.process.process.send_signal(signal.SIGHUP)
    until(lambda: v.logged("config.refused"), "a complaint")
    same(shown().split(), two.split(), "certificate")
    same(v.stop(), 0, "exit status")


@case
def the_local_ca_vouches_for_the_issuer_alone():
    v = Verifier("ca", *TRUST, issuer="https://attest.example.org").start()
    v.connect("attest.example.org").close()
    for name in ("localhost", "example.org"):
        try:
            v.connect(name)
            raise AssertionError(f"serves as {name}")
        except ssl.SSLCertVerificationError:
            pass
    v.stop()


@case
def no_signature_under_a_clock_that_is_behind():
    v = Verifier("late", *TRUST)
    v.start("--collateral", COLLATERAL, before=LATE)  # an earlier run saw a later hour
    v.attest(QUOTE).token()
    v.stop()
    v.start("--collateral", COLLATERAL)
    for answer in (v.ask("GET", "/readyz"), v.attest(QUOTE)):
        same((answer.status, answer.refusal()[1]), (503, "clock.behind"), "refusal")
    same(v.ask("GET", "/livez").status, 200, "livez")
    same(v.metric("quoth_ready"), 0, "ready")
    v.stop()
    v.start("--collateral", COLLATERAL, "--clock-reset")
    v.attest(QUOTE).token()
    v.stop()
    v.start("--collateral", COLLATERAL)
    v.attest(QUOTE).token()
    v.stop()


@case
def configuration_by_file_and_variable():
    v = Verifier("configured", *TRUST)
    file = path("quothd.json", json.dumps({
        "state": v.state, "master-key": v.options[3], "collateral": [COLLATERAL], "log-format": "text",
        "listen": "127.0.0.1:0"}))
    v.options = ["--config", file]
    v.start()
    v.attest(QUOTE).token()
    until(lambda: re.search(rb"(?m)^\S+ info listening on=https://127.0.0.1:\d+ issuer=", read(v.process.log)),
          "a line in the log")
    v.stop()


@case
def the_last_stop_too():
    same((verifier.stop(), impatient.stop()), (0, 0), "exit statuses")
    platform.service.stop()
    need(not [f for f in os.listdir(verifier.state) if f.endswith("-wal")], "a log is left behind")


if __name__ == "__main__":
    main()
