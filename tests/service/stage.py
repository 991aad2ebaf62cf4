"""A stage for tests of quothd: a platform with its collateral service, and verifiers that trust it."""
import atexit
import base64
import contextlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from harness import QUOTH, STAGE, Failed, need, path, quoth, read, same  # noqa: E402

QUOTHD, MAKE_QUOTE = (os.path.abspath(p) for p in sys.argv[2:4])
VERSION = "?api-version=2020-10-01"


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def is_vault(target):
    """Whether a path is the vault's, whose refusals and rules vault_test.py knows."""
    return re.match("/(deleted)?(keys|secrets)|/rng", target) is not None


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def whole_lines(file):
    """Of a log or a trail that somebody may be writing to at this moment: what stands behind the last line is
    no line yet."""
    return read(file).rpartition(b"\n")[0].splitlines()


def until(condition, what, seconds=120):
    """A bound for machines that are busy and sanitizers that are slow; nobody waits longer than it takes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise Failed(f"waited {seconds} s for {what}")


class Process:
    """A program that tells by a file that it is ready, and where. None outlives the test."""

    started = []

    def __init__(self, name, args):
        self.name = name
        self.log = path(f"{name}.log", b"")
        self.ready = path(f"{name}.ready")
        if os.path.exists(self.ready):
            os.unlink(self.ready)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*args, "--ready-file", self.ready], stderr=log,
                                            stdout=subprocess.DEVNULL, cwd=STAGE)
        Process.started.append(self.process)
        until(lambda: self.is_ready() or self.process.poll() is not None, f"{name} to be ready")
        need(self.process.poll() is None, f"{name} ended: {read(self.log).decode()}")
        self.url = read(self.ready).decode().strip()

    def is_ready(self):
        return os.path.exists(self.ready) and os.path.getsize(self.ready) > 0

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(120)


@atexit.register
def _end_all():
    for process in Process.started:
        if process.poll() is None:
            process.kill()
            process.wait()


class Platform:
    """A simulated machine and its vendor."""

    def __init__(self, name):
        self.folder = path(name)
        same(quoth("platform", "init", "--platform", self.folder).status, 0, "platform init")
        self.root = os.path.join(self.folder, "root-ca.crt")
        shown = quoth("platform", "show", "--platform", self.folder, "--output", "json").json()
        self.root_sha256 = shown["rootSha256"]
        self.service = None

    def serve(self, listen="127.0.0.1:0"):
        self.service = Process("pcs-" + os.path.basename(self.folder),
                               [QUOTH, "platform", "serve", "--platform", self.folder,
                                "--listen", listen])
        return self.service.url

    def quote(self, held=b"held data", kind="sgx"):
        return subprocess.run([MAKE_QUOTE, self.folder, path("held", held), kind], check=True,
                              capture_output=True).stdout

    def vendor(self, *args):
        result = quoth("platform", args[0], "--platform", self.folder, *args[1:])
        same(result.status, 0, f"platform {args}: {result.err}")

    def trust(self):
        return ["--trust", f"simulated:{self.root_sha256}", "--trust-root", self.root]


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def json(self):
        return json.loads(self.body)

    def field(self, name):
        return self.fields.get(name.lower())

    def token(self):
        same(self.status, 200, f"status of {self.body!r}")
        parts = self.json()["token"].split(".")
        return json.loads(unb64url(parts[0])), json.loads(unb64url(parts[1]))

    def refusal(self):
        """The envelope, checked; its code and that of its first detail."""
        need(self.status >= 400, f"was answered {self.status}")
        error = self.json()["error"]
        same(error["innererror"], {"code": error["code"], "message": error["message"]}, "innererror")
        same(self.field("x-ms-error-code"), error["code"], "x-ms-error-code")
        detail = error["details"][0]
        need(detail["code"] and detail["message"], "the detail says nothing")
        need(STAGE not in self.body.decode(), f"a path of ours is in {self.body!r}")
        return error["code"], detail["code"]


class Verifier:
    """quothd in a state folder of its own."""

    source = ""  # the address that requests come from

    def __init__(self, name, *init_options, listen="127.0.0.1:0", issuer=None, before=(), master_key=None):
        self.name = name
        self.state = path(f"{name}/state")
        self.options = ["--state", self.state, "--master-key", master_key or path(f"{name}/keys/master.key")]
        self.issuer = issuer or "https://localhost:4443"
        self.listen = listen
        done = subprocess.run([*before, QUOTHD, "init", *self.options, "--issuer", self.issuer,
                               *init_options], capture_output=True)
        same(done.returncode, 0, f"init: {done.stderr}")
        self.context = ssl.create_default_context(cafile=os.path.join(self.state, "ca.pem"))
        self.process = None

    def start(self, *options, before=()):
        """Without the limit on waiting, so that a busy machine is not taken for a busy service."""
        self.process = Process(self.name, [*before, QUOTHD, *self.options, "--listen", self.listen,
                                           "--queue-delay", "0", *options])
        self.address = self.process.url[len("https://"):].rsplit(":", 1)
        return self

    def stop(self, how=signal.SIGTERM):
        return self.process.stop(how)

    def connect(self, name="localhost"):
        plain = socket.create_connection((self.address[0], int(self.address[1])), timeout=60,
                                         source_address=(self.source, 0))
        return self.context.wrap_socket(plain, server_hostname=name)

    def raw(self, data):
        """What is answered to these bytes, up to the end of the connection, or None."""
        heard = b""
        with self.connect() as c:
            with contextlib.suppress(ConnectionError, ssl.SSLError):  # a refusal need not wait for all of it
                c.sendall(data)
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                while part := c.recv(65536):
                    heard += part
        return parse(heard) if heard else None

    def ask(self, method, target, body=None, fields=()):
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close"]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in fields]
        return self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))

    def post(self, target, body, fields=(("Content-Type", "application/json"),)):
        return self.ask("POST", target,
                        body if isinstance(body, bytes) else json.dumps(body).encode(), fields)

    def attest(self, quote, **more):
        return self.post("/attest/SgxEnclave" + VERSION, {"quote": b64url(quote), **more})

    def metric(self, wanted):
        """The sum of all series of that name that have those labels among theirs: 'name{label="value"}'."""
        name, labels = series(wanted)
        found = (line.rsplit(" ", 1) for line in self.ask("GET", "/metrics").body.decode().splitlines()
                 if line[:1] != "#")
        return sum(float(value) for of, value in found if series(of)[0] == name and labels <= series(of)[1])

    def logged(self, event=None):
        lines = [json.loads(line) for line in whole_lines(self.process.log)]
        return [line for line in lines if event is None or line["event"] == event]


def series(text):
    name, _, labels = text.partition("{")
    return name, set(re.findall('[a-z]+="[^"]*"', labels))


def parse(heard):
    head, body = heard.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, value = line.split(": ", 1)
        fields[name.lower()] = value
    return Answer(int(lines[0].split(" ")[1]), fields, body)

