#!/usr/bin/env python3
"""Programs under quoth td run: td_test.py QUOTH QUOTHD MAKE_QUOTE PROBE. A shell, Python, static and
dynamic programs find configfs-tsm as in a TDX guest; what it gives, a verifier believes."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "service"))
from stage import VERSION, Platform, Verifier, b64url, until  # noqa: E402
from harness import QUOTH, STAGE, case, each, main, need, path, quoth, read, same  # noqa: E402

PROBE = os.path.abspath(sys.argv[4])
PYTHON = sys.executable
REPORT = "/sys/kernel/config/tsm/report"
START = "[quoth] SIMULATED TEE - no hardware protection (platform "

platform = Platform("platform")
collateral = platform.serve()


def td(*args, options=(), stdin=b"", env=None, verb="run", cwd=STAGE):
    """quoth td run; what the program says, and its status."""
    options = [*options, *(["--platform", platform.folder] if verb == "run" else [])]
    return subprocess.run([QUOTH, "td", verb, *options, *args], input=stdin, capture_output=True,
                          env=dict(os.environ, **(env or {})), cwd=cwd, timeout=400, check=False)


def good(done):
    same(done.returncode, 0, f"status ({done.stderr.decode()!r})")
    return done.stdout


def shell(script, *args, **kwargs):
    return td("sh", "-c", script, "sh", *args, **kwargs)


def python(script, *args, **kwargs):
    return td(PYTHON, "-c", "import os, sys, errno\nR = '" + REPORT + "'\n" + script, *args, **kwargs)


def ended(pid):
    """Gone, or only not waited for yet: where nobody is init, nobody ever does."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def report_data(quote):
    return quote[48 + 520:48 + 584]


def verdict(quote, *options):
    return quoth("evidence", "verify", path("quote", quote), "--collateral", collateral, "--trust-root",
                 platform.root, "--output", "json", *options)


first = td("true")
if first.returncode == 3 and b"sandbox.missing" in quoth("td", "run", "--platform", platform.folder,
                                                         "--output", "json", "true").out:
    print("skipped:", first.stderr.decode().strip())
    sys.exit(77)


# ---- a quote

QUOTE = f"""set -e
mkdir {REPORT}/$1
printf %064d $2 > {REPORT}/$1/inblob
cat {REPORT}/$1/outblob
rmdir {REPORT}/$1"""


@case
def a_shell_gets_a_quote():
    done = shell(QUOTE, "item", "7")
    quote = good(done)
    same(report_data(quote), b"%064d" % 7, "report data")
    need(done.stderr.decode().startswith(START), "the start line")
    same(int.from_bytes(quote[:2], "little"), 4, "version")


@case
def files_are_those_of_a_tdx_guest():
    out = good(shell(f"""cd {REPORT}; mkdir a; ls -la a; cat a/provider a/generation
        printf %064d 1 > a/inblob; cat a/generation; stat -c '%a %F %n' a a/*; rmdir a; ls""")).decode()
    need("tdx_guest\n0\n1\n" in out, f"provider and generations: {out}")
    for line in ("755 directory a", "444 regular file a/generation", "200 regular empty file a/inblob",
                 "400 regular empty file a/outblob", "444 regular file a/provider"):
        need(line + "\n" in out, f"{line!r} in {out}")
    need(out.endswith("a/provider\n"), "nothing is left")


@case
def relative_paths_and_dots_are_the_same():
    out = good(shell(f"""set -e; cd {REPORT}; mkdir -p a ./b/../b; cd a; printf %064d 1 > ../a/./inblob
        cat outblob > /dev/null; cat ../a/generation; cat {REPORT}/b/../a//generation
        cd /sys/kernel; cat config/tsm/report/b/../a/generation; cat /proc/self/cwd/config/tsm/report/a/generation
        cat /proc/self/root{REPORT}/a/generation; cd /; rmdir {REPORT}/a/ {REPORT}/b"""))
    same(out, b"1\n" * 5, "generations")


@case
def a_quote_can_be_copied_with_cp_and_is_made_once():
    target = path("copied")
    out = good(shell(f"""set -e; cd {REPORT}; mkdir a; printf %064d 5 > a/inblob; cp a/outblob {target}
        cmp a/outblob {target}; dd if=a/outblob bs=64 2>/dev/null | cmp - {target}
        printf %064d 6 > a/inblob; cmp -s a/outblob {target} || echo other; cat a/generation; rmdir a"""))
    same(out, b"other\n2\n", "cached until another generation")
    same(report_data(read(target)), b"%064d" % 5, "report data")


@case
def python_with_its_own_calls():
    out = good(python("""
os.mkdir(R + '/p')
folder = os.open(R + '/p', os.O_RDONLY | os.O_DIRECTORY)
for value in (b'a', b'b'):
    fd = os.open('inblob', os.O_WRONLY, dir_fd=folder)
    assert os.write(fd, value * 64) == 64
    before = os.open('generation', os.O_RDONLY, dir_fd=folder)
    os.close(fd)
    fd = os.open('outblob', os.O_RDONLY, dir_fd=folder)
    quote = b''.join(iter(lambda: os.read(fd, 1000), b''))
    os.close(fd)
    sys.stdout.buffer.write(quote[568:632])
report = os.open(R, os.O_RDONLY)
assert open(R + '/p/generation').read() == '2\\n'
assert os.get_inheritable(os.open('p/provider', os.O_RDONLY, dir_fd=report)) is False
assert sorted(os.listdir(folder)) == ['generation', 'inblob', 'outblob', 'provider']
assert os.access(R + '/p/outblob', os.R_OK) and not os.path.exists(R + '/p/auxblob')
os.rmdir('p', dir_fd=report)
try:
    os.open('outblob', os.O_RDONLY, dir_fd=folder)
except FileNotFoundError:
    pass
os.mkdir(R + '/p (deleted)')
try:
    os.open('provider', os.O_RDONLY, dir_fd=folder)
    sys.exit('a folder that is gone leads to another')
except FileNotFoundError:
    pass
"""))
    same(out, b"a" * 64 + b"b" * 64, "report data")


@case
def a_program_that_nobody_may_look_into_is_served():
    """PR_SET_DUMPABLE 0, as programs with keys set it."""
    out = good(python("""
import ctypes
assert ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) == 0
os.mkdir(R + '/x')
with open(R + '/x/inblob', 'wb') as f: f.write(b'x' * 64)
os.chdir(R + '/x')
folder = os.open('.', os.O_RDONLY)
fd = os.open('outblob', os.O_RDONLY, dir_fd=folder)
sys.stdout.buffer.write(os.read(fd, 10000)[568:632] + open('generation', 'rb').read())
"""))
    same(out, b"x" * 64 + b"1\n", "report data")


@case
def our_own_attester_gets_it():
    data = path("runtime", b"runtime data")
    quote = good(td(QUOTH, "evidence", "get", "--runtime-data", data, "--attester", "tdx"))
    result = verdict(quote, "--runtime-data", data)
    same(result.status, 0, f"verdict {result.err}")
    same(verdict(quote, "--runtime-data", path("other-runtime", b"other data")).status, 1, "other data")


# ---- refusals

@each([
    ("outblob first", "read('x/outblob')", "EINVAL"),
    ("63 bytes", "write('x/inblob', 63); read('x/outblob')", "EINVAL"),
    ("65 bytes", "write('x/inblob', 65); read('x/outblob')", "EINVAL"),
    ("64 then 1", "write('x/inblob', 64); write('x/inblob', 1); read('x/outblob')", "EINVAL"),
    ("not closed", "f = os.open(R + '/x/inblob', 1); os.write(f, b'x' * 64); read('x/outblob')", "EINVAL"),
    ("inblob is not read", "read('x/inblob')", "EACCES"),
    ("outblob is not written", "write('x/outblob', 64)", "EACCES"),
    ("provider is not written", "write('x/provider', 1)", "EACCES"),
    ("no auxblob", "read('x/auxblob')", "ENOENT"),
    ("no auxblob is made", "write('x/auxblob', 1)", "EACCES"),
    ("no file beside", "write('file', 1)", "EACCES"),
    ("no item twice", "os.mkdir(R + '/x')", "EEXIST"),
    ("no folder inside", "os.mkdir(R + '/x/y')", "EPERM"),
    ("no folder in nothing", "os.mkdir(R + '/y/z')", "ENOENT"),
    ("not unlinked", "os.unlink(R + '/x/inblob')", "EPERM"),
    ("an item is a folder", "os.unlink(R + '/x')", "EISDIR"),
    ("attributes are no folders", "os.rmdir(R + '/x/inblob')", "ENOTDIR"),
    ("report stays", "os.rmdir(R)", "EPERM"),
    ("nothing to remove", "os.rmdir(R + '/y')", "ENOENT"),
    ("not renamed", "os.rename(R + '/x', R + '/y')", "EROFS"),
    ("not linked", "os.symlink('/etc/passwd', R + '/x/auxblob')", "EROFS"),
    ("no item in place of another", "os.rmdir(R + '/x'); os.symlink('/etc', R + '/x')", "EROFS"),
    ("long name", "os.mkdir(R + '/' + 'n' * 256)", "ENAMETOOLONG"),
    ("slash in a name", "os.mkdir(R + '/x/../y/z')", "ENOENT"),
    ("too many", "[os.mkdir(R + '/%d' % i) for i in range(300)]", "ENOSPC"),
    ("exclusive", "os.open(R + '/x/inblob', os.O_WRONLY | os.O_CREAT | os.O_EXCL)", "EEXIST"),
    ("no folder", "os.open(R + '/x/inblob', os.O_WRONLY | os.O_DIRECTORY)", "ENOTDIR"),
    ("other subsystems", "os.mkdir(os.path.dirname(R) + '/other')", "EROFS"),
    ("bad address of a path", "call(2, 1, 0, 0)", "EFAULT"),
    ("bad address of open_how", "call(437, -100, ctypes.c_char_p(b'/'), 1, 24)", "EFAULT"),
    ("bad descriptor", "os.open('x', 0, dir_fd=999)", "EBADF"),
])
def errno_is_the_kernels(_, script, expected):
    out = good(python("""
import ctypes
def read(name):
    with open(R + '/' + name, 'rb') as f: f.read()
def write(name, size):
    with open(R + '/' + name, 'wb') as f: f.write(b'x' * size)
def call(*args):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(*args) < 0: raise OSError(ctypes.get_errno(), 'call')
os.mkdir(R + '/x')
try:
    """ + script + """
    print('nothing')
except OSError as e:
    print(errno.errorcode[e.errno])
""")).decode().strip()
    same(out, expected, "errno")


@case
def openat2_is_answered_too():
    good(python("""
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
def openat2(folder, name, flags):
    how = struct.pack('QQQ', flags, 0, 0)
    fd = libc.syscall(437, folder, name.encode(), how, 24)
    if fd < 0: raise OSError(ctypes.get_errno(), name)
    return fd
os.mkdir(R + '/x')
folder = openat2(-100, R + '/x', os.O_DIRECTORY)
fd = openat2(folder, 'inblob', os.O_WRONLY | os.O_CLOEXEC)
assert not os.get_inheritable(fd)
os.write(fd, b'x' * 64)
os.close(fd)
assert os.read(openat2(folder, 'outblob', 0), 10000)[568:632] == b'x' * 64
"""))


# ---- many at once

@case
def every_item_gives_its_own():
    """Forty processes, and threads in them, each with other report data."""
    good(td(PYTHON, path("storm.py", f"""
import os, subprocess, sys, threading
R = '{REPORT}'
def work(name):
    os.mkdir(R + '/' + name)
    for i in range(5):
        data = (name + ' %d' % i).encode().ljust(64, b'.')
        with open(R + '/' + name + '/inblob', 'wb') as f: f.write(data)
        with open(R + '/' + name + '/outblob', 'rb') as f: quote = f.read()
        assert quote[568:632] == data, (name, quote[568:632])
        assert open(R + '/' + name + '/generation').read() == '%d\\n' % (i + 1)
    os.rmdir(R + '/' + name)
def attempt(name):
    try:
        work(name)
    except BaseException as e:
        print(name, repr(e), file=sys.stderr)
        os._exit(1)
if len(sys.argv) > 1:
    threads = [threading.Thread(target=attempt, args=('%s-%d' % (sys.argv[1], i),)) for i in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
else:
    children = [subprocess.Popen([sys.executable, __file__, str(i)]) for i in range(40)]
    sys.exit(any([c.wait() for c in children]) or os.listdir(R) != [])
""")))


@case
def a_program_that_fights_for_the_file_of_an_item_harms_itself_alone():
    """It opens inblob's file again and again, by its name in /proc, while that is looked at."""
    good(python("""
import threading
os.mkdir(R + '/x')
fd, stop = -1, False
def fight():
    while not stop:
        try: os.close(os.open('/proc/self/fd/%d' % fd, os.O_WRONLY | os.O_NONBLOCK))
        except OSError: pass
threads = [threading.Thread(target=fight, daemon=True) for _ in range(3)]
[t.start() for t in threads]
for i in range(400):
    writer = os.open(R + '/x/inblob', os.O_WRONLY)
    fd = os.open('/proc/self/fd/%d' % writer, os.O_RDONLY)
    os.write(writer, b'%064d' % i)
    os.close(writer)
    open(R + '/x/generation').read()
    os.close(fd)
stop = True
[t.join() for t in threads]
os.rmdir(R + '/x')
os.mkdir(R + '/x')
with open(R + '/x/inblob', 'wb') as f: f.write(b'y' * 64)
assert open(R + '/x/outblob', 'rb').read()[568:632] == b'y' * 64
"""))


@case
def items_are_the_domains_and_gone_with_it():
    out = good(shell(f"""(mkdir {REPORT}/a; printf %064d 1 > {REPORT}/a/inblob)
        sh -c 'cat {REPORT}/a/outblob'"""))
    same(report_data(out), b"%064d" % 1, "a child's item")
    same(good(shell(f"ls {REPORT}")), b"", "what another domain left")
    need(not os.path.exists(REPORT + "/a"), "the host sees it")


# ---- programs

@case
def static_programs_and_scripts_run():
    same(td(PROBE, "exit", "5").returncode, 5, "a static program")
    script = path("script", f"#!/bin/sh\necho $0 $1\nls -d {REPORT}\n")
    os.chmod(script, 0o755)
    same(good(td(script, "a")).decode(), f"{script} a\n{REPORT}\n", "a script")


@case
def programs_are_started_by_programs():
    script = f"sh -c 'exec env A=b {PYTHON} -c \"import subprocess; subprocess.check_call([\\\"sh\\\", \\\"-c\\\", \\\"mkdir {REPORT}/n; cat {REPORT}/n/provider; echo \\$A\\\"])\"'"
    same(good(shell(script)), b"tdx_guest\nb\n", "what the last one says")


@case
def the_world_is_the_hosts():
    beside = path("beside", b"host's")
    done = shell("cat beside; pwd; id -u; echo $MARK; cat; echo new > made", stdin=b"input\n",
                 env={"MARK": "marked"})
    same(good(done).decode(), f"host's{STAGE}\n{os.getuid()}\nmarked\ninput\n", "output")
    same(read(path("made")), b"new\n", "a file of the host's")
    need(os.path.exists(beside), "beside")
    same(good(shell("ls -A /sys/kernel")).decode().split(), sorted({*os.listdir("/sys/kernel"), "config"}),
         "/sys/kernel")
    same(good(shell("cat /sys/kernel/uevent_seqnum || echo none")).strip().isdigit(), True, "a file of it")


@case
def the_platform_is_not_seen():
    for folder in (platform.folder, "platform", "./platform/../platform"):
        same(good(shell(f"ls -A {folder}")), b"", folder)
        need(shell(f"cat {folder}/fuse").returncode != 0, "the fuse is read")
    same(shell("touch platform/x").returncode, 1, "writing there")
    same(good(td("ls", "-A", cwd=platform.folder)), b"", "from its inside")
    need(os.path.exists(platform.folder + "/fuse"), "the platform is gone")
    probe = "pid = os.getppid()\nfor name in ('mem', 'root', 'environ', 'fd'):\n" \
            "    try: open(f'/proc/{pid}/{name}').read(1); sys.exit(name)\n" \
            "    except OSError: pass"
    if os.getuid() != 0:  # root looks everywhere
        good(python(probe))


@case
def what_is_left_behind_ends_with_the_domain():
    marker = path("left")
    begun = time.monotonic()
    good(shell(f"(trap '' TERM HUP; setsid sh -c 'echo $$ > {marker}; exec sleep 300') & while [ ! -s {marker} ]; do sleep 0.05; done"))
    need(time.monotonic() - begun < 250, "the domain waited")
    pid = int(read(marker))
    until(lambda: ended(pid), "the orphan to end")


# ---- status and signals

@each([
    ("its own", ["sh", "-c", "exit 7"], 7),
    ("125 of its own", ["sh", "-c", "exit 125"], 125),
    ("killed", ["sh", "-c", "kill -9 $$"], 128 + 9),
    ("aborted", ["sh", "-c", "kill -6 $$"], 128 + 6),
    ("not there", ["./nothing"], 127),
    ("not in PATH", ["no-such-program"], 127),
    ("a folder", ["/tmp"], 125),
    ("options of the program", ["sh", "--version-not-known"], 2),
])
def status_is_as_of_env(_, args, expected):
    same(td(*args).returncode, expected, "status")


@case
def statuses_of_our_own():
    plain = path("plain", b"no program")
    os.chmod(plain, 0o644)
    done = td(plain)
    same(done.returncode, 126, "not executable")
    need(b"Permission denied" in done.stderr, "it says why")
    for options, expected in ((["--platform", path("nowhere")], 3), (["--nonsense"], 2)):
        done = subprocess.run([QUOTH, "td", "run", *options, "true"], capture_output=True, check=False)
        same(done.returncode, expected, f"status with {options}")
    same(td("true", options=["--init-data", "/nowhere"]).returncode, 125, "no init data")
    same(td(QUOTH, "td", "run", "--platform", platform.folder, "true").returncode, 3, "inside itself")


@each([
    ("with configfs", "mount -t tmpfs none /sys/kernel; mkdir /sys/kernel/config /sys/kernel/config/other"),
    ("without it", "mount -t tmpfs none /sys/kernel; mkdir /sys/kernel/mm; echo 1 > /sys/kernel/value;"
                   "ln -s value /sys/kernel/link; mount -t tmpfs none /sys/kernel/mm; echo 2 > /sys/kernel/mm/inner"),
    ("read-only", "mount -t tmpfs -o ro none /sys/kernel"),
    ("nothing in sys", "mount -t tmpfs none /sys"),
    ("a file in sys", "mount -t tmpfs none /sys; echo 3 > /sys/value"),
])
def every_kind_of_sys_will_do(name, prepare):
    seen = f"""cat /sys/kernel/value /sys/kernel/link /sys/kernel/mm/inner /sys/value 2>/dev/null
        ls /sys/kernel/config; mkdir {REPORT}/x; cat {REPORT}/x/provider"""
    done = subprocess.run(["unshare", "-Urm", "sh", "-ec", prepare + "; exec \"$@\"", "sh", QUOTH, "td", "run",
                           "--platform", platform.folder, "sh", "-c", seen], capture_output=True, check=False)
    values = {"without it": "1\n1\n2\n", "a file in sys": "3\n"}.get(name, "")
    same(done.stdout.decode(), values + "tsm\ntdx_guest\n", f"output ({done.stderr.decode()})")


@case
def a_machine_without_namespaces_is_told():
    """In a user namespace of its own, root may forbid any more of them."""
    script = "echo 0 > /proc/sys/user/max_user_namespaces && echo 0 > /proc/sys/user/max_mnt_namespaces && exec \"$@\""
    done = subprocess.run(["unshare", "-Ur", "sh", "-c", script, "sh", QUOTH, "td", "run", "--platform",
                           platform.folder, "true"], capture_output=True, check=False)
    same(done.returncode, 3, f"status ({done.stderr.decode()})")
    need(b"namespace" in done.stderr and b"docs/td.md" in done.stderr, f"what is missing: {done.stderr}")


@each([(s.name, s) for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
                             signal.SIGUSR1, signal.SIGUSR2)])
def signals_are_passed_on(_, number):
    script = f"import signal as s, sys; s.pthread_sigmask(s.SIG_BLOCK, [{int(number)}]); " \
             f"print('up', flush=True); sys.exit(40 if s.sigwait([{int(number)}]) == {int(number)} else 1)"
    with subprocess.Popen([QUOTH, "td", "run", "--platform", platform.folder, PYTHON, "-c", script],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        same(process.stdout.readline(), b"up\n", "the program")
        process.send_signal(number)
        same(process.wait(120), 40, "status")


@case
def programs_end_with_their_supervisor():
    with subprocess.Popen([QUOTH, "td", "run", "--platform", platform.folder, "sh", "-c",
                           "echo $$; exec sleep 300"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        pid = int(process.stdout.readline())
        process.kill()
        process.wait(120)
    until(lambda: ended(pid), "the program to end")


# ---- measurements and verdicts

def measured(*args, options=()):
    return json.loads(good(td(*args, options=[*options, "--output", "json"], verb="measure")))


@case
def what_is_measured_is_quoted_and_believed():
    script = ["sh", "-c", QUOTE, "sh", "item", "3"]
    result = verdict(good(td(*script)))
    same(result.status, 0, f"verdict {result.err}")
    claims = result.json()["claims"]
    expected = measured(*script)
    same({name: claims[name] for name in expected}, expected, "measurements")
    same(claims["x-quoth-simulated"], True, "simulated")
    same(claims["tdx_td_attributes_septve_disable"], True, "SEPT_VE_DISABLE")
    for name in ("tdx_rtmr0", "tdx_rtmr3", "tdx_mrconfigid"):
        same(expected[name], "0" * 96, name)
    text = good(td(*script, verb="measure")).decode()
    need(all(value in text for value in expected.values()), "the text says the same")


@case
def another_program_and_other_arguments_measure_otherwise():
    base, args = measured("sh", "-c", "true"), measured("sh", "-c", "false")
    same(base["tdx_rtmr1"], args["tdx_rtmr1"], "the program's register")
    need(base["tdx_rtmr2"] != args["tdx_rtmr2"], "the arguments' register")
    other = measured("cat", "-c", "true")
    need(base["tdx_rtmr1"] != other["tdx_rtmr1"], "another program's register")
    same(base["tdx_rtmr2"], other["tdx_rtmr2"], "the same arguments")
    same(base["tdx_mrtd"], other["tdx_mrtd"], "MRTD")
    quote = good(td("sh", "-c", QUOTE, "sh", "item", "4"))
    need(measured("sh", "-c", QUOTE, "sh", "item", "5")["tdx_rtmr2"] !=
         verdict(quote).json()["claims"]["tdx_rtmr2"], "one argument is another")


@case
def a_debug_domain_is_refused():
    quote = good(shell(QUOTE, "a", "1", options=["--debug"]))
    refused = verdict(quote)
    same(refused.status, 1, "status")
    same(refused.json()["error"]["code"], "tee.debug.refused", "code")
    allowed = verdict(quote, "--allow-debug")
    same(allowed.status, 0, f"allowed {allowed.err}")
    same(allowed.json()["claims"]["tdx_td_attributes_debug"], True, "the claim")


@case
def init_data_is_quoted():
    data = path("init.toml", b"key = 'value'\n")
    options = ["--init-data", data]
    claims = verdict(good(shell(QUOTE, "a", "1", options=options))).json()["claims"]
    digest = subprocess.run(["sha256sum", data], capture_output=True, check=True).stdout[:64].decode()
    same(claims["tdx_mrconfigid"], digest + "0" * 32, "MRCONFIGID")
    same(measured("sh", options=options)["tdx_mrconfigid"], digest + "0" * 32, "measured")


@case
def other_roots_do_not_believe_it():
    quote = good(shell(QUOTE, "a", "1"))
    other = Platform("other")
    refused = quoth("evidence", "verify", path("quote", quote), "--collateral", collateral,
                    "--trust-root", other.root, "--output", "json")
    same(refused.status, 1, "another platform's root")
    refused = quoth("evidence", "verify", path("quote", quote), "--collateral", collateral,
                    "--output", "json")
    same(refused.status, 1, "Intel's root")
    for at in (200, 600, 700):
        changed = quote[:at] + bytes([quote[at] ^ 1]) + quote[at + 1:]
        same(verdict(changed).status, 1, f"a change at {at}")


@case
def a_policy_from_td_measure_admits_this_program_alone():
    expected = measured("sh", "-c", QUOTE, "sh", "item", "9")
    rules = " && ".join(f'[type=="{n}", value=="{expected[n]}"]' for n in ("tdx_mrtd", "tdx_rtmr1", "tdx_rtmr2"))
    policy = path("policy.txt", "version=1.0;\nauthorizationrules { " + rules + " => permit(); };\nissuancerules { };\n")
    result = verdict(good(shell(QUOTE, "item", "9")), "--policy", policy)
    same(result.status, 0, f"the program {result.err}")
    same(verdict(good(shell(QUOTE, "item", "8")), "--policy", policy).status, 1, "other arguments")


@case
def a_verifier_gives_a_token():
    verifier = Verifier("verifier", *platform.trust()).start("--collateral", collateral)
    held = b"held by the domain"
    quote = good(python("""
import hashlib
os.mkdir(R + '/v')
with open(R + '/v/inblob', 'wb') as f: f.write(hashlib.sha256(sys.argv[1].encode()).digest() + bytes(32))
sys.stdout.buffer.write(open(R + '/v/outblob', 'rb').read())
""", held.decode()))
    runtime = {"data": b64url(held), "dataType": "Binary"}
    answer = verifier.post("/attest/TdxVm" + VERSION, {"quote": b64url(quote), "runtimeData": runtime})
    _, claims = answer.token()
    same(claims["x-ms-attestation-type"], "tdxvm", "type")
    same(claims["x-quoth-simulated"], True, "simulated")
    verifier.stop()


main()
