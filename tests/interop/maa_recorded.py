#!/usr/bin/env python3
"""Recorded requests of Azure Attestation, with genuine quotes, against our service.

Run under faketime at 2025-06-20, the time of the collateral at hand:
    maa_recorded.py BUILD VECTORS
Every token's claims equal the recorded ones, apart from issuer, times, ids, x-quoth-* and collateral
hashes that depend on unpublished inputs. That the default settings refuse these out-of-date
platforms is checked too. Standard library only."""
import base64
import hashlib
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

BUILD, VECTORS = (os.path.abspath(p) for p in sys.argv[1:3])
MAA = os.path.join(VECTORS, "maa", "sgx")
counts = {"passed": 0, "failed": 0, "skipped": 0}

UNPREDICTABLE = {"iss", "exp", "iat", "nbf", "jti"}
COLLATERAL = ("x-ms-sgx-collateral", "maa-attestationcollateral")


def say(outcome, name, why=""):
    counts[outcome] += 1
    word = {"passed": "ok", "failed": "FAILED", "skipped": "skipped:"}[outcome]
    print(f"{word} {name}{': ' + why if why else ''}", flush=True)


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def vector(*path):
    with open(os.path.join(VECTORS, *path), "rb") as f:
        return f.read()


def collateral_bundle():
    """FMSPC 00906ED50000 as of June 2025, from the recorded answers of Intel's service (format A)."""
    tcb = json.loads(vector("dcap", "pcs-responses", "sgx_tcb_info_00906ED50000.json"))
    qe = json.loads(vector("dcap", "pcs-responses", "sgx_qe_identity.json"))
    crls = json.loads(vector("dcap", "collateral", "phala-sgx-00a067-2025-06.json"))

    def split(body, member):
        signed, signature = body.rsplit(',"signature":"', 1)
        return signed[len('{"%s":' % member):], signature.rstrip('"}\n')

    tcb_info, tcb_signature = split(tcb["tcb_info_json"], "tcbInfo")
    identity, identity_signature = split(qe["enclave_identity_json"], "enclaveIdentity")
    return {
        "pck_crl_issuer_chain": crls["pck_crl_issuer_chain"],
        "root_ca_crl": crls["root_ca_crl"],
        "pck_crl": crls["pck_crl"],
        "tcb_info_issuer_chain": tcb["issuer_chain"],
        "tcb_info": tcb_info,
        "tcb_info_signature": tcb_signature,
        "qe_identity_issuer_chain": qe["issuer_chain"],
        "qe_identity": identity,
        "qe_identity_signature": identity_signature,
    }


class Service:
    """quothd in a folder of its own, trusting hardware."""

    def __init__(self, folder, *options, init=()):
        os.mkdir(folder)
        self.held = held_port()
        self.issuer = f"https://localhost:{self.held.getsockname()[1]}"
        self.state = os.path.join(folder, "state")
        place = ["--state", self.state, "--master-key", os.path.join(folder, "master.key")]
        subprocess.run([f"{BUILD}/quothd", "init", *place, "--issuer", self.issuer, *init], check=True,
                       stdout=subprocess.DEVNULL)
        ready = os.path.join(folder, "ready")
        self.process = subprocess.Popen(
            [f"{BUILD}/quothd", *place, "--listen", self.issuer.replace("https://localhost", "127.0.0.1"),
             "--rate", "0", "--queue-delay", "0", "--ready-file", ready, *options],
            stdout=subprocess.DEVNULL, stderr=open(os.path.join(folder, "log"), "w"))
        for _ in range(2400):
            if os.path.exists(ready) or self.process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            raise TimeoutError("quothd is not ready")
        self.context = ssl.create_default_context(cafile=os.path.join(self.state, "ca.pem"))

    def ask(self, method, path, body=None, media=None, token=None):
        fields = {**({"Content-Type": media} if media else {}),
                  **({"Authorization": f"Bearer {token}"} if token else {})}
        request = urllib.request.Request(f"{self.issuer}{path}?api-version=2020-10-01", data=body,
                                         headers=fields, method=method)
        try:
            with urllib.request.urlopen(request, context=self.context) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    def post(self, path, body):
        return self.ask("POST", path, json.dumps(body).encode(), "application/json")

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.held.close()


def payload(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def comparable(claims):
    kept = {k: v for k, v in claims.items()
            if k not in UNPREDICTABLE and not k.startswith("x-quoth-")}
    for name in COLLATERAL:
        if name in kept:
            kept[name] = {"quotehash": kept[name]["quotehash"], "members": sorted(kept[name])}
    return kept


def difference(ours, theirs):
    return ", ".join(sorted(
        f"{k}: {ours.get(k)!r} instead of {theirs.get(k)!r}"[:200]
        for k in ours.keys() | theirs.keys() if ours.get(k) != theirs.get(k)))


def recorded_requests():
    """(name, route, body, expected claims): expected is whole for recorded tokens."""
    quote = vector("maa", "sgx", "sdk-debug.sgx-quote.bin")
    report = vector("maa", "sgx", "sdk-debug.oe-report.bin")
    held = vector("maa", "sgx", "sdk.runtime.bin")

    def runtime(kind):
        return {"runtimeData": {"data": b64url(held), "dataType": kind}}

    for token, route, body in [
            ("sgx-simple", "SgxEnclave", {"quote": b64url(quote)}),
            ("oe-simple", "OpenEnclave", {"report": b64url(report)}),
            ("sgx-runtime-binary", "SgxEnclave", {"quote": b64url(quote), **runtime("Binary")}),
            ("oe-runtime-binary", "OpenEnclave", {"report": b64url(report), **runtime("Binary")}),
            ("sgx-runtime-json", "SgxEnclave", {"quote": b64url(quote), **runtime("JSON")})]:
        claims = json.loads(vector("maa", "sgx", "tokens", token + ".claims.json"))
        yield token, route, body, claims, True

    for family in ("intelsample", "oesample", "perf"):
        for kind in ("debug", "prodid", "release", "securityversion"):
            name = f"{family}-{kind}"
            evidence = vector("maa", "sgx", name + ".quote.bin")
            held = vector("maa", "sgx", name + ".runtime.bin")
            wrapped = evidence[:4] == b"\1\0\0\0"
            bare = evidence[16:] if wrapped else evidence
            body = bare[48:432]
            yield (name, "OpenEnclave" if wrapped else "SgxEnclave",
                   {"report" if wrapped else "quote": b64url(evidence),
                    "runtimeData": {"data": b64url(held), "dataType": "Binary"}},
                   {"x-ms-sgx-mrenclave": body[64:96].hex(),
                    "x-ms-sgx-mrsigner": body[128:160].hex(),
                    "x-ms-sgx-product-id": int.from_bytes(body[256:258], "little"),
                    "x-ms-sgx-svn": int.from_bytes(body[258:260], "little"),
                    "x-ms-sgx-is-debuggable": bool(body[48] & 2),
                    "x-ms-sgx-report-data": hashlib.sha256(held).hexdigest() + "00" * 32,
                    "x-ms-sgx-ehd": b64url(held), "maa-ehd": b64url(held),
                    "x-ms-attestation-type": "sgx", "x-ms-ver": "1.0", "tee": "sgx",
                    "product-id": int.from_bytes(body[256:258], "little")}, False)

    # The preview's own request form: capital letters and EnclaveHeldData instead of runtimeData.
    evidence = vector("maa", "sgx", "samples2020.quote.bin")
    held = vector("maa", "sgx", "samples2020.runtime.bin")
    text = vector("maa", "sgx", "samples2020.response-decoded.txt").decode()
    recorded = json.JSONDecoder().raw_decode(text[text.index("}\n") + 1:].lstrip())[0]
    yield ("samples2020", "OpenEnclave",
           {"Report": b64url(evidence), "RuntimeData": {"Data": b64url(held), "DataType": "Binary"}},
           {k: recorded[k] for k in ("is-debuggable", "product-id", "sgx-mrenclave", "sgx-mrsigner",
                                     "svn", "tee", "maa-ehd")}, False)


def fmspc_of(body):
    """From the PCK certificate in the quote: which platform is this?"""
    evidence = body.get("quote") or body.get("report") or body.get("Report")
    raw = base64.urlsafe_b64decode(evidence + "=" * (-len(evidence) % 4))
    pem = raw[raw.index(b"-----BEGIN CERTIFICATE-----"):]
    der = base64.b64decode(b"".join(pem.split(b"-----")[2].split()))
    marker = bytes.fromhex("060a2a864886f84d010d01040406")
    at = der.index(marker) + len(marker)
    return der[at:at + 6].hex()


def held_port():
    """A free port that is given to nobody else as long as this is held; quothd, which lets addresses be reused, can have it."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    return s


def main():
    with tempfile.TemporaryDirectory(prefix="quoth-recorded-") as folder:
        bundle = os.path.join(folder, "collateral.json")
        with open(bundle, "w", encoding="utf-8") as f:
            json.dump(collateral_bundle(), f)
        lenient = Service(f"{folder}/lenient", "--collateral", bundle, "--accept-status",
                          "UpToDate,SWHardeningNeeded,OutOfDate")
        strict = Service(f"{folder}/default", "--collateral", bundle)
        try:
            for name, route, body, expected, whole in recorded_requests():
                if fmspc_of(body) != "00906ed50000":
                    say("skipped", name, f"no collateral is published for platform {fmspc_of(body)}")
                    continue
                status, answer = lenient.post("/attest/" + route, body)
                if status != 200:
                    say("failed", name, json.dumps(answer)[:600])
                    continue
                claims = payload(answer["token"])
                ours, theirs = comparable(claims), comparable(expected)
                if not whole:
                    ours = {k: v for k, v in ours.items() if k in theirs}
                if ours == theirs and claims["x-quoth-simulated"] is False:
                    say("passed", name)
                else:
                    say("failed", name, difference(ours, theirs))
                tcb = claims["x-quoth-tcb-status"]
                status, answer = strict.post("/attest/" + route, body)
                refused = status == 400 and "token" not in answer
                name += f" under the default settings ({tcb})"
                if refused == (tcb == "OutOfDate"):
                    say("passed", name)
                else:
                    say("failed", name, f"answered {status}")
        finally:
            lenient.close()
            strict.close()
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
