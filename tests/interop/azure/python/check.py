"""azure-security-attestation, unmodified, against our service: check.py GROUP...
What comes from outside: the endpoint, the trust store (REQUESTS_CA_BUNDLE) and a credential."""
import base64
import hashlib
import json
import os
import re
import sys
import time
import traceback

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.security.attestation import (
    AttestationAdministrationClient, AttestationClient, AttestationPolicyToken,
    AttestationTokenValidationException)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

URL, ISOLATED_URL = os.environ["AZURE_URL"], os.environ["AZURE_ISOLATED_URL"]
DENYING = "version= 1.0;authorizationrules{=> deny();};issuancerules{};"


def file(name):
    with open(os.path.join(os.environ["AZURE_EVIDENCE"], name), "rb") as f:
        return f.read()


def text(name):
    return file(name).decode()


def signer(name):
    return {"signing_key": text(name + ".key"), "signing_certificate": text(name + ".crt")}


def der(pem):
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


def issuing(value):
    return ('version= 1.0;authorizationrules{=> permit();};'
            'issuancerules{=> issue(type="made-by", value="' + value + '");};')


class Credential:
    def __init__(self, token):
        self.token = token

    def get_token(self, *_scopes, **_options):
        return AccessToken(self.token, int(time.time()) + 3600)


def options(issuer):
    """What the SDK calls validation is on for every call, the issuer's name included."""
    return {"validate_token": True, "validate_signature": True, "validate_expiration": True,
            "validate_not_before": True, "validate_issuer": True, "issuer": issuer,
            "retry_total": 0}


guest = AttestationClient(URL, Credential("anything"), **options(URL))
admin = AttestationAdministrationClient(URL, Credential(os.environ["AZURE_TOKEN"]), **options(URL))
isolated = AttestationAdministrationClient(
    ISOLATED_URL, Credential(os.environ["AZURE_ISOLATED_TOKEN"]), **options(ISOLATED_URL))


def same(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} instead of {expected!r}")


def need(words, where):
    if not re.search(words, where):
        raise AssertionError(f"/{words}/ is not in {where}")


def refused(call, code, words):
    try:
        call()
    except HttpResponseError as e:
        same(isinstance(e, ClientAuthenticationError), code == "Unauthorized")
        same(e.status_code, 401 if code == "Unauthorized" else 400)
        same(e.error.code, code)
        need(words, e.response.text())
        return
    raise AssertionError("it was accepted")


# ---- attest

def metadata():
    document = guest.get_open_id_metadata()
    same((document["issuer"], document["jwks_uri"]), (URL, URL + "/certs"))


def signers():
    found = guest.get_signing_certificates()
    assert found
    for s in found:
        assert s.key_id and der(s.certificates[0])


def sgx_alone():
    result, token = guest.attest_sgx_enclave(file("binary.quote"))
    same((result.issuer, result.verifier_type), (URL, "sgx"))
    same((result.mr_signer, result.product_id, result.svn), ("51" * 32, 1234, 2))
    same(result.is_debuggable, False)
    same(result.policy_claims["tee"], "sgx")
    same((result.enclave_held_data, result.runtime_claims), (None, None))
    same(token.algorithm, "RS256")


def sgx_binary():
    result, _ = guest.attest_sgx_enclave(file("binary.quote"), runtime_data=file("binary"))
    same(result.enclave_held_data, file("binary"))


def sgx_json():
    result, _ = guest.attest_sgx_enclave(file("json.quote"), runtime_json=file("json"))
    same(result.runtime_claims, json.loads(file("json")))


def open_enclave_binary():
    result, _ = guest.attest_open_enclave(file("binary.report"), runtime_data=file("binary"))
    same((result.enclave_held_data, result.mr_enclave), (file("binary"), "e1" * 32))


def open_enclave_json():
    result, _ = guest.attest_open_enclave(file("json.report"), runtime_json=file("json"))
    same(result.runtime_claims, json.loads(file("json")))


def other_issuer():
    try:
        guest.attest_sgx_enclave(file("binary.quote"), issuer="https://elsewhere")
    except AttestationTokenValidationException as e:
        need("not the expected issuer", str(e))
        return
    raise AssertionError("it was accepted")


# ---- draft

def draft():
    result, token = guest.attest_sgx_enclave(file("binary.quote"), draft_policy=issuing("a draft"))
    same((token.algorithm, result.policy_claims["made-by"]), ("none", "a draft"))


# ---- policies

def set_policy(client, kind, policy, by=None):
    """As the SDK's samples check it: the hash of the token that was sent, and who had signed it."""
    result, _ = client.set_policy(kind, policy, **(by or {}))
    sent = AttestationPolicyToken(policy, **(by or {})).to_jwt_string()
    same(result.policy_resolution, "Updated")
    same(base64.urlsafe_b64decode(result.policy_token_hash + "=" * (-len(result.policy_token_hash) % 4))
         if isinstance(result.policy_token_hash, str) else result.policy_token_hash,
         hashlib.sha256(sent.encode()).digest())
    if by:
        same(der(result.policy_signer.certificates[0]), der(by["signing_certificate"]))
    else:
        same(result.policy_signer, None)
    same(client.get_policy(kind)[0], policy)


def reset(client, kind, by=None):
    result, _ = client.reset_policy(kind, **(by or {}))
    same(result.policy_resolution, "Removed")


def made_by(at=URL, client=guest):
    result, _ = client.attest_sgx_enclave(file("binary.quote"), issuer=at)
    return result.policy_claims.get("made-by")


def default_policy():
    policy, token = admin.get_policy("SgxEnclave")
    need("permit", policy)
    same(token.algorithm, "RS256")


def set_and_reset():
    set_policy(admin, "SgxEnclave", issuing("hand"))
    same(made_by(), "hand")
    reset(admin, "SgxEnclave")
    same(made_by(), None)


def signed_policy():
    set_policy(admin, "OpenEnclave", issuing("signer"), signer("signer"))
    _, token = guest.attest_open_enclave(file("binary.report"))
    claims = token.to_jwt_string().split(".")[1]  # the SDK's own policy_signer fails on any signer
    shown = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    same(base64.b64decode(shown["x-ms-policy-signer"]["x5c"][0]), der(text("signer.crt")))
    reset(admin, "OpenEnclave", signer("signer"))


def denying_policy():
    set_policy(admin, "SgxEnclave", DENYING)
    refused(made_by, "PolicyEvaluationError", "A Deny claim was issued, authorization failed")
    reset(admin, "SgxEnclave")


def no_certificates():
    same(admin.get_policy_management_certificates()[0], [])


# ---- isolated

def listed():
    chains, _ = isolated.get_policy_management_certificates()
    return sorted(der(chain[0]) for chain in chains)


def isolated_policy():
    set_policy(isolated, "SgxEnclave", issuing("signer"), signer("signer"))
    client = AttestationClient(ISOLATED_URL, Credential("anything"), **options(ISOLATED_URL))
    same(made_by(ISOLATED_URL, client), "signer")
    reset(isolated, "SgxEnclave", signer("signer"))


def change_certificates():
    def change(verb, resolution):
        method = getattr(isolated, verb + "_policy_management_certificate")
        result, _ = method(text("second.crt"), **signer("signer"))
        same(result.certificate_resolution, resolution)
        same(result.certificate_thumbprint,
             hashlib.sha1(der(text("second.crt"))).hexdigest().upper())
    change("add", "IsPresent")
    change("add", "IsPresent")
    same(len(listed()), 2)
    set_policy(isolated, "OpenEnclave", issuing("second"), signer("second"))
    reset(isolated, "OpenEnclave", signer("second"))
    change("remove", "IsAbsent")
    refused(lambda: isolated.set_policy("OpenEnclave", issuing("second"), **signer("second")),
            "InvalidParameter", "unable to find issuer certificate")
    same(len(listed()), 1)


# ---- tpm

def tpm():
    try:
        guest.attest_tpm(json.dumps({"payload": {"type": "aikcert"}}))
    except HttpResponseError as e:
        need("Tpm", e.response.text())
        return
    raise AssertionError("it was accepted")


def administrator(url, token):
    return AttestationAdministrationClient(url, Credential(token), **options(url))


GROUPS = {
    "attest": {
        "the metadata name the issuer": metadata,
        "the signers have certificates": signers,
        "SGX without runtime data": sgx_alone,
        "SGX with binary runtime data": sgx_binary,
        "SGX with JSON runtime data": sgx_json,
        "Open Enclave with binary runtime data": open_enclave_binary,
        "Open Enclave with JSON runtime data": open_enclave_json,
        "the client refuses another issuer": other_issuer,
        "a changed quote is refused": lambda: refused(
            lambda: guest.attest_sgx_enclave(file("changed.quote")), "InvalidParameter", "quote"),
        "other runtime data are refused": lambda: refused(
            lambda: guest.attest_sgx_enclave(file("binary.quote"), runtime_data=file("json")),
            "InvalidParameter", "runtime_data"),
    },
    "draft": {
        "a draft policy gives an unsigned token": draft,
        "a draft policy that denies": lambda: refused(
            lambda: guest.attest_open_enclave(file("binary.report"), draft_policy=DENYING),
            "PolicyEvaluationError", "A Deny claim was issued, authorization failed"),
        "a draft policy that does not parse": lambda: refused(
            lambda: guest.attest_sgx_enclave(file("binary.quote"), draft_policy="version= 1.0; no"),
            "PolicyParsingError", "65526"),
    },
    "policies": {
        "the default policy": default_policy,
        "a policy is set, judges, and is reset": set_and_reset,
        "a signed policy names its signer": signed_policy,
        "a policy that denies": denying_policy,
        "a policy that does not parse": lambda: refused(
            lambda: admin.set_policy("SgxEnclave", "version= 1.0;authorizationrules{=> permit()"),
            "PolicyParsingError", "[Ll]ine"),
        "there are no certificates": no_certificates,
        "none can be added": lambda: refused(
            lambda: admin.add_policy_management_certificate(text("second.crt"), **signer("signer")),
            "InvalidOperation", "disallowed"),
        "a wrong credential": lambda: refused(
            lambda: administrator(URL, "wrong").set_policy("SgxEnclave", DENYING),
            "Unauthorized", "."),
        "the token of another tenant": lambda: refused(
            lambda: administrator(ISOLATED_URL, admin_token()).get_policy("SgxEnclave"),
            "Unauthorized", "."),
    },
    "isolated": {
        "the signers are listed": lambda: same(listed(), [der(text("signer.crt"))]),
        "an unsigned policy is refused": lambda: refused(
            lambda: isolated.set_policy("SgxEnclave", issuing("hand")),
            "InvalidOperation", "[Uu]nsigned"),
        "a stranger's policy is refused": lambda: refused(
            lambda: isolated.set_policy("SgxEnclave", issuing("stranger"), **signer("stranger")),
            "InvalidParameter", "unable to find issuer certificate"),
        "an unsigned reset is refused": lambda: refused(
            lambda: isolated.reset_policy("SgxEnclave"), "InvalidOperation", "[Uu]nsigned"),
        "a trusted signer's policy": isolated_policy,
        "a certificate is added, signs, and is removed": change_certificates,
    },
    "tpm": {
        "TPM evidence is refused in so many words": tpm,
    },
}


def admin_token():
    return os.environ["AZURE_TOKEN"]


def main():
    passed = failed = 0
    for group in sys.argv[1:]:
        for name, check in GROUPS[group].items():
            try:
                check()
                print(f"ok azure python: {name}")
                passed += 1
            except Exception as e:  # whatever the SDK throws is a failure, told in its words
                print(f"FAILED azure python: {name}: {traceback.format_exc()}"
                      f"{e.response.text() if isinstance(e, HttpResponseError) and e.response else ''}")
                failed += 1
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
