"""swtpm, a TPM in software, in a folder of its own."""
import os
import shutil
import socket
import subprocess

from stage import Process, until
from harness import path

HAS_TPM = shutil.which("swtpm")


def free_ports():
    """Two in a row."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
                return port
            except (OSError, OverflowError):
                pass


class Tpm:
    """A TPM in software. Switched off and on, its PCRs are zero again. query: of its source."""

    before = []

    def __init__(self, name, query=""):
        self.folder, self.port = path(f"{name}/tpm"), free_ports()
        os.mkdir(self.folder)
        self.source = f"tpm:swtpm:host=127.0.0.1,port={self.port}{query}"
        self.plug()

    def plug(self):
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.folder}", "--server",
             f"type=tcp,port={self.port}", "--ctrl", f"type=tcp,port={self.port + 1}", "--flags",
             "not-need-init,startup-clear"])
        Process.started.append(self.process)
        until(self.answers, "swtpm")

    def answers(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port + 1)) == 0

    def pull(self):
        self.process.terminate()
        self.process.wait()
