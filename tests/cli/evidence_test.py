#!/usr/bin/env python3
"""quoth evidence: the contract of the command line, over evidence made for this project. Refusals
outnumber what is accepted."""
import os
import shutil

from harness import (SIM, STAGE, case, each, main, need, path, quoth, read, same)

AT = "2026-11-15T00:00:00Z"
PARTS = {"tcb_info.json": "tcbinfo-00.json", "qe_identity.json": "qeid-00.json",
         "tcb_signing_chain.pem": "signer-00.pem", "root_ca.crl": "rootcrl-00.der",
         "pck.crl": "pckcrl-00.der"}
QUOTE = os.path.join(SIM, "quote-00.bin")
ROOT = os.path.join(SIM, "root-00.pem")
CHECKS = {"pass", "fail", "skip"}


def folder(name, without=(), **changes):
    """A folder of collateral; files given by keyword (dots as underscores) replace the usual ones."""
    full = path(name + "/.")
    shutil.rmtree(full, ignore_errors=True)
    for file, source in PARTS.items():
        content = changes.get(file.replace(".", "_"), read(os.path.join(SIM, source)))
        if file not in without:
            path(os.path.join(name, file), content)
    return os.path.join(STAGE, name)


GOOD = folder("good")


def verify(file=QUOTE, *more, collateral=GOOD, root=ROOT, at=AT, stdin=b""):
    args = ["evidence", "verify", file, "--output", "json"]
    args += ["--collateral", collateral] if collateral else []
    args += ["--trust-root", root] if root else []
    args += ["--at", at] if at else []
    return quoth(*args, *more, stdin=stdin)


def judged(result, verdict, code=None, skips=None):
    """The object of the contract, checked member by member."""
    statuses = {"accepted": 0, "refused": 1, "unavailable": 3, "malformed": 4}
    same(result.status, statuses[verdict], f"exit status ({result.err.strip()})")
    o = result.json()
    same(o["verdict"], verdict, "verdict")
    need(o["tee"] in (None, "sgx", "tdx"), f"tee: {o['tee']}")
    need(isinstance(o["simulated"], bool), "simulated is no boolean")
    need(isinstance(o["checks"], list) and o["checks"], "there are no checks")
    for check in o["checks"]:
        need(check["result"] in CHECKS, f"result: {check}")
        need(set(check) <= {"name", "result", "found", "expected"}, f"members: {check}")
    failed = [c["name"] for c in o["checks"] if c["result"] == "fail"]
    if verdict == "accepted":
        same(failed, [], "failed checks")
        need("claims" in o and "unverified" not in o and "error" not in o, "members of accepted")
        same(o["claims"]["x-quoth-simulated"], o["simulated"], "x-quoth-simulated")
    else:
        need("unverified" in o and "claims" not in o, "members of a refusal")
        error = o["error"]
        need(failed, "nothing failed")
        need(set(error) <= {"code", "where", "offset", "message", "found", "expected", "hint"},
             f"members: {error}")
        need(error["hint"] and error["message"], "an error without hint or message")
        if code:
            same(error["code"], code, f"code ({error['message']})")
    if "tcb" in o:
        same(sorted(o["tcb"]), ["advisories", "date", "evaluationDataNumber", "status"], "tcb")
    if skips is not None:
        same(sorted(c["name"] for c in o["checks"] if c["result"] == "skip"), sorted(skips), "skip")
    return o


HELD = ["runtime-data", "init-time-data"]


@case
def good_evidence_is_accepted():
    o = judged(verify(), "accepted", skips=HELD)
    same(o["tee"], "sgx", "tee")
    same(o["time"], AT, "time")
    same(o["simulated"], True, "simulated")
    same(o["tcb"]["status"], "UpToDate", "status")


@case
def checks_stand_in_the_order_of_the_pipeline():
    names = [c["name"] for c in judged(verify(), "accepted")["checks"]]
    order = ["evidence.form", "quote.format", "pck.chain", "pck.root", "crl.root",
             "tcb-info.signature", "qe-identity.signature", "quote.signature", "tcb.status",
             "debug", "runtime-data"]
    same([n for n in names if n in order], order, "order")
    same(len(names), len(set(names)), "names that stand twice")


@case
def standard_input_hex_and_base64_are_the_same_evidence():
    import base64
    raw = read(QUOTE)
    first = judged(verify(), "accepted")
    forms = [raw.hex(), "0x" + raw.hex().upper() + "\n", base64.encodebytes(raw).decode(),
             base64.urlsafe_b64encode(raw).decode().rstrip("=")]
    for form in forms:
        same(judged(verify(path("form", form)), "accepted"), first, "verdict of another form")
    same(judged(verify("-", stdin=raw), "accepted"), first, "verdict of standard input")


@case
def crls_are_der_pem_or_hex():
    import base64
    der = read(os.path.join(SIM, "pckcrl-00.der"))
    pem = "-----BEGIN X509 CRL-----\n" + base64.encodebytes(der).decode() + "-----END X509 CRL-----\n"
    first = judged(verify(), "accepted")
    for number, crl in enumerate([pem, der.hex(), der.hex().upper(), der.hex().encode() + b"\0"]):
        same(judged(verify(collateral=folder(f"crl-{number}", pck_crl=crl)), "accepted"), first,
             "verdict with another form of CRL")


@case
def no_crl_is_a_choice_that_shows():
    bare = folder("bare", without=("root_ca.crl", "pck.crl"))
    judged(verify(collateral=bare), "refused", "collateral.missing")
    judged(verify(QUOTE, "--no-crl", collateral=bare), "accepted",
           skips=HELD + ["crl.root", "crl.pck", "pck.revocation"])


@case
def a_class_is_said_of_a_root():
    o = judged(verify(QUOTE, "--trust-root-class", "hardware"), "accepted")
    same(o["simulated"], False, "simulated")
    o = judged(verify(QUOTE, "--trust-root-class", "simulated"), "accepted")
    same(o["simulated"], True, "simulated")


@case
def held_data_is_compared_with_the_report():
    judged(verify(QUOTE, "--runtime-data", path("held", "something else")), "refused",
           "held-data.mismatch")


def flipped(offset):
    raw = bytearray(read(QUOTE))
    raw[offset] ^= 1
    return bytes(raw)


def cut(length):
    return read(QUOTE)[:length]


@each([
    ("missing",         None,                      "unavailable", "system.io"),
    ("empty",           b"",                       "malformed",   None),
    ("one byte",        b"\x03",                   "malformed",   None),
    ("a header",        lambda: cut(48),           "malformed",   None),
    ("a report",        lambda: cut(432),          "malformed",   None),
    ("half",            lambda: cut(2000),         "malformed",   None),
    ("one byte short",  lambda: cut(-1),           "malformed",   None),
    ("a byte behind",   lambda: cut(None) + b"x",  "malformed",   None),
    ("another version", lambda: b"\x09" + cut(None)[1:], "malformed", None),
    ("too large",       b"\x03" * ((1 << 20) + 1), "malformed",   "input.too-large"),
    ("text",            "not evidence",            "malformed",   "input.malformed"),
    ("odd hex",         "0x030",                   "malformed",   "input.malformed"),
    ("JSON",            '{"quote":"AwAC"}',        "malformed",   "input.malformed"),
    ("report flipped",  lambda: flipped(120),      "refused",     "quote.signature.invalid"),
    ("reserved",        lambda: flipped(150),      "malformed",   "input.malformed"),
    ("quote signature", lambda: flipped(440),      "refused",     "quote.signature.invalid"),
    ("QE report",       lambda: flipped(436 + 128 + 64), "refused", None),
    ("QE signature",    lambda: flipped(436 + 512 + 3),  "refused", "qe.signature.invalid"),
    ("a cut wrapper",   b"\x01\0\0\0\x02\0\0\0\xff\0\0\0\0\0\0\0", "malformed", None),
    ("a local report",  b"\x01\0\0\0\x01\0\0\0\x04\0\0\0\0\0\0\0abcd", "malformed", None),
])
def broken_evidence(name, content, verdict, code):
    if callable(content):
        content = content()
    file = path("absent") if content is None else path("broken", content)
    judged(verify(file), verdict, code)


@each([
    ("missing",             lambda: path("absent"),                      "unavailable", "system.io"),
    ("an empty folder",     lambda: os.path.dirname(path("hollow/x")),   "unavailable", "collateral.source.unknown-platform"),
    ("an empty file",       lambda: path("c", ""),                       "malformed", "collateral.bundle"),
    ("an empty object",     lambda: path("c", "{}"),                     "malformed", "collateral.bundle"),
    ("broken JSON",         lambda: path("c", '{"pck_crl":'),            "malformed", None),
    ("a quote",             lambda: QUOTE,                               "malformed", "collateral.bundle"),
    ("no hex in a CRL",     lambda: path("c", '{"pck_crl":"zz"}'),       "malformed", None),
    ("no TCB info",         lambda: folder("c1", without=("tcb_info.json",)), None, None),
    ("no identity",         lambda: folder("c2", without=("qe_identity.json",)), "refused", "collateral.missing"),
    ("no signing chain",    lambda: folder("c3", without=("tcb_signing_chain.pem",)), "refused", "collateral.missing"),
    ("no root CRL",         lambda: folder("c4", without=("root_ca.crl",)), "refused", "collateral.missing"),
    ("no PCK CRL",          lambda: folder("c5", without=("pck.crl",)),  "refused", "collateral.missing"),
    ("an empty CRL",        lambda: folder("c6", pck_crl=b""),           "refused", "collateral.missing"),
    ("a cut CRL",           lambda: folder("c7", pck_crl=read(os.path.join(SIM, "pckcrl-00.der"))[:-1]), "malformed", None),
    ("a page for a CRL",    lambda: folder("c8", pck_crl=b"<html>"),     "malformed", None),
    ("CRLs exchanged",      lambda: folder("c9", pck_crl=read(os.path.join(SIM, "rootcrl-00.der"))), "refused", None),
    ("TCB info of text",    lambda: folder("ca", tcb_info_json=b"x"),    "malformed", None),
    ("TCB info changed",    lambda: folder("cb", tcb_info_json=read(os.path.join(SIM, "tcbinfo-00.json")).replace(b"UpToDate", b"UpToDatE", 1)), "refused", "collateral.signature.invalid"),
    ("identity for both",   lambda: folder("cc", tcb_info_json=read(os.path.join(SIM, "qeid-00.json"))), None, None),
    ("a URL that is dead",  lambda: "http://127.0.0.1:1",                "unavailable", "collateral.source.unavailable"),
])
def broken_collateral(name, collateral, verdict, code):
    result = verify(collateral=collateral())
    if verdict:
        judged(result, verdict, code)
    else:
        need(result.status in (1, 3, 4), f"exit status {result.status}")
        judged(result, result.json()["verdict"])


@each([
    ("before",        "2020-01-01T00:00:00Z"),
    ("after",         "2030-01-01T00:00:00Z"),
    ("long after",    "2049-01-01T00:00:00Z"),
])
def times_outside_the_window(name, at):
    o = judged(verify(at=at), "refused")
    need("expired" in o["error"]["code"] or "not-yet-valid" in o["error"]["code"], o["error"])


@case
def an_offset_is_the_same_instant():
    same(judged(verify(at="2026-11-15T01:30:00+01:30"), "accepted")["time"], AT, "time")


@case
def nobody_vouches_for_a_root_that_was_not_named():
    o = judged(verify(root=None), "refused", "chain.untrusted")
    same(o["simulated"], False, "simulated, of a root that nobody named")


@case
def roots_without_a_source_are_unavailable():
    judged(verify(collateral=None), "unavailable", "collateral.unavailable")


@case
def a_look_alike_root_is_refused():
    other = os.path.join(SIM, "root-01.pem")
    judged(verify(root=other), "refused")


@case
def a_missing_root_is_unavailable():
    judged(verify(root=path("absent")), "unavailable", "system.io")


USAGE = [
    ("no file", ["evidence", "verify"]),
    ("two files", ["evidence", "verify", QUOTE, QUOTE]),
    ("an unknown verb", ["evidence", "verfy", QUOTE]),
    ("an unknown option", ["evidence", "verify", QUOTE, "--colateral", GOOD]),
    ("no value", ["evidence", "verify", QUOTE, "--collateral"]),
    ("no time", ["evidence", "verify", QUOTE, "--at", "yesterday"]),
    ("a time twice", ["evidence", "verify", QUOTE, "--at", AT, "--at", AT]),
    ("an unknown TEE", ["evidence", "verify", QUOTE, "--tee", "snp"]),
    ("an unknown status", ["evidence", "verify", QUOTE, "--accept-status", "Fine"]),
    ("Revoked cannot pass", ["evidence", "verify", QUOTE, "--accept-status", "UpToDate,Revoked"]),
    ("no status", ["evidence", "verify", QUOTE, "--accept-status", ""]),
    ("an unknown output", ["evidence", "verify", QUOTE, "--output", "yaml"]),
    ("a class without a root", ["evidence", "verify", QUOTE, "--trust-root-class", "hardware"]),
    ("an unknown class", ["evidence", "verify", QUOTE, "--trust-root", ROOT, "--trust-root-class", "mine"]),
    ("a root of text", ["evidence", "verify", QUOTE, "--trust-root", QUOTE]),
    ("a leaf for a root", ["evidence", "verify", QUOTE, "--trust-root", os.path.join(SIM, "signer-00.pem")]),
    ("a type without data", ["evidence", "verify", QUOTE, "--runtime-data-type", "xml"]),
    ("plain http elsewhere", ["evidence", "verify", QUOTE, "--trust-root", ROOT, "--at", AT, "--collateral", "http://192.0.2.1"]),
    ("show without a file", ["evidence", "show"]),
    ("show with a root", ["evidence", "show", QUOTE, "--trust-root", ROOT]),
]


@each(USAGE)
def wrong_usage(name, args):
    result = quoth(*args)
    same(result.status, 2, f"exit status ({result.err.strip()})")
    same(result.out, b"", "standard output")
    need(result.err.startswith("quoth: ") and "\nhint: " in result.err and "\ncode: " in result.err, result.err)
    if "--output" not in args and args[-1] != "--collateral":
        said = quoth(*args, "--output=json")
        same((said.status, list(said.json())), (2, ["error"]), "with --output=json")


@case
def suggestions_are_made():
    need("did you mean verify?" in quoth("evidence", "verfy").err, "no suggestion for a verb")
    need("did you mean evidence?" in quoth("evidense", "verify").err, "no suggestion for a noun")
    need("did you mean --collateral?" in quoth("evidence", "verify", QUOTE, "--colateral", "x").err,
         "no suggestion for an option")


@case
def a_root_of_ours_is_never_hardware():
    made = quoth("platform", "init", "--platform", path("machine"))
    same(made.status, 0, made.err)
    root = path("machine/root-ca.crt")
    result = verify(QUOTE, "--trust-root-class", "hardware", root=root)
    same(result.status, 2, result.err)
    need("simulated" in result.err, result.err)


@case
def the_wrong_tee_is_malformed():
    judged(verify(QUOTE, "--tee", "tdx"), "malformed")
    judged(verify(QUOTE, "--tee", "sgx"), "accepted")


@case
def text_is_for_people():
    result = quoth("evidence", "verify", QUOTE, "--collateral", GOOD, "--trust-root", ROOT, "--at", AT)
    same(result.status, 0, result.err)
    need(b"\x1b" not in result.out, "colours without a terminal")
    need(result.out.startswith(b"accepted: sgx evidence"), result.out[:80])
    need(b"pass  quote.signature" in result.out, "no list of checks")
    result = quoth("evidence", "verify", QUOTE, "--collateral", GOOD, "--at", AT)
    same(result.status, 1, result.err)
    need(result.out.startswith(b"refused") and b"FAIL  pck.root" in result.out, result.out[:200])
    need(result.err.startswith("quoth: ") and "\nhint: " in result.err and "\ncode: " in result.err, result.err)


@each([
    ("a quote", QUOTE, 0), ("missing", path("absent"), 3), ("empty", None, 4), ("cut", None, 4),
    ("text", None, 4),
])
def show(name, file, status):
    contents = {"empty": b"", "cut": cut(1000), "text": b"hello"}
    file = file or path("show", contents[name])
    text, data = quoth("evidence", "show", file), quoth("evidence", "show", file, "--output", "json")
    same((text.status, data.status), (status, status), text.err)
    if status == 0:
        same(data.json()["report"]["debug"], False, "debug")
        need(b"mrenclave" in text.out, text.out)
    else:
        same(text.out, b"", "standard output")
        need("error" in data.json(), data.out)


@case
def outside_a_tee_there_is_no_evidence_to_get():
    if os.path.exists("/dev/attestation"):
        return
    result = quoth("evidence", "get", "--runtime-data", path("data", "x"), "--output", "json")
    same((result.status, result.json()["error"]["code"]), (3, "attester.tee.absent"), result.err)
    same(quoth("evidence", "get", "--runtime-data", path("absent")).status, 3, "without data")
    same(quoth("evidence", "get").status, 2, "without the option")


@case
def output_that_cannot_be_written_is_an_error():
    if not os.path.exists("/dev/full"):
        return
    import subprocess
    from harness import QUOTH
    with open("/dev/full", "wb") as full:
        done = subprocess.run([QUOTH, "evidence", "show", QUOTE], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    same(done.returncode, 3, done.stderr)


main()
