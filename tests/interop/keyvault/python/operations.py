"""What keys are for, judged by cryptography's own implementation."""
import hashlib

from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys import JsonWebKey
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from vault import cryptography, keys, name, number, public_key, refused, same

client = keys()
MESSAGE = b"what is to be kept"
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def digest(algorithm):
    return hashlib.new(f"sha{algorithm[2:5]}", MESSAGE).digest()


def verify(algorithm, key, signature):
    """cryptography's verdict over what the vault has signed: raises if it is none."""
    hash_ = HASHES[algorithm[2:5]]
    public = public_key(key)
    if algorithm.startswith("ES"):
        half = len(signature) // 2
        der = utils.encode_dss_signature(number(signature[:half]), number(signature[half:]))
        public.verify(der, MESSAGE, ec.ECDSA(hash_))
    elif algorithm.startswith("PS"):
        public.verify(signature, MESSAGE, padding.PSS(padding.MGF1(hash_), padding.PSS.DIGEST_LENGTH), hash_)
    else:
        public.verify(signature, MESSAGE, padding.PKCS1v15(), hash_)


def remotely(key_id):
    """A client that asks the vault for everything, as if it had not been allowed to get the key. The others do
    public operations by themselves, and those of oct keys, whose bytes nobody shows them, with a random key."""
    remote = cryptography(key_id)
    remote._keys_get_forbidden = True
    return remote


def signs(key, *algorithms):
    for algorithm in map(SignatureAlgorithm, algorithms):
        remote, local = remotely(key.id), cryptography(key)
        result = remote.sign(algorithm, digest(algorithm))
        same(result.key_id, key.id, "key id")
        verify(algorithm, key.key, result.signature)
        changed = result.signature[:20] + bytes([result.signature[20] ^ 1]) + result.signature[21:]
        for by in (remote, local):
            assert by.verify(algorithm, digest(algorithm), result.signature).is_valid, algorithm
            assert not by.verify(algorithm, digest(algorithm), changed).is_valid, algorithm


def rsa_signs():
    signs(client.create_rsa_key(name("signs"), size=2048), "RS256", "RS384", "RS512", "PS256", "PS384", "PS512")


def rsa_as_a_key_of_cryptography():
    key = client.create_rsa_key(name("signs-as"), size=2048)
    private = cryptography(key.id).create_rsa_private_key()
    signature = private.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    public_key(key.key).verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    same(private.decrypt(public_key(key.key).encrypt(MESSAGE, oaep), oaep), MESSAGE, "decrypted")


def rsa_decrypts():
    key = client.create_rsa_key(name("encrypts"), size=2048, hardware_protected=True)
    remote, local = remotely(key.id), CryptographyClient.from_jwk(key.key)
    for algorithm in ("RSA1_5", "RSA-OAEP", "RSA-OAEP-256"):
        encrypts, wraps = EncryptionAlgorithm(algorithm), KeyWrapAlgorithm(algorithm)
        for by in (remote, local):
            same(remote.decrypt(encrypts, by.encrypt(encrypts, MESSAGE).ciphertext).plaintext, MESSAGE, algorithm)
            same(remote.unwrap_key(wraps, by.wrap_key(wraps, bytes(32)).encrypted_key).key, bytes(32), algorithm)
    refused(HttpResponseError, "BadParameter", "", remote.decrypt, EncryptionAlgorithm.rsa_oaep, b"\1" * 256)


def oct_encrypts():
    remote = remotely(client.create_oct_key(name("oct-encrypts"), size=256, key_operations=["encrypt", "decrypt"]).id)
    gcm = remote.encrypt(EncryptionAlgorithm.a256_gcm, MESSAGE, additional_authenticated_data=b"of it")
    same((len(gcm.iv), len(gcm.tag)), (12, 16), "iv, tag")
    opened = remote.decrypt(EncryptionAlgorithm.a256_gcm, gcm.ciphertext, iv=gcm.iv, authentication_tag=gcm.tag, additional_authenticated_data=b"of it")
    same(opened.plaintext, MESSAGE, "GCM")
    refused(HttpResponseError, "BadParameter", "", remote.decrypt, EncryptionAlgorithm.a256_gcm, gcm.ciphertext, iv=gcm.iv, authentication_tag=gcm.tag)
    cbc = remote.encrypt(EncryptionAlgorithm.a256_cbcpad, MESSAGE, iv=bytes(16))
    same(remote.decrypt(EncryptionAlgorithm.a256_cbcpad, cbc.ciphertext, iv=bytes(16)).plaintext, MESSAGE, "CBC")


def oct_wraps():
    jwk = JsonWebKey(kty="oct", k=b"\5" * 16, key_ops=["wrapKey", "unwrapKey"])
    remote = remotely(client.import_key(name("oct-wraps"), jwk, hardware_protected=True).id)
    wrapped = remote.wrap_key(KeyWrapAlgorithm.aes_128, b"\6" * 32).encrypted_key
    same(keywrap.aes_key_unwrap(b"\5" * 16, wrapped), b"\6" * 32, "unwrapped by cryptography")
    same(remote.unwrap_key(KeyWrapAlgorithm.aes_128, wrapped).key, b"\6" * 32, "unwrapped")
    refused(HttpResponseError, "BadParameter", "", remote.unwrap_key, KeyWrapAlgorithm.aes_128, wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


def older():
    old = client.create_ec_key(name("older"))
    client.rotate_key(old.name)
    signs(old, "ES256")
    assert cryptography(client.get_key(old.name)).sign(SignatureAlgorithm.es256, digest("ES256")).key_id != old.id


def must_not():
    key = client.create_rsa_key(name("must-not"), size=2048)
    refused(HttpResponseError, "BadParameter", "", remotely(key.id).sign, SignatureAlgorithm.es256, digest("ES256"))
    refused(HttpResponseError, "BadParameter", "", remotely(key.id).sign, SignatureAlgorithm.rs256, digest("RS384"))
    client.update_key_properties(key.name, key_operations=["verify"])
    refused(HttpResponseError, "Forbidden", "sign", remotely(key.id).sign, SignatureAlgorithm.rs256, digest("RS256"))
    client.update_key_properties(key.name, key_operations=["sign"], enabled=False)
    refused(HttpResponseError, "Forbidden", "disabled", remotely(key.id).sign, SignatureAlgorithm.rs256, digest("RS256"))


CHECKS = {
    "RSA keys sign": rsa_signs,
    "an RSA key behind cryptography's interface": rsa_as_a_key_of_cryptography,
    **{f"EC keys sign with {a}": (lambda c=c, a=a: signs(client.create_ec_key(name(f"signs-{c}"), curve=c), a))
       for c, a in (("P-256", "ES256"), ("P-384", "ES384"), ("P-521", "ES512"), ("P-256K", "ES256K"))},
    "RSA keys decrypt what anybody encrypts, and unwrap": rsa_decrypts,
    "oct keys encrypt with GCM and CBC": oct_encrypts,
    "oct keys wrap": oct_wraps,
    "an older version signs as before": older,
    "what a key must not do is refused": must_not,
}
