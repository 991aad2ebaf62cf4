#!/usr/bin/env python3
"""quothd whose master key lies in a PKCS #11 token or a TPM: devices_test.py QUOTH QUOTHD MAKE_QUOTE.
See devices.py for what they are here."""
import os
import subprocess

from stage import QUOTHD, Platform, Verifier, until
from harness import each, main, need, path, same
from devices import HAS_TOKEN, Token, devices

platform = Platform("platform")
COLLATERAL = platform.serve()
QUOTE = platform.quote(b"held data")


stages = 0


def made(kind):
    """A device, and a verifier that was initialised with it."""
    global stages
    stages += 1
    device = kind(f"device{stages}")
    return device, Verifier(f"with{stages}", *platform.trust(), before=device.before, master_key=device.source)


def serves(device, verifier):
    verifier.start("--collateral", COLLATERAL, before=device.before)
    same(verifier.attest(QUOTE).status, 200, "attestation")


def refuses_to_start(device, verifier, status, code, options=()):
    """Soon, with this exit status and the text of this code; and says nothing of a PIN."""
    done = subprocess.run([*device.before, QUOTHD, *verifier.options, "--listen", "127.0.0.1:0", *options],
                          capture_output=True, timeout=60)
    told = done.stderr.decode()
    same(done.returncode, status, f"exit status ({told})")
    need(code in told, f"does not say {code!r}: {told}")
    need("123456" not in told and "654321" not in told, f"tells the PIN: {told}")


@each(devices)
def keys_open_again(_, kind):
    device, verifier = made(kind)
    serves(device, verifier)
    kid = verifier.ask("GET", "/certs").json()["keys"][0]["kid"]
    same(verifier.stop(), 0, "exit status")
    serves(device, verifier)
    same(verifier.ask("GET", "/certs").json()["keys"][0]["kid"], kid, "the signing key")
    verifier.stop()


@each(devices)
def pulled_while_it_runs(_, kind):
    device, verifier = made(kind)
    serves(device, verifier)
    device.pull()
    same(verifier.attest(QUOTE).status, 200, "attestation without the device")
    same(verifier.ask("GET", "/readyz").status, 200, "ready without the device")
    verifier.stop()
    refuses_to_start(device, verifier, 3, "")
    device.plug()
    serves(device, verifier)
    verifier.stop()


@each(devices)
def another_device_of_that_name(_, kind):
    """Another token with the same labels, another TPM: not the one that wrapped."""
    device, verifier = made(kind)
    device.pull()
    other, _ = made(kind)
    verifier.options[3] = other.source
    refuses_to_start(other, verifier, 2, "master-key")


@each(devices)
def a_recovery_slot_opens_too(_, kind):
    """A file as a second source gets a slot at the next start, and serves when the device is gone."""
    device, verifier = made(kind)
    spare = path(f"{verifier.name}/spare/master.key", os.urandom(32))
    os.chmod(spare, 0o600)
    verifier.options += ["--master-key", spare]
    serves(device, verifier)
    verifier.stop()
    device.pull()
    serves(device, verifier)
    until(lambda: verifier.logged("master-key.passed-over"), "something to be said of the device")
    verifier.stop()
    os.rename(spare, spare + ".away")
    refuses_to_start(device, verifier, 3, "none opens the keyring")  # the device may come back
    device.plug()
    serves(device, verifier)
    verifier.stop()
    os.rename(spare + ".away", spare)
    serves(device, verifier)
    verifier.stop()


@each(lambda: [("wrong", "CKR_PIN_INCORRECT", b"654321"),
               ("empty", "does not have 1 to 255 bytes", b"")] if HAS_TOKEN else [])
def a_pin_that_does_not_fit(_, told, content):
    device, verifier = made(Token)
    serves(device, verifier)
    verifier.stop()
    path(f"{device.name}/pin", content)
    refuses_to_start(device, verifier, 1, told)
    path(f"{device.name}/pin", b"123456")
    serves(device, verifier)
    verifier.stop()


main()
