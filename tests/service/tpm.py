"""swtpm, a TPM in software, in a folder of its own."""
import os
import shutil
import socket
import subprocess

from stage import Process, until
from harness import path

HAS_TPM = shutil.which("swtpm")


def held_ports():
    """Two in a row, as sockets that are bound and never listen: they are given to nobody but who asks for them by
    number, and then says SO_REUSEADDR as swtpm does."""
    while True:
        one, two = socket.socket(), socket.socket()
        one.bind(("127.0.0.1", 0))
        try:
            two.bind(("127.0.0.1", one.getsockname()[1] + 1))
        except (OSError, OverflowError):
            one.close()
            two.close()
            continue
        for held in (one, two):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return one, two


class Tpm:
    """A TPM in software. Switched off and on, its PCRs are zero again. query: of its source."""

    before = []

    def __init__(self, name, query=""):
        self.folder, self.held = path(f"{name}/tpm"), held_ports()
        self.port = self.held[0].getsockname()[1]
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
