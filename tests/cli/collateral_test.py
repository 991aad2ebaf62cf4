#!/usr/bin/env python3
"""quoth collateral, and evidence judged with a collateral service: what is asked, when nothing is
asked, and what is kept."""
import json
import os
import re
import shutil
import subprocess
import time

from harness import (QUOTH, SIM, STAGE, case, each, main, need, path, quoth, read, same)
from service import Service, answers

AT = "2026-11-15T00:00:00Z"
QUOTE = os.path.join(SIM, "quote-00.bin")
ROOT = os.path.join(SIM, "root-00.pem")
WORDS = ["--tee", "sgx", "--fmspc", "F0F0F0F00000"]
TRUST = ["--trust-root", ROOT]


def sim(name):
    return read(os.path.join(SIM, name))


def usual(**changes):
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n",
                        sim("quote-00.bin"), re.S)
    parts = {"tcb_info": sim("tcbinfo-00.json"), "qe_identity": sim("qeid-00.json"),
             "signer_chain": sim("signer-00.pem"), "pck_crl": sim("pckcrl-00.der"),
             "ca_chain": b"".join(blocks[1:3]), "root_crl": sim("rootcrl-00.der")}
    return answers(**dict(parts, **changes))


def verify(url, *more, quote=QUOTE, at=AT, trust=TRUST):
    result = quoth("evidence", "verify", quote, "--collateral", url, "--at", at, "--output", "json",
                   *trust, *more)
    return result, result.json() if result.status != 2 else None


# ---- evidence with a service ----

@case
def a_service_is_asked_four_times():
    with Service(usual()) as service:
        result, o = verify(service.url)
        same((result.status, o["verdict"]), (0, "accepted"), result.err)
        same(service.asked, ["/sgx/certification/v4/tcb?fmspc=f0f0f0f00000&update=standard",
                             "/sgx/certification/v4/qe/identity?update=standard",
                             "/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
                             "/sgx/certification/v4/rootcacrl"], "requests")


@case
def the_generation_is_chosen():
    with Service(usual()) as service:
        same(verify(service.url, "--update", "early")[0].status, 0, "exit status")
        same(verify(service.url, "--evaluation-number", "17")[0].status, 0, "exit status")
        need("update=early" in service.asked[0], service.asked[0])
        need("tcbEvaluationDataNumber=17" in service.asked[4], service.asked[4])
        need("update" not in service.asked[4], service.asked[4])


def edited(edit):
    raw = bytearray(sim("quote-00.bin"))
    edit(raw)
    return path("edited", bytes(raw))


def flip(offset):
    def edit(raw):
        raw[offset] ^= 1
    return edit


def cut(raw):
    del raw[1000:]


@each([
    ("report", flip(100)), ("user data", flip(30)), ("quote signature", flip(440)),
    ("attestation key", flip(510)), ("QE report", flip(600)), ("QE signature", flip(960)),
    ("PCK chain", flip(2000)), ("cut", cut),
])
def nothing_is_asked_before_chain_and_signature_hold(name, edit):
    with Service(usual()) as service:
        result, _ = verify(service.url, quote=edited(edit))
        need(result.status in (1, 4), f"exit status {result.status}")
        same(service.asked, [], "requests")


@case
def nothing_is_asked_about_roots_that_nobody_trusts():
    with Service(usual()) as service:
        for trust in ([], ["--trust-root", os.path.join(SIM, "root-01.pem")]):
            same(verify(service.url, trust=trust)[0].status, 1, "exit status")
        same(service.asked, [], "requests")


@case
def nothing_is_asked_about_platforms_past_their_time():
    with Service(usual()) as service:
        same(verify(service.url, at="2049-01-01T00:00:00Z")[0].status, 1, "exit status")
        same(service.asked, [], "requests")


API = "/sgx/certification/v4"


def bent(request, status=None, body=None, fields=None):
    made = usual()
    s, f, b = made[API + request]
    made[API + request] = (status or s, f if fields is None else fields, b if body is None else body)
    return made


@each([
    ("unknown platform",  bent("/tcb", status=404),                "unavailable", "collateral.source.unknown-platform"),
    ("server error",      bent("/tcb", status=500),                "unavailable", "collateral.source.unavailable"),
    ("too many requests", bent("/pckcrl", status=429),             "unavailable", "collateral.source.unavailable"),
    ("not authorized",    bent("/tcb", status=401),                "unavailable", "collateral.source.answer"),
    ("no chain",          bent("/tcb", fields={}),                 "unavailable", "collateral.source.answer"),
    ("broken chain",      bent("/tcb", fields={"TCB-Info-Issuer-Chain": "%zz"}), "unavailable", "collateral.source.answer"),
    ("a page",            bent("/pckcrl", body=b"<html>"),         "unavailable", "collateral.source.answer"),
    ("no body",           bent("/qe/identity", body=b""),          "unavailable", "collateral.source.answer"),
    ("too much",          bent("/tcb", body=b" " * 600000),        "unavailable", "collateral.source.answer"),
    ("no JSON",           bent("/tcb", body=b"hello"),             "malformed",   "collateral.malformed"),
    ("another platform",  usual(tcb_info=sim("tcbinfo-11.json")),  "refused",     "collateral.mismatch"),
    ("forged TCB info",   usual(tcb_info=sim("tcbinfo-30.json")),  "refused",     "collateral.signature.invalid"),
    ("forged CRL",        usual(pck_crl=sim("pckcrl-03.der")),     "refused",     "collateral.signature.invalid"),
    ("revoked leaf",      usual(pck_crl=sim("pckcrl-01.der")),     "refused",     "chain.revoked"),
    ("revoked signer",    usual(root_crl=sim("rootcrl-02.der")),   "refused",     "collateral.revoked"),
    ("out of date",       usual(tcb_info=sim("tcbinfo-05.json")),  "refused",     None),
])
def bad_answers(name, made, verdict, code):
    with Service(made) as service:
        result, o = verify(service.url)
        same(o["verdict"], verdict, result.err)
        same(result.status, {"refused": 1, "unavailable": 3, "malformed": 4}[verdict], "exit status")
        if code:
            same(o["error"]["code"], code, o["error"]["message"])


@case
def redirects_are_not_followed():
    with Service(usual()) as target:
        there = {p: (302, {"Location": target.url + p}, b"") for p in usual()}
        with Service(there) as service:
            same(verify(service.url)[0].status, 3, "exit status")
        same(target.asked, [], "requests")


# ---- TLS ----

def certificate(name, subject):
    """A self-signed server certificate, its key in the same file; None without the openssl command."""
    if not shutil.which("openssl"):
        return None
    pem, key = path(name + ".crt"), path(name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", key, "-out", pem, "-days", "2", "-subj", "/CN=test",
                    "-addext", "subjectAltName=" + subject], check=True, capture_output=True)
    return path(name + ".pem", read(pem) + read(key))


@case
def tls_is_verified():
    good, other = certificate("good", "IP:127.0.0.1"), certificate("other", "DNS:pccs.example")
    if not good:
        print("skipped: TLS of the collateral service, for lack of the openssl command")
        return
    with Service(usual(), good) as service:
        same(verify(service.url, "--collateral-ca", good)[0].status, 0, "with its CA")
        for more in ([], ["--collateral-ca", other], ["--collateral-ca", path("absent")]):
            result, o = verify(service.url, *more)
            same((result.status, o["error"]["code"]), (3, "collateral.source.unavailable"), str(more))
        asked = len(service.asked)
        same(asked, 4, "requests that passed the handshake")
    with Service(usual(), other) as service:
        same(verify(service.url, "--collateral-ca", other)[0].status, 3, "with another name")
        same(service.asked, [], "requests")


# ---- fetch ----

def fetched(url, *more, out="fetched.json"):
    result = quoth("collateral", "fetch", url, *TRUST, *(more or WORDS), "--out", path(out))
    same(result.status, 0, result.err)
    return path(out)


@case
def what_is_fetched_is_a_bundle_that_judges():
    with Service(usual()) as service:
        by_words = read(fetched(service.url))
        by_evidence = read(fetched(service.url, "--evidence", QUOTE, "--at", AT))
        same(by_words, by_evidence, "bundles")
        to_stdout = quoth("collateral", "fetch", service.url, *TRUST, *WORDS)
        same((to_stdout.status, to_stdout.out), (0, by_words), "standard output")
    same(verify(path("fetched.json"))[0].status, 0, "exit status")
    need("pck_crl_issuer_chain" in json.loads(by_words), "no chain of the CRL")


@each([
    ("nothing named",     [],                                                2),
    ("no FMSPC",          ["--tee", "sgx"],                                  2),
    ("no TEE",            ["--fmspc", "f0f0f0f00000"],                       2),
    ("short FMSPC",       ["--tee", "sgx", "--fmspc", "f0f0"],               2),
    ("no hex",            ["--tee", "sgx", "--fmspc", "f0f0f0f0000g"],       2),
    ("an injection",      ["--tee", "sgx", "--fmspc", "f0f0&ca=root"],       2),
    ("unknown TEE",       ["--tee", "snp", "--fmspc", "f0f0f0f00000"],       2),
    ("unknown CA",        WORDS + ["--pck-ca", "root"],                      2),
    ("evidence and words", WORDS + ["--evidence", QUOTE],                    2),
    ("no such evidence",  ["--evidence", "/absent"],                         3),
    ("evidence of text",  ["--evidence", ROOT],                              4),
    ("another platform",  ["--tee", "sgx", "--fmspc", "00906ed50000"],       1),
    ("another CA",        WORDS + ["--pck-ca", "processor"],                 1),
    ("another TEE",       ["--tee", "tdx", "--fmspc", "f0f0f0f00000"],       3),
])
def fetch_refuses(name, args, status):
    out = path("refused.json")
    with Service(usual()) as service:
        result = quoth("collateral", "fetch", service.url, *TRUST, *args, "--out", out)
        same(result.status, status, result.err)
        if status == 2:
            same(service.asked, [], "requests")
    need(not os.path.exists(out), "a bundle was written")


@case
def fetch_wants_a_trusted_root():
    with Service(usual()) as service:
        result = quoth("collateral", "fetch", service.url, *WORDS)
        same((result.status, result.out), (1, b""), result.err)


# ---- show ----

@case
def show_tells_verified_from_not():
    with Service(usual()) as service:
        bundle = fetched(service.url)
    good = quoth("collateral", "show", bundle, *TRUST, "--at", AT, "--output", "json")
    o = good.json()
    same((good.status, o["verified"], o["expired"]), (0, True, False), good.err)
    same(o["platform"], "sgx-f0f0f0f00000-platform", "platform")
    same(o["tcb_info"]["evaluationDataNumber"] > 0, True, "number")
    late = quoth("collateral", "show", bundle, *TRUST, "--at", "2026-12-02T00:00:00Z", "--output", "json")
    same(late.json()["expired"], True, "expired")
    other = quoth("collateral", "show", bundle, "--output", "json")
    same((other.status, other.json()["verified"]), (0, False), other.err)
    same(other.json()["error"]["code"], "collateral.untrusted", "code")
    need(b"verified               yes" in quoth("collateral", "show", bundle, *TRUST).out, "text")


@each([
    ("missing", None, 3), ("empty", b"", 4), ("text", b"hello", 4), ("cut", b'{"pck_crl":"30', 4),
    ("a quote", sim("quote-00.bin"), 4), ("two members", b'{"pck_crl":"3000","pck_crl":"3000"}', 4),
])
def show_refuses(name, content, status):
    file = path("absent") if content is None else path("shown", content)
    result = quoth("collateral", "show", file)
    same((result.status, result.out), (status, b""), result.err)


# ---- export and import ----

@case
def export_writes_what_it_read():
    with Service(usual()) as service:
        bundle = fetched(service.url)
    into = path("exported")
    same(quoth("collateral", "import", bundle, "--into", into, *TRUST, "--at", AT).status, 0, "import")
    entry = os.path.join(into, "sgx-f0f0f0f00000-platform")
    for args in ([entry], [into, *WORDS], [bundle], ["-"]):
        result = quoth("collateral", "export", *args, *TRUST, stdin=read(bundle))
        same((result.status, result.out), (0, read(bundle)), f"export {args}: {result.err}")
    same(verify(into)[0].status, 0, "a folder of many platforms")
    same(verify(entry)[0].status, 0, "a folder of one")


@each([
    ("missing",          ["/absent"],                                       3),
    ("another platform", ["STORE", "--tee", "sgx", "--fmspc", "000000000000"], 3),
    ("no choice",        ["STORE"],                                         4),
])
def export_refuses(name, args, status):
    args = [path("exported") if a == "STORE" else a for a in args]
    result = quoth("collateral", "export", *args, *TRUST)
    same((result.status, result.out), (status, b""), result.err)


def bundle_of(**changes):
    with Service(usual(**changes)) as service:
        return fetched(service.url)


def edited_bundle(**changes):
    o = json.loads(read(bundle_of()))
    o.update(changes)
    return path("edited.json", json.dumps({k: v for k, v in o.items() if v is not None}))


@each([
    ("forged",        lambda: edited_bundle(tcb_info_signature="00" * 64), AT, 1, "collateral.signature.invalid"),
    ("no CRL",        lambda: edited_bundle(pck_crl=None),                 AT, 1, "collateral.missing"),
    ("wrong CRL",     lambda: edited_bundle(pck_crl=sim("rootcrl-00.der").hex()), AT, 1, "collateral.mismatch"),
    ("expired",       bundle_of,                          "2026-12-02T00:00:00Z", 1, "collateral.expired"),
    ("broken",        lambda: path("broken.json", '{"pck_crl":7}'),        AT, 4, None),
    ("missing",       lambda: path("absent"),                              AT, 3, None),
])
def import_refuses(name, bundle, at, status, code):
    into = path("refusing")
    result = quoth("collateral", "import", bundle(), "--into", into, *TRUST, "--at", at,
                   "--output", "json")
    same(result.status, status, result.err)
    if code:
        same(result.json()["error"]["code"], code, "code")
    need(not os.path.exists(into), "something was written")


@case
def import_wants_a_trusted_root():
    same(quoth("collateral", "import", bundle_of(), "--into", path("untrusting"), "--at", AT).status,
         1, "exit status")


@case
def a_folder_of_one_platform_is_not_filled_with_others():
    path("single/tcb_info.json", b"{}")
    result = quoth("collateral", "import", bundle_of(), "--into", os.path.join(STAGE, "single"),
                   *TRUST, "--at", AT)
    same(result.status, 2, result.err)


@case
def broken_marks_are_an_error():
    for text in ("", "[]", '{"00":{}}', '{"%s":{"tcb_info":{}}}' % ("00" * 32), "{"):
        path("marred/marks.json", text)
        result = quoth("collateral", "import", bundle_of(), "--into", os.path.join(STAGE, "marred"),
                       *TRUST, "--at", AT)
        same(result.status, 4, f"{text!r}: {result.err}")


class Machine:
    """A simulated platform and its vendor's service."""

    def __init__(self, name):
        self.folder = path(name)
        same(self.quoth("init").status, 0, "platform init")
        self.trust = ["--trust-root", os.path.join(self.folder, "root-ca.crt")]
        self.fmspc = self.quoth("show", "--output", "json").json()["fmspc"]

    def quoth(self, verb, *args):
        return quoth("platform", verb, "--platform", self.folder, *args)

    def fetch(self, out):
        ready = path(out + ".url")
        server = subprocess.Popen([QUOTH, "platform", "serve", "--platform", self.folder, "--listen",
                                   "127.0.0.1:0", "--ready-file", ready],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 120
            while not os.path.exists(ready) and time.monotonic() < end:
                time.sleep(0.05)
            url = read(ready).decode().strip()
            result = quoth("collateral", "fetch", url, "--tee", "sgx", "--fmspc", self.fmspc,
                           "--out", path(out), *self.trust)
            same(result.status, 0, result.err)
            return path(out)
        finally:
            server.terminate()
            server.wait()


@case
def older_collateral_is_not_imported_over_newer():
    machine = Machine("rollback")
    first = machine.fetch("first.json")
    time.sleep(1.1)  # dates have seconds
    same(machine.quoth("refresh").status, 0, "platform refresh")
    second = machine.fetch("second.json")
    into = path("rolled")

    def import_(bundle, *more):
        return quoth("collateral", "import", bundle, "--into", into, *machine.trust, *more,
                     "--output", "json")

    same(import_(first).status, 0, "the first")
    same(import_(second).status, 0, "a newer one")
    same(import_(second).status, 0, "the same again")
    marks = read(os.path.join(into, "marks.json"))
    refused = import_(first)
    same((refused.status, refused.json()["error"]["code"]), (1, "collateral.source.rollback"), "older")
    kept = os.path.join(into, f"sgx-{machine.fmspc}-platform")
    same(quoth("collateral", "export", kept).out, read(second), "what was kept")
    same(read(os.path.join(into, "marks.json")), marks, "marks after a refusal")
    allowed = import_(first, "--allow-older")
    same(allowed.status, 0, allowed.err)
    need("older documents" in allowed.err, "nothing was said about it")
    same(import_(second).status, 0, "newer again")


@each([
    ("no path", ["collateral", "show"]), ("no folder", ["collateral", "import", "x"]),
    ("unknown verb", ["collateral", "get"]), ("two paths", ["collateral", "show", "x", "y"]),
    ("both choices", ["evidence", "verify", QUOTE, *TRUST, "--at", AT, "--collateral",
                      "http://127.0.0.1:1", "--update", "early", "--evaluation-number", "1"]),
    ("a huge number", ["evidence", "verify", QUOTE, *TRUST, "--at", AT, "--collateral",
                       "http://127.0.0.1:1", "--evaluation-number", "4294967296"]),
    ("a user in a URL", ["collateral", "fetch", "https://me:word@127.0.0.1:1", *TRUST, *WORDS]),
    ("plain http", ["collateral", "fetch", "http://192.0.2.1", *TRUST, *WORDS]),
])
def wrong_usage(name, args):
    result = quoth(*args)
    same((result.status, result.out), (2, b""), result.err)


main()
