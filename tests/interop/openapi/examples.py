"""Puts genuine evidence and policies into the OpenAPI document as examples, so that what is made of
them gets further than the first check: examples.py DOCUMENT EVIDENCE >DOCUMENT."""
import base64
import json
import os
import sys


POLICY = 'version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type="a", value=1);};'


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def file(name):
    with open(os.path.join(sys.argv[2], name), "rb") as f:
        return b64url(f.read())


def jws(payload):
    return b64url(b'{"alg":"none"}') + "." + b64url(payload) + "."


def examples(document, method, path, **values):
    for body in document["paths"][path][method]["requestBody"]["content"].values():
        body["examples"] = {name: {"value": value} for name, value in values.items()}


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        document = json.load(f)
    for path, member, evidence in (("/attest/SgxEnclave", "quote", "quote"),
                                   ("/attest/OpenEnclave", "report", "report")):
        examples(document, "post", path, **{
            kind.lower(): {member: file(f"{kind.lower()}.{evidence}"),
                           "runtimeData": {"data": file(kind.lower()), "dataType": kind}}
            for kind in ("Binary", "JSON")})
    stored = json.dumps({"AttestationPolicy": b64url(POLICY.encode())}).encode()
    examples(document, "put", "/policies/{type}", policy=jws(stored))
    examples(document, "post", "/policies/{type}:reset", nothing=jws(b""))
    examples(document, "post", "/policies/{type}:rollback", first={"version": 1})
    examples(document, "post", "/policies/{type}:check", policy={"policy": POLICY})
    examples(document, "post", "/policies/{type}:explain",
             policy={"policy": POLICY, "quote": file("binary.quote")})
    json.dump(document, sys.stdout)


if __name__ == "__main__":
    main()
