#!/usr/bin/env python3
"""Manual pages and completion: pages_test.py QUOTH QUOTHD FOLDER. Everything that --help tells is in
the manual; the pages are well formed; bash completes what the tables know."""
import glob
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

from harness import QUOTH, SOURCE, case, each, main, need, path, quoth, read, same

QUOTHD, FOLDER = os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
PAGES = sorted(glob.glob(FOLDER + "/*.[18]"))


def listed(text, heading):
    """The first words of the lines below a heading of a help text."""
    block = text.split("\n" + heading + ":\n", 1)[1].split("\n\n", 1)[0]
    return [m.group(1) for m in re.finditer(r"^  (\S+)", block, re.M)]


NOUNS = listed(quoth("--help").out.decode(), "Nouns")
VERBS = {noun: listed(quoth(noun, "--help").out.decode(), "Verbs") for noun in NOUNS}


def plain(page):
    """A page without fonts and escapes."""
    text = read(os.path.join(FOLDER, page)).decode()
    return re.sub(r"\\f.", "", text).replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")


@case
def every_noun_has_a_page():
    same([os.path.basename(p) for p in PAGES],
         sorted([f"quoth-{n}.1" for n in NOUNS] + ["quoth.1", "quothd.8"]), "pages")


@case
def pages_tell_what_help_tells():
    for noun in NOUNS:
        page = plain(f"quoth-{noun}.1")
        for verb in VERBS[noun]:
            help_text = quoth(noun, verb, "--help").out.decode()
            need(f".SS {help_text.splitlines()[0][len('Usage: '):]}\n" in page, f"{noun} {verb}")
            for option in re.findall(r"--[a-z0-9-]+", help_text.split("Options:")[1]):
                need(option in page, f"{option} of {noun} {verb}")
    manual = plain("quothd.8")
    done = subprocess.run([QUOTHD, "--help"], capture_output=True, check=True)
    for option in re.findall(r"^  (--\S+)", done.stdout.decode(), re.M):
        need(option in manual, option)


@case
def pages_are_well_formed():
    tools = [t for t in (["man", "--warnings", "-l"], ["groff", "-man", "-Tutf8", "-ww", "-z"],
                         ["mandoc", "-Tlint", "-Wwarning"]) if shutil.which(t[0])]
    if not tools:
        print("  skipped: neither man nor groff nor mandoc is here")
    for tool in tools:
        for page in PAGES:
            done = subprocess.run([*tool, page], capture_output=True, check=False,
                                  env=dict(os.environ, MANPAGER="cat", LC_ALL="C.UTF-8"))
            said = (done.stderr if tool[0] != "mandoc" else done.stdout).decode()
            same(said, "", f"{tool[0]} about {page}")


@case
def the_page_of_settings_is_current():
    same(read(os.path.join(SOURCE, "docs", "settings.md")), read(os.path.join(FOLDER, "settings.md")),
         "docs/settings.md (copy it from BUILD/packaging)")


def complete(program, *words):
    """What bash is offered for the last of the words."""
    script = (f"source {FOLDER}/{program}; COMP_WORDS=({program} {' '.join(repr(w) for w in words)}); "
              f"COMP_CWORD={len(words)}; _{program}; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    same(done.stderr, b"", "standard error")
    return done.stdout.decode().split()


@each([
    ("nouns", ["pol"], ["policy"]),
    ("verbs", ["policy", "che"], ["check"]),
    ("options", ["policy", "check", "--str"], ["--strict"]),
    ("options that all have", ["evidence", "show", "--outp"], ["--output"]),
    ("choices", ["policy", "sign", "--operation", "re"], ["reset", "remove"]),
    ("choices that all have", ["token", "show", "--output", ""], ["text", "json"]),
    ("files, where no option is begun", ["policy", "check", ""], []),
    ("files, for a value", ["policy", "sign", "--key", ""], []),
    ("no such noun", ["nothing", "a"], []),
    ("no such verb", ["policy", "nothing", "--"], []),
    ("another's option", ["policy", "check", "--key"], []),
])
def bash_knows_quoth(name, words, offered):
    same(complete("quoth", *words), offered, name)


@case
def bash_knows_all_of_it():
    need(set(complete("quoth", "")) == {*NOUNS, "--help", "--version"}, "nouns")
    for noun in NOUNS:
        same(set(complete("quoth", noun, "")), {*VERBS[noun], "--help"}, noun)


@each([
    ("settings", ["--master"], ["--master-key"]),
    ("the command", ["in"], ["init"]),
    ("the command stands first", ["--rate", "1", "in"], []),
    ("choices", ["--log-format", ""], ["json", "text"]),
    ("files", ["--config", ""], []),
])
def bash_knows_quothd(name, words, offered):
    same(complete("quothd", *words), offered, name)


@case
def a_person_presses_tab():
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(os.path.dirname(path("tab/file.txt", b"")))
        os.environ.update(PS1="$ ", TERM="dumb", HISTFILE="/dev/null", INPUTRC="/dev/null", PATH=os.path.dirname(QUOTH) + ":" + os.environ["PATH"])
        os.execvp("bash", ["bash", "--noprofile", "--norc", "-i"])

    def typed(text, wanted):
        os.write(terminal, text.encode())
        seen, end = "", time.monotonic() + 120
        while wanted not in seen and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                seen += os.read(terminal, 4096).decode(errors="replace")
        need(wanted in seen, f"{wanted!r} is not in {seen!r}")

    typed(f"source {FOLDER}/quoth && echo 'rea''dy'\n", "ready")
    typed("quoth pol\tche\t--str\t", "quoth policy check --strict ")
    typed("fi\t", "file.txt")
    os.write(terminal, b"\x03exit\n")
    os.close(terminal)
    os.waitpid(pid, 0)


main()
