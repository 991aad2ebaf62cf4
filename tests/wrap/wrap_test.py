#!/usr/bin/env python3
"""Our key wrap against others': the openssl command for RSA-OAEP, Python's cryptography for both halves."""
import os
import subprocess
import sys
import tempfile

peer = sys.argv[1]
SKIP = 77
ALGORITHMS = {"CKM_RSA_AES_KEY_WRAP": "sha1", "RSA_AES_KEY_WRAP_256": "sha256", "RSA_AES_KEY_WRAP_384": "sha384"}

try:
    from cryptography.hazmat.primitives import hashes, keywrap, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
except ImportError:
    print("skipped: needs Python's cryptography")
    sys.exit(SKIP)


def run(verb, algorithm, key_file, data):
    done = subprocess.run([peer, verb, algorithm, key_file], input=data.hex().encode(), capture_output=True)
    return bytes.fromhex(done.stdout.decode()) if done.returncode == 0 else None


def oaep(name):
    h = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384}[name]()
    return padding.OAEP(padding.MGF1(h), h, None)


def openssl_opens(block, key_file, name):
    done = subprocess.run(["openssl", "pkeyutl", "-decrypt", "-inkey", key_file, "-pkeyopt", "rsa_padding_mode:oaep",
                           "-pkeyopt", f"rsa_oaep_md:{name}", "-pkeyopt", f"rsa_mgf1_md:{name}"],
                          input=block, capture_output=True)
    return done.stdout if done.returncode == 0 else None


with tempfile.TemporaryDirectory() as folder:
    for bits in (2048, 3072, 4096):
        key = rsa.generate_private_key(65537, bits)
        key_file = os.path.join(folder, f"{bits}.pem")
        with open(key_file, "wb") as f:
            f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption()))
        for algorithm, name in ALGORITHMS.items():
            for size in (1, 7, 8, 9, 16, 32, 138, 1219, 25600):
                plain = os.urandom(size)
                wrapped = run("wrap", algorithm, key_file, plain)
                block, rest = wrapped[:bits // 8], wrapped[bits // 8:]
                k = key.decrypt(block, oaep(name))
                assert len(k) == 32, (algorithm, len(k))
                assert openssl_opens(block, key_file, name) == k, (algorithm, bits)
                assert keywrap.aes_key_unwrap_with_padding(k, rest) == plain, (algorithm, bits, size)

                k = os.urandom(32)
                theirs = key.public_key().encrypt(k, oaep(name)) + keywrap.aes_key_wrap_with_padding(k, plain)
                assert run("unwrap", algorithm, key_file, theirs) == plain, (algorithm, bits, size)

            # Not ours: K of another size, another label, another hash for MGF1 alone.
            k = os.urandom(16)
            public, plain = key.public_key(), b"a secret"
            assert run("unwrap", algorithm, key_file, public.encrypt(k, oaep(name)) +
                       keywrap.aes_key_wrap_with_padding(k, plain)) is None
            k = os.urandom(32)
            rest = keywrap.aes_key_wrap_with_padding(k, plain)
            h = oaep(name)._algorithm
            labelled = public.encrypt(k, padding.OAEP(padding.MGF1(h), h, b"label"))
            assert run("unwrap", algorithm, key_file, labelled + rest) is None
            mixed = public.encrypt(k, padding.OAEP(padding.MGF1(hashes.SHA512()), h, None))
            assert run("unwrap", algorithm, key_file, mixed + rest) is None
print("wrap: 3 sizes of key, 3 algorithms, 9 lengths, both ways")
