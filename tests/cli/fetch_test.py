"""quoth key and quoth secret, as far as no vault is needed: where keys may go, and what cannot be
asked. The rest is in tests/e2e/release.sh."""
import os
import pty
import subprocess

from harness import QUOTH, case, main, need, path, quoth, same

WHERE = ["--vault", "https://localhost:1", "--ca", "/dev/null"]


def refused(words, *args, status=2, **more):
    done = quoth(*args, **more)
    same(done.status, status, done.err)
    need(words in done.err, f"no {words!r} in {done.err!r}")
    same(done.out, b"", "standard output")


@case
def a_key_never_goes_to_a_disk():
    """Refused before anything is asked: there is no TEE here, and that would be the next error."""
    for noun in ("key", "secret"):
        with open(path("disk"), "wb") as disk:
            done = subprocess.run([QUOTH, noun, "fetch", "k", *WHERE], stdout=disk,
                                  stderr=subprocess.PIPE, check=False)
            on_disk = subprocess.run([QUOTH, noun, "fetch", "k", *WHERE, "--fd", str(disk.fileno())],
                                     capture_output=True, pass_fds=[disk.fileno()], check=False)
        memory = os.memfd_create("key")
        in_memory = subprocess.run([QUOTH, noun, "fetch", "k", *WHERE, "--fd", str(memory)],
                                   capture_output=True, pass_fds=[memory], check=False)
        os.close(memory)
        if b"disk" not in done.stderr:  # a stage in a memory file system is no disk
            need(b"TEE" in done.stderr or done.returncode == 3, done.stderr)
            return
        same((done.returncode, on_disk.returncode, in_memory.returncode), (2, 2, 3), "statuses")
        need(b"disk" in on_disk.stderr, on_disk.stderr)


@case
def a_key_goes_to_a_terminal_only_when_told():
    for more, status in (([], 2), (["--stdout"], 3)):
        outside, inside = pty.openpty()
        done = subprocess.run([QUOTH, "key", "fetch", "k", *WHERE, *more], stdout=inside,
                              stderr=subprocess.PIPE, check=False)
        os.close(inside)
        os.close(outside)
        same(done.returncode, status, done.stderr)
        same(b"terminal" in done.stderr, not more, "the word")


@case
def places_that_are_none():
    fetch = ["key", "fetch", "k", *WHERE]
    refused("exclude each other", *fetch, "--stdout", "--fd", "1")
    refused("exclude each other", *fetch, "--stdout", "--env", "A", "--", "true")
    refused("is not open for writing", *fetch, "--fd", "99")
    refused("is not open for writing", *fetch, "--fd", "0")
    refused("is no descriptor", *fetch, "--fd", "99999999999")
    refused("COMMAND", *fetch, "--env", "A")
    refused("--env", *fetch, "--", "true")
    for name in ("1A", "A=B", "A B", "="):
        refused("is no name of a variable", *fetch, "--env", name, "--", "true")


@case
def things_that_cannot_be_asked():
    ca = ["--ca", "/dev/null"]
    refused("--vault", "key", "fetch", "k", *ca)
    refused("says it too", "key", "fetch", "https://localhost/keys/k", *WHERE)
    refused("no URL of a key", "key", "fetch", "https://localhost/secrets/k", *ca)
    refused("no URL of a secret", "secret", "fetch", "https://localhost/keys/k", *ca)
    refused("url.scheme", "key", "fetch", "http://localhost/keys/k", *ca)
    refused("--ca", "key", "fetch", "k", "--vault", "https://localhost:1")
    refused("--patience", "key", "fetch", "k", *WHERE, "--patience", "100000")
    refused("TEE", "key", "fetch", "k", *WHERE, status=3)


ADMIN = ["--verifier", "https://localhost:1", "--token-file", "/dev/null"]


@case
def what_is_wrong_is_told_before_it_is_sent():
    token = path("token", "token")
    admin = ["--verifier", "https://localhost:1", "--token-file", token]
    bad = path("bad.json", '{"version":"1.0.0","anyOf":[]}')
    refused("line 1", "key", "create", "k", "--type", "EC", "--exportable", "--release-policy", bad,
            *admin, status=4)
    refused("line 1", "key", "release-policy", "k", bad, *admin, status=4)
    refused("--immutable", "key", "create", "k", "--type", "EC", "--immutable", *admin)
    refused("--tag", "key", "create", "k", "--type", "EC", "--tag", "x", *admin)
    refused("--type", "key", "create", "k", *admin)
    for name in ("a/b", "a?b", "..", "a b"):
        refused("NAME", "key", "show", name, *admin)
        refused("NAME", "secret", "delete", name, *admin)
        refused("NAME", "key", "recover", name, *admin)
    refused("UTF-8", "secret", "set", "s", path("bytes", b"a\xff"), *admin, status=4)
    refused("UTF-8", "secret", "set", "s", path("nul", b"a\0b"), *admin, status=4)
    refused("empty", "secret", "set", "s", path("empty", b""), *admin, status=4)
    refused("limit", "secret", "set", "s", path("long", b"a" * 25601), *admin, status=4)
    refused("PKCS #8", "key", "import", "k",
            path("pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), *admin,
            status=4)
    for size in (16, 24, 32):  # bytes of a key, though they look like the beginning of something else
        refused("localhost:1", "key", "import", "k", path("oct", b" {" + b"k" * (size - 2)), *admin, status=3)
    refused("FILE, byte 12", "key", "import", "k", path("jwk", b'{"kty":"oct"' + b" " * 21), *admin, status=4)
    refused("localhost:1", "key", "show", "k", *admin, status=3)
    refused("empty", "key", "show", "k", *ADMIN, status=4)


main()
