"""The answer to a release, as a program in the software TEE gets it: release_answer.py QUOTH QUOTHD MAKE_QUOTE ISSUER CA
PLATFORM KEY. Prints the compact JWS."""
import json
import os
import ssl
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "service"))
from stage import MAKE_QUOTE, b64url  # noqa: E402
from harness import path  # noqa: E402
from recipient import Recipient  # noqa: E402

ISSUER, CA, PLATFORM, KEY = sys.argv[4:]


def post(target, body):
    request = urllib.request.Request(ISSUER + target, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=CA)) as answer:
        return json.load(answer)


held = Recipient().runtime()
quote = subprocess.run([MAKE_QUOTE, PLATFORM, path("held", held)], check=True, capture_output=True).stdout
token = post("/attest/SgxEnclave?api-version=2020-10-01",
             {"quote": b64url(quote), "runtimeData": {"data": b64url(held), "dataType": "JSON"}})["token"]
print(post(f"/keys/{KEY}/release?api-version=7.4", {"target": token})["value"])
