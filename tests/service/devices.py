"""Devices that hold a master key, in software: SoftHSM2 and swtpm, each in a folder of its own. What is not
installed is skipped, and said."""
import os
import shutil
import subprocess

from harness import path, same
from tpm import HAS_TPM, Tpm

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
HAS_TOKEN = os.path.exists(MODULE) and shutil.which("softhsm2-util")


class Token:
    """A PKCS #11 token in software."""

    def __init__(self, name):
        self.name, self.folder, self.pin = name, path(f"{name}/tokens"), path(f"{name}/pin", b"123456\n")
        os.mkdir(self.folder)
        os.chmod(self.pin, 0o600)
        self.config = path(f"{name}/softhsm2.conf", f"directories.tokendir = {self.folder}\n".encode())
        self.before = ["env", f"SOFTHSM2_CONF={self.config}"]
        same(subprocess.run([*self.before, "softhsm2-util", "--init-token", "--free", "--label", "quoth",
                             "--so-pin", "567890", "--pin", "123456"], capture_output=True).returncode,
             0, "softhsm2-util")
        self.source = f"pkcs11:token=quoth;object=kek?module-path={MODULE}&pin-source={self.pin}"

    def pull(self):
        os.rename(self.folder, self.folder + ".away")

    def plug(self):
        os.rename(self.folder + ".away", self.folder)


def devices():
    """A row for each kind that can be had here."""
    rows = []
    if HAS_TOKEN:
        rows.append(("a PKCS #11 token", Token))
    else:
        print(f"  skipped: needs softhsm2 ({MODULE})")
    if HAS_TPM:
        rows.append(("a TPM", Tpm))
        rows.append(("a TPM with PCRs", lambda name: Tpm(name, "?pcrs=sha256:7,11")))
    else:
        print("  skipped: needs swtpm")
    return rows
