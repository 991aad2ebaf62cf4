#!/usr/bin/env python3
"""Recorded administration of Azure Attestation, of 2022, against our service.

Run under faketime at 2022-11-17, when the recorded signers were good:
    maa_admin_recorded.py BUILD VECTORS
Claims equal the recorded ones, apart from issuer and times; refusals have the recorded code. What was
sent is part of the recordings for certificates; for policies it is what the next GET gave back,
byte for byte. Standard library only."""
import base64
import json
import os
import sys
import tempfile

from maa_recorded import VECTORS, Service, counts, difference, payload, say

OWN = {"iss", "iat", "nbf", "exp"}
UNSIGNED_RESET = b"eyJhbGciOiJub25lIn0.."


def recorded(name):
    with open(os.path.join(VECTORS, "maa", "admin", name), "rb") as f:
        return f.read()


def claims(name):
    return json.loads(recorded(name + ".claims.json"))


def sent_policy(name):
    """The JWS that a GET gave back is the one that had been sent."""
    return claims(name)["x-ms-policy"].encode()


def signer_of(body):
    """The certificate of a JWS in a JSON string, as PEM."""
    part = json.loads(body).split(".")[0]
    header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return f"-----BEGIN CERTIFICATE-----\n{header['x5c'][0]}\n-----END CERTIFICATE-----\n"


class Tenant:
    def __init__(self, folder, model, signer=None):
        init = ["--trust-model", model]
        if signer:
            path = folder + ".pem"
            with open(path, "w", encoding="ascii") as f:
                f.write(signer)
            init += ["--policy-signer", path]
        self.service = Service(folder, init=init)
        with open(os.path.join(self.service.state, "admin.token"), encoding="ascii") as f:
            self.token = f.read().strip()

    def replay(self, name, method, path, body=None, media=None):
        status, answer = self.service.ask(method, path, body, media, self.token)
        if os.path.exists(os.path.join(VECTORS, "maa", "admin", name + ".response.json")):
            expected = json.loads(recorded(name + ".response.json"))["error"]["code"]
            found = answer.get("error", {}).get("code")
            if (status, found) == (400, expected):
                say("passed", name)
            else:
                say("failed", name, f"answered {status} {answer}")
            return
        if status != 200:
            say("failed", name, json.dumps(answer)[:600])
            return
        ours = payload(answer["token"])
        different = difference(*({k: v for k, v in c.items() if k not in OWN}
                                 for c in (ours, claims(name))))
        if different or ours["exp"] - ours["iat"] != 3600 or ours["iss"] != self.service.issuer:
            say("failed", name, different or f"issuer or times: {ours}")
        else:
            say("passed", name)


def policies(aad):
    sgx, reset, text = "/policies/SgxEnclave", "/policies/SgxEnclave:reset", "text/plain"
    aad.replay("modify-unsecured-1-put", "PUT", sgx, sent_policy("modify-unsecured-2-get"), text)
    aad.replay("modify-unsecured-2-get", "GET", sgx)
    aad.replay("modify-unsecured-3-post", "POST", reset, UNSIGNED_RESET, text)
    aad.replay("modify-unsecured-4-get", "GET", sgx)
    aad.replay("modify-signed-1-put", "PUT", sgx, sent_policy("modify-signed-2-get"), "application/json")
    aad.replay("modify-signed-2-get", "GET", sgx)
    aad.replay("modify-signed-3-post", "POST", reset, UNSIGNED_RESET, text)
    aad.replay("modify-signed-4-get", "GET", sgx)
    aad.replay("tpm-1-put", "PUT", "/policies/Tpm", sent_policy("modify-unsecured-2-get"), text)
    aad.replay("tpm-3-post", "POST", "/policies/Tpm:reset", UNSIGNED_RESET, text)


def certificates(aad, isolated, shared):
    add, remove, media = "/certificates:add", "/certificates:remove", "application/json"
    body = recorded("certs-add-1-post.request.txt")
    aad.replay("certs-add-not-isolated-1-post", "POST", add, body, media)
    aad.replay("certs-remove-not-isolated-1-post", "POST", remove, body, media)
    isolated.replay("certs-add-1-post", "POST", add, body, media)
    isolated.replay("certs-add-2-get", "GET", "/certificates")
    isolated.replay("certs-remove-1-post", "POST", add, recorded("certs-remove-1-post.request.txt"), media)
    isolated.replay("certs-remove-2-post", "POST", remove, recorded("certs-remove-2-post.request.txt"), media)
    isolated.replay("certs-remove-3-get", "GET", "/certificates")
    shared.replay("certs-list-shared-1-get", "GET", "/certificates")
    shared.replay("get-default-sgx-1-get", "GET", "/policies/SgxEnclave")
    shared.replay("get-default-tpm-1-get", "GET", "/policies/Tpm")


def main():
    with tempfile.TemporaryDirectory(prefix="quoth-recorded-") as folder:
        tenants = [Tenant(f"{folder}/aad", "aad"),
                   Tenant(f"{folder}/isolated", "isolated", signer_of(recorded("certs-add-1-post.request.txt"))),
                   Tenant(f"{folder}/shared", "shared")]
        try:
            policies(tenants[0])
            certificates(*tenants)
        finally:
            for tenant in tenants:
                tenant.service.close()
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
