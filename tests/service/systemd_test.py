#!/usr/bin/env python3
"""quothd under a service manager: systemd_test.py QUOTH QUOTHD MAKE_QUOTE UNIT. We play systemd: a
datagram socket hears what quothd says of itself."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

from stage import Platform, Verifier, until
from harness import case, main, need, path, same

TRUST = Platform("platform").trust()
UNIT = os.path.abspath(sys.argv[4])


class Manager:
    """Listens where NOTIFY_SOCKET says."""

    def __init__(self, address, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(60)
        self.environment = ["env", f"NOTIFY_SOCKET={name}"]

    def hears(self, *unless):
        while True:
            said = self.socket.recv(4096).decode()
            if said not in unless:
                return said


def life(manager, name):
    v = Verifier(name, *TRUST).start(before=manager.environment)
    same(manager.hears(), "READY=1", "when it serves")
    v.process.process.send_signal(signal.SIGHUP)
    said = manager.hears("WATCHDOG=1").split("\n")
    same(said[0], "RELOADING=1", "at SIGHUP")
    need(said[1].startswith("MONOTONIC_USEC=") and said[1][15:].isdigit(), f"{said}")
    same(manager.hears("WATCHDOG=1"), "READY=1", "when it is reloaded")
    v.process.process.send_signal(signal.SIGTERM)
    same(manager.hears("WATCHDOG=1"), "STOPPING=1", "at SIGTERM")
    same(v.process.process.wait(60), 0, "exit status")


@case
def a_socket_with_a_path():
    name = path("notify.sock")
    life(Manager(name, name), "path")


@case
def an_abstract_socket():
    name = f"quoth-test-{os.getpid()}"
    life(Manager("\0" + name, "@" + name), "abstract")


@case
def the_watchdog_is_fed():
    manager = Manager(path("watch.sock"), path("watch.sock"))
    manager.environment.append("WATCHDOG_USEC=400000")
    v = Verifier("watched", *TRUST).start(before=manager.environment)
    manager.hears("WATCHDOG=1")  # READY=1
    heard = []

    def in_time():
        """Five times at the least; a busy machine may miss some."""
        begun = time.monotonic()
        same(manager.hears(), "WATCHDOG=1", "what is said")
        heard.append(time.monotonic() - begun < 0.4)
        return sum(heard) >= 5

    until(in_time, "the watchdog to be fed in time")
    same(v.stop(), 0, "exit status")


@case
def nobody_listens():
    for i, name in enumerate(("/no/where", "@nobody-" + str(os.getpid()), "", "x", "/" + "x" * 200, "relative/path")):
        v = Verifier(f"alone{i}", *TRUST).start(before=["env", f"NOTIFY_SOCKET={name}"])
        same(v.ask("GET", "/livez").status, 200, "status")
        same(v.stop(), 0, "exit status")


@case
def the_unit_is_well_formed():
    if not shutil.which("systemd-analyze"):
        print("  skipped: systemd-analyze is not here")
        return
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", UNIT], capture_output=True, check=False)
    complaints = [line for line in done.stderr.decode().splitlines() if "is not executable" not in line]
    same(complaints, [], "complaints")
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20", UNIT],
                          capture_output=True, check=False)
    same(done.returncode, 0, f"exposure: {done.stdout.decode()[-200:]}")


main()
