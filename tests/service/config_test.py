#!/usr/bin/env python3
"""The configuration of quothd from outside: config_test.py QUOTH QUOTHD MAKE_QUOTE. What
--check-config says, and what SIGHUP changes: everything or nothing."""
import json
import os
import signal
import subprocess

from stage import QUOTHD, Platform, Verifier, until
from harness import case, main, need, path, same

platform = Platform("platform")
COLLATERAL = platform.serve()
QUOTE = platform.quote()
TRUST = platform.trust()


def write(name, settings):
    return path(name, settings if isinstance(settings, (str, bytes)) else json.dumps(settings, indent=1))


class Configured(Verifier):
    """A verifier with a configuration file."""

    def __init__(self, name, **settings):
        super().__init__(name, *TRUST)
        self.file = None
        self.write(settings)
        self.start("--config", self.file, "--collateral", COLLATERAL)

    def write(self, settings):
        self.file = write(f"{self.name}.json", settings)

    def reload(self, settings, event):
        """Writes, sends SIGHUP, and waits for what is logged."""
        before = len(self.logged(event))
        self.write(settings)
        self.process.process.send_signal(signal.SIGHUP)
        until(lambda: len(self.logged(event)) > before, event)
        return self.logged(event)[before:]


def check(*options):
    done = subprocess.run([QUOTHD, "--check-config", *options], capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@case
def all_is_well_beside_a_running_service():
    v = Configured("well", rate=0)
    same(check(*v.options, "--config", v.file), (0, "OK\n", ""), "a good configuration")
    same(v.stop(), 0, "exit status")


@case
def what_is_wrong_is_told_at_once():
    v = Verifier("wrong", *TRUST)
    file = write("wrong.json", '{\n  "isuer": "https://a",\n  "rate": "many",\n  "tenants": {\n'
                               '    "https://b.example": {"oidc-isuer": "https://c"}}\n}\n')
    status, out, err = check(*v.options, "--config", file, "--listen", "here")
    same((status, out), (2, ""), "status and output")
    for told in (f"{file}:2:12: isuer: is no setting; did you mean issuer?",
                 f"{file}:3:11: rate: is a string, expected a number",
                 f"{file}:5:41: tenants.https://b.example.oidc-isuer: is no setting; did you mean oidc-issuer?",
                 "--listen here: is not ADDRESS:PORT or [ADDRESS]:PORT"):
        need(told in err, f"{told!r} is not in {err!r}")


@case
def a_file_that_is_no_json():
    v = Verifier("nojson", *TRUST)
    file = write("nojson.json", '{\n "rate": 1,\n}')
    status, _, err = check(*v.options, "--config", file)
    same(status, 2, "status")
    need(f"{file}:3:1: " in err, f"no place in {err!r}")


@case
def nothing_is_made_or_held():
    folder = path("nowhere/state")
    status, _, err = check("--state", folder, "--master-key", path("nowhere/key"))
    same(status, 2, "status")
    need("quothd init makes it" in err, f"no advice in {err!r}")
    need(not os.path.exists(folder), "a folder was made")


@case
def statuses_change_at_sighup():
    v = Configured("statuses", **{"accept-status": "UpToDate"})
    v.attest(QUOTE).token()
    v.reload({"accept-status": "OutOfDate"}, "config.reloaded")
    same(v.attest(QUOTE).status, 400, "status after the reload")
    v.reload({"accept-status": "UpToDate"}, "config.reloaded")
    v.attest(QUOTE).token()
    same(v.stop(), 0, "exit status")


@case
def a_reload_is_all_or_nothing():
    v = Configured("whole", **{"accept-status": "UpToDate"})
    bad = {"accept-status": "OutOfDate", "siblings": "never", "oidc-ca": "/no/where"}
    v.reload(bad, "config.refused")
    until(lambda: len(v.logged("config.refused")) == 2, "both problems")
    told = [line["problem"] for line in v.logged("config.refused")]
    need(any(":3:14: siblings: is none of warn|strict" in t for t in told), f"siblings: {told}")
    need(any("oidc-ca /no/where: " in t for t in told), f"oidc-ca: {told}")
    same(v.logged("config.reloaded"), [], "reloads")
    v.attest(QUOTE).token()  # as before
    v.reload("{", "config.refused")
    os.unlink(v.file)
    v.process.process.send_signal(signal.SIGHUP)
    until(lambda: len(v.logged("config.refused")) == 4, "a complaint about the file")
    v.attest(QUOTE).token()
    v.reload({"accept-status": "UpToDate"}, "config.reloaded")
    v.attest(QUOTE).token()
    same(v.stop(), 0, "exit status")


@case
def what_waits_for_the_next_start_is_named():
    v = Configured("waits", workers=1)
    line = v.reload({"workers": 2, "rate": 7, "siblings": "strict"}, "config.reloaded")[0]
    same(line["at_next_start"], "workers, rate", "settings")
    line = v.reload({"workers": 1}, "config.reloaded")[0]
    need("at_next_start" not in line, f"{line}")
    same(v.stop(), 0, "exit status")


main()
