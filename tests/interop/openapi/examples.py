"""Puts genuine evidence into the OpenAPI document as examples, so that what is made of them gets
further than the first check: examples.py DOCUMENT EVIDENCE >DOCUMENT."""
import base64
import json
import os
import sys


def file(name):
    with open(os.path.join(sys.argv[2], name), "rb") as f:
        return base64.urlsafe_b64encode(f.read()).rstrip(b"=").decode()


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        document = json.load(f)
    for path, member, evidence in (("/attest/SgxEnclave", "quote", "quote"),
                                   ("/attest/OpenEnclave", "report", "report")):
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        body["examples"] = {
            name: {"value": {member: file(f"{name}.{evidence}"),
                             "runtimeData": {"data": file(name), "dataType": kind}}}
            for name, kind in (("binary", "Binary"), ("json", "JSON"))}
    json.dump(document, sys.stdout)


if __name__ == "__main__":
    main()
