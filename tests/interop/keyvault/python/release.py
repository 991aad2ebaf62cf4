"""A key for a program in the software TEE: its evidence is judged by the vault's own verifier, the SDK asks
with the token for the key, and cryptography's own implementation checks, unwraps and uses it."""
import base64
import json
import os
import ssl
import subprocess
import urllib.request
import uuid

from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys import JsonWebKey, KeyReleasePolicy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from vault import URL, Skipped, b64url, cryptography, keys, name, public_key, refused, same, unb64url

client = keys()
CA = os.environ["REQUESTS_CA_BUNDLE"]
MESSAGE = b"by the program"
RECIPIENT = rsa.generate_private_key(65537, 3072)
ALGORITHMS = {"CKM_RSA_AES_KEY_WRAP": hashes.SHA1(), "RSA_AES_KEY_WRAP_256": hashes.SHA256(), "RSA_AES_KEY_WRAP_384": hashes.SHA384()}


def policy(*conditions, **more):
    conditions = [{"claim": "x-quoth-simulated", "equals": True}, {"claim": "x-ms-sgx-is-debuggable", "equals": False}, *conditions]
    return KeyReleasePolicy(json.dumps({"version": "1.0.0", "anyOf": [{"authority": URL, "allOf": conditions}]}).encode(), **more)


RELEASABLE = {"exportable": True, "release_policy": policy({"claim": "x-ms-sgx-mrsigner", "equals": "51" * 32})}


def attested(**members):
    """Evidence over runtime data that name the recipient's key, and the verifier's token for it."""
    n = RECIPIENT.public_key().public_numbers().n
    jwk = {"kty": "RSA", "n": b64url(n.to_bytes(384, "big")), "e": "AQAB", "kid": "py", **(members or {"key_ops": ["encrypt"]})}
    data = json.dumps({"keys": [jwk]}).encode()
    file = os.path.join(os.environ["KEYVAULT_TOKENS"], "py.runtime-data")
    with open(file, "wb") as f:
        f.write(data)
    quote = subprocess.run([os.environ["KEYVAULT_MAKE_QUOTE"], os.environ["KEYVAULT_PLATFORM"], file], check=True, capture_output=True).stdout
    body = {"quote": b64url(quote), "runtimeData": {"data": b64url(data), "dataType": "JSON"}}
    request = urllib.request.Request(f"{URL}/attest/SgxEnclave?api-version=2020-10-01", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=CA)) as answer:
        return json.load(answer)["token"]


def opened(jws):
    """What is in the answer, its signature checked by its own chain up to the authority that the machine trusts."""
    header, payload, signature = jws.split(".")
    head = json.loads(unb64url(header))
    same(head["alg"], "RS256", "alg")
    chain = [x509.load_der_x509_certificate(base64.b64decode(c)) for c in head["x5c"]]
    with open(CA, "rb") as f:
        root = x509.load_pem_x509_certificate(f.read())
    for child, parent in zip(chain, chain[1:]):
        child.verify_directly_issued_by(parent)
    same(chain[-1], root, "the last of the chain")
    chain[0].public_key().verify(unb64url(signature), f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return json.loads(unb64url(payload))


def unwrapped(key, hash_):
    blob = json.loads(unb64url(key["key"]["key_hsm"]))
    same(blob["header"]["kid"], "py", "kid")
    data = unb64url(blob["ciphertext"])
    aes = RECIPIENT.decrypt(data[:384], padding.OAEP(padding.MGF1(hash_), hash_, None))
    return keywrap.aes_key_unwrap_with_padding(aes, data[384:])


def release(algorithm):
    hash_ = ALGORITHMS[algorithm]
    n = name(f"release-{hash_.name}-")
    made = {
        "RSA": client.create_rsa_key(n + "rsa", size=2048, hardware_protected=True, **RELEASABLE),
        "EC": client.create_ec_key(n + "ec", curve="P-384", **RELEASABLE),
        "oct": client.import_key(n + "oct", JsonWebKey(kty="oct", k=bytes(range(16))), hardware_protected=True, **RELEASABLE),
    }
    token = attested()
    for kind, key in made.items():
        nonce = str(uuid.uuid4())
        answer = opened(client.release_key(key.name, token, algorithm=algorithm, nonce=nonce).value)
        same(answer["request"], {"api-version": "2025-07-01", "enc": algorithm, "kid": f"{URL}/keys/{key.name}", "nonce": nonce}, "request")
        shown = answer["response"]["key"]
        same((shown["key"]["kid"], shown["key"]["kty"]), (key.id, key.key_type), "kid, kty")
        secret = unwrapped(shown, hash_)
        if kind == "oct":
            same(secret, bytes(range(16)), "the key")
            continue
        own, public = serialization.load_der_private_key(secret, None), public_key(client.get_key(key.name).key)
        if kind == "RSA":
            public.verify(own.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256()), MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        else:
            public.verify(own.sign(MESSAGE, ec.ECDSA(hashes.SHA384())), MESSAGE, ec.ECDSA(hashes.SHA384()))


def of_a_version():
    key = client.create_ec_key(name("release-old"), **RELEASABLE)
    client.rotate_key(key.name)
    answer = opened(client.release_key(key.name, attested(use="enc"), version=key.properties.version).value)
    same(answer["request"]["enc"], "CKM_RSA_AES_KEY_WRAP", "enc")
    same((answer["request"]["kid"], answer["response"]["key"]["key"]["kid"]), (key.id, key.id), "kid")
    same(serialization.load_der_private_key(unwrapped(answer["response"]["key"], hashes.SHA1()), None).public_key(), public_key(key.key), "the key")


def immutable():
    n = name("release-policy")
    key = client.create_ec_key(n, **RELEASABLE)
    same(json.loads(key.properties.release_policy.encoded_policy), json.loads(RELEASABLE["release_policy"].encoded_policy), "policy")
    assert key.properties.exportable
    changed = client.update_key_properties(n, release_policy=policy({"claim": "x-ms-sgx-svn", "greaterOrEquals": 2}, immutable=True))
    assert changed.properties.release_policy.immutable
    client.release_key(n, attested())
    refused(HttpResponseError, "BadParameter", "AKV.SKR.1020", client.update_key_properties, n, release_policy=RELEASABLE["release_policy"])


def others():
    key = client.create_ec_key(name("release-other"), exportable=True, release_policy=policy({"claim": "x-ms-sgx-product-id", "less": 5}))
    refused(HttpResponseError, "Forbidden", "does not meet key release policy requirements", client.release_key, key.name, attested())
    good = client.create_ec_key(name("release-good"), **RELEASABLE)
    token = attested()
    refused(HttpResponseError, "Forbidden", "", client.release_key, good.name, token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:])
    refused(HttpResponseError, "BadParameter", "", client.release_key, good.name, attested(key_ops=["sign"]))
    refused(HttpResponseError, "BadParameter", "", client.release_key, good.name, token, algorithm="RSA_AES_KEY_WRAP_512")
    refused(HttpResponseError, "BadParameter", "AKV.SKR.1004", client.create_ec_key, name("release-none"), exportable=True)


def members(value, at=""):
    """The paths of all members of a JSON object."""
    if not isinstance(value, dict):
        return set()
    return {at + name for name in value}.union(*(members(v, f"{at}{name}.") for name, v in value.items()))


def answer_members(jws):
    header, payload = (json.loads(unb64url(part)) for part in jws.split(".")[:2])
    blob = json.loads(unb64url(payload["response"]["key"]["key"]["key_hsm"]))
    return members({"header": header, "payload": payload, "key_hsm": blob})


def as_recorded():
    """The members of our answer are those of the ones that Azure gave, and of its documentation."""
    vectors = os.environ.get("QUOTH_VECTORS")
    if not vectors:
        raise Skipped("QUOTH_VECTORS is not set")
    recorded = []
    for file in ("keyvault", "managedhsm"):
        with open(f"{vectors}/key-release/azure-release-recordings/{file}-2021-12-21-release-response.json", encoding="utf-8") as f:
            recorded.append(answer_members(json.load(f)["value"]))
    key = client.create_rsa_key(name("release-recorded"), size=2048, hardware_protected=True, **RELEASABLE)
    ours = answer_members(client.release_key(key.name, attested(), algorithm="RSA_AES_KEY_WRAP_256", nonce="nonce").value)
    same(recorded[0] - ours, set(), "members that Key Vault has and we have not")
    documented = {"payload.response.key.tags", "payload.response.key.release_policy.immutable", "payload.response.key.attributes.hsmPlatform"}
    same(ours - recorded[0] - recorded[1] - documented, set(), "members that nobody knows")


CHECKS = {
    **{f"keys are released with {a}, and used": (lambda a=a: release(a)) for a in ALGORITHMS},
    "without an algorithm, of a version, after a rotation": of_a_version,
    "a release policy comes back, and can be made immutable": immutable,
    "whom the policy does not mean gets nothing": others,
    "the members of an answer, as recorded": as_recorded,
}
