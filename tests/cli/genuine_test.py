#!/usr/bin/env python3
"""quoth evidence over the genuine quotes and collateral of QUOTH_VECTORS: every case of
dcap/cases.tsv through the command line, judged as it stands and with everything accepted."""
import os
import shutil
import sys

from harness import STAGE, VECTORS, each, main, need, path, quoth, read, same

if not VECTORS:
    print("skipped: the genuine evidence of QUOTH_VECTORS")
    sys.exit(77)
DCAP = os.path.join(VECTORS, "dcap")
FILES = {"tcb_info_or_bundle": "tcb_info.json", "tcb_chain": "tcb_signing_chain.pem",
         "qe_identity": "qe_identity.json", "qe_chain": "qe_identity_chain.pem",
         "root_crl": "root_ca.crl", "pck_crl": "pck.crl", "pck_crl_chain": "pck_crl_chain.pem"}
LICENCE = b"# Copyright (c) Open Enclave SDK contributors.\n# Licensed under the MIT License.\n"
DEFAULT = {"UpToDate", "SWHardeningNeeded"}
ALL = ("UpToDate,SWHardeningNeeded,ConfigurationNeeded,ConfigurationAndSWHardeningNeeded,OutOfDate,"
       "OutOfDateConfigurationNeeded,TDRelaunchAdvised,TDRelaunchAdvisedConfigurationNeeded")


def table(name):
    with open(os.path.join(DCAP, name), encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        return [dict(zip(head, line.rstrip("\n").split("\t"))) for line in f]


def unlicensed(data):
    return data[len(LICENCE):] if data.startswith(LICENCE) else data


def part(name):
    """A file, or a member of a JSON file."""
    import json
    file, _, member = name.partition("#")
    data = read(os.path.join(DCAP, file))
    return json.loads(data)[member].encode() if member else data


def evidence(name):
    data = read(os.path.join(DCAP, name))
    return path("evidence", unlicensed(data)) if data.startswith(LICENCE) else os.path.join(DCAP, name)


def collateral(row):
    if row["format"] != "parts":
        return path("bundle", unlicensed(read(os.path.join(DCAP, row["tcb_info_or_bundle"]))))
    shutil.rmtree(os.path.join(STAGE, "parts"), ignore_errors=True)
    for column, file in FILES.items():
        if row[column] not in ("-", ""):
            path("parts/" + file, part(row[column]))
    return os.path.join(STAGE, "parts")


def verify(row, *more):
    if row["root_crl"] == "-" and row["format"] == "parts":
        more += ("--no-crl",)
    result = quoth("evidence", "verify", evidence(row["quote"]), "--collateral", collateral(row),
                   "--at", row["verification_time"], "--output", "json", *more)
    return result, result.json()


TRAILED = {row["file"] for row in table("fields.tsv") if row["trailing_zero"] == "0"}


@each(lambda: [(row["case"], row) for row in table("cases.tsv")])
def a_case(name, row):
    strict, plain = verify(row)
    if row["quote"] in TRAILED:  # bytes behind the quote that are not zero are nobody's: dcap.md 1.7
        same((strict.status, plain["verdict"]), (4, "malformed"), "with a trailer")
        return
    lenient, wide = verify(row, "--accept-status", ALL, "--allow-debug")
    in_time = row["expired"] == "no"
    reached = row["tcb_status"] != "TCB_NOT_SUPPORTED"
    passes = in_time and row["tcb_status"] in DEFAULT and row["debug"] != "1"

    same(strict.status, 0 if passes else 1, f"exit status ({strict.err.strip()})")
    same(plain["verdict"], "accepted" if passes else "refused", "verdict")
    same(lenient.status, 0 if in_time and reached else 1, f"exit status, lenient ({lenient.err.strip()})")
    for o in (plain, wide):
        same(o["simulated"], False, "simulated")
        if reached:
            same(o["tcb"]["status"], row["tcb_status"], "status")
            same(o["tcb"]["evaluationDataNumber"], int(row["tcb_eval_num_min"]), "number")
            advisories = sorted(a for a in row["advisories"].split(",") if a not in ("", "-"))
            same(o["tcb"]["advisories"], advisories, "advisories")
    if in_time and not reached:
        same(wide["error"]["code"], "tcb.unsupported", "code")
    if not in_time:
        code = wide["error"]["code"]
        wanted = "expired" if row["expired"] == "yes" else "not-yet-valid"
        need(code.endswith(wanted), f"code {code}, expected one that ends with {wanted}")


def quotes():
    return [(row["file"], row) for row in table("fields.tsv")]


@each(quotes)
def shown(name, row):
    result = quoth("evidence", "show", evidence(name), "--output", "json")
    text = quoth("evidence", "show", evidence(name))
    if row["trailing_zero"] == "0":
        same(result.status, 4, "exit status with bytes behind that are not zero")
        return
    same((result.status, text.status), (0, 0), result.err)
    o = result.json()
    same(o["tee"], "tdx" if row["tee_type"] == "0x81" else "sgx", "tee")
    same(o["quote"]["version"], int(row["version"]), "version")
    same(o["quote"]["userData"], row["user_data"], "userData")
    same(o["report"]["mrtd" if o["tee"] == "tdx" else "mrenclave"], row["mr"], "mr")
    same(o["report"]["reportdata"], row["report_data"], "reportdata")
    same(o["qeReport"]["isvsvn"], int(row["qe_isvsvn"]), "qe_isvsvn")
    same(o["certification"]["type"], int(row["cert_type"]), "certification")
    if row["cert_type"] == "5":
        same(o["certification"]["platform"]["fmspc"], row["fmspc"], "fmspc")
        same(len(o["certification"]["chain"]), 3, "chain")
    need(row["mr"].encode() in text.out, "the measurement is not in the text")


@each(quotes)
def show_refuses_every_kind_of_cut(name, row):
    raw = unlicensed(read(os.path.join(DCAP, name)))
    if name.endswith(".hex"):
        raw = bytes.fromhex(raw.decode().strip().removeprefix("0x"))
    for length in (0, 1, 47, 48, 431, 500, 1019, len(raw) // 2):
        result = quoth("evidence", "show", path("cut", raw[:length]))
        same(result.status, 4, f"exit status at {length} bytes ({result.err.strip()})")


main()
