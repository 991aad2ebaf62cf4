"""What the tests of the command share: running it, and counting cases as cmocka's output has them."""
import json
import os
import signal
import subprocess
import sys
import tempfile

QUOTH = os.path.abspath(sys.argv[1])
SOURCE = os.environ.get("QUOTH_SOURCE") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", ".."))
VECTORS = os.environ.get("QUOTH_VECTORS")
SIM = os.path.join(SOURCE, "tests", "vectors", "sim")

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # who has no more time for a test leaves nothing behind
_folder = tempfile.TemporaryDirectory(prefix="quoth-cli-")
STAGE = _folder.name
_cases = []


class Failed(Exception):
    """A case that does not hold; its text says why."""


def case(test):
    """Decorator: a function whose failure is one failed case, or a generator of (name, function)."""
    _cases.append(test)
    return test


def need(condition, why):
    if not condition:
        raise Failed(why)


def same(found, expected, what):
    need(found == expected, f"{what}: found {found!r}, expected {expected!r}")


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr.decode("utf-8")

    def json(self):
        """Standard output: exactly one JSON value and a newline."""
        text = self.out.decode("utf-8")
        need(text.endswith("\n") and text.count("\n") == 1, f"not one line: {text!r}")
        return json.loads(text, object_pairs_hook=_no_duplicates)


def _no_duplicates(pairs):
    names = [name for name, _ in pairs]
    need(len(names) == len(set(names)), f"a member stands twice among {names}")
    return dict(pairs)


# Texts are in English, files can be read, and no setting of ours is there, whatever whoever calls has set.
os.environ["LC_ALL"] = "C.UTF-8"
os.umask(0o022)
for _name in [n for n in os.environ if n.startswith("QUOTH_")]:
    if _name not in ("QUOTH_VECTORS", "QUOTH_SOURCE", "QUOTH_STORM_SECONDS", "QUOTH_STORM_SEED"):
        del os.environ[_name]


def quoth(*args, stdin=b"", env=None):
    environment = dict(os.environ, NO_COLOR="", **(env or {}))
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        environment.pop(name, None)
    return Result(subprocess.run([QUOTH, *args], input=stdin, capture_output=True,
                                 env=environment, timeout=240, check=False))


def path(name, content=None):
    """A path in the stage; with content, a file of it."""
    full = os.path.join(STAGE, name)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    if content is not None:
        with open(full, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
    return full


def read(name):
    with open(name, "rb") as f:
        return f.read()


def _run(name, function):
    print(f"[ RUN      ] {name}", flush=True)
    try:
        function()
    except Exception as problem:  # pylint: disable=broad-except
        print(f"  {type(problem).__name__}: {problem}")
        print(f"[  FAILED  ] {name}", flush=True)
        return False
    print(f"[       OK ] {name}", flush=True)
    return True


def main():
    ok = True
    for test in _cases:
        made = getattr(test, "each", None)
        rows = made() if made else [("", test)]
        for name, function in rows:
            full = test.__name__ + (":" + name.replace(" ", "-") if name else "")
            ok = _run(full, function) and ok
    sys.exit(0 if ok else 1)


def each(rows):
    """Decorator: the function is run for every row of a table, as a case named by the row's first
    cell. rows is a list, or a function that gives one."""
    def wrap(function):
        def make():
            table = rows() if callable(rows) else rows
            return [(str(row[0]), lambda row=row: function(*row)) for row in table]
        function.each = make
        return case(function)
    return wrap
