#!/usr/bin/env python3
"""A keyring that a device and a file open: devices_rotation_test.py QUOTH QUOTHD MAKE_QUOTE. The master key is
rotated while quothd serves, each slot alone opens afterwards, slots come and go, and the device is pulled at
every point. On a PKCS #11 token and a TPM (devices.py), what is shared on PostgreSQL."""
import json
import os
import signal
import threading
import time

from stage import until
from harness import each, main, need, path, read, same
from devices import HAS_TOKEN, Token, devices
from ring import VERSION, Ring, key_file, made, platform, postgres

QUOTE = platform.quote()
stages = 0


def begun(kind):
    """A device, a file, and quothd that serves with both."""
    global stages
    stages += 1
    device, spare = kind(f"device{stages}"), key_file(f"spare{stages}/master.key")
    ring = made(f"ring{stages}", "--master-key", spare, master_key=device.source, before=device.before)
    ring.open_with(device.source, spare)
    ring.begin()
    same(len(ring.slots()), 2, "slots")
    ring.put("kept", "from the beginning")
    return device, spare, ring


def slot(ring, of_file):
    """The name of the one slot of the file, or of the device."""
    name, = [name for name in ring.slots() if name.startswith("file:") == of_file]
    return name


def again(ring, *sources):
    """A start with these sources alone; everything is there."""
    if ring.process.process.poll() is None:
        same(ring.stop(), 0, "exit status")
    ring.open_with(*sources)
    ring.begin()
    same(ring.value("kept"), "from the beginning", "the secret")
    same(ring.attest(QUOTE).status, 200, "attestation")


def refused(ring, status, words, *sources):
    if ring.process.process.poll() is None:
        same(ring.stop(), 0, "exit status")
    ring.open_with(*sources)
    ring.refuses_to_start(status, words)


def rotate(ring, rekeyed):
    same(ring.good("POST", "/master:rotate")["rekeyed"], rekeyed, "whether the keyring has a new key")


class Clients:
    """Who read, write and attest, and never hear anything but 200."""

    def __init__(self, ring):
        self.ring, self.over, self.wrong, self.count = ring, threading.Event(), [], 0
        self.works = [lambda: ring.call("GET", f"/secrets/kept{VERSION}"), lambda: ring.attest(QUOTE),
                      lambda: ring.call("PUT", f"/secrets/new-{self.count // 100}{VERSION}", {"value": "x"})]
        self.threads = [threading.Thread(target=self.run, args=(work,)) for work in self.works]

    def run(self, work):
        while not self.over.is_set():
            try:
                status = work().status
            except Exception as problem:  # pylint: disable=broad-except
                status = repr(problem)
            self.count += 1
            if status != 200:
                self.wrong.append(status)

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, kind, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if not kind:
            same(self.wrong, [], f"answers other than 200 among {self.count}")
            need(self.count > 10, f"only {self.count} answers")


@each(devices)
def rotated_while_it_serves(_, kind):
    device, spare, ring = begun(kind)
    kid = ring.ask("GET", "/certs").json()["keys"][0]["kid"]
    with Clients(ring):
        for _turn in range(3):
            rotate(ring, True)
            time.sleep(0.3)
        term = ring.resealed()
    same(term, 4, "the term that is left")
    for sources in ([device.source], [spare], [spare, device.source]):
        again(ring, *sources)
        same((ring.terms(), ring.ask("GET", "/certs").json()["keys"][0]["kid"]), ([4], kid), f"with {sources}")
    ring.stop()


@each(devices)
def pulled_while_it_serves(_, kind):
    """Nothing is lost, nothing stops; a rotation leaves the key that the device has."""
    device, spare, ring = begun(kind)
    with Clients(ring):
        device.pull()
        time.sleep(0.3)
        for _turn in range(2):
            rotate(ring, False)
        ring.hup()
        time.sleep(0.3)
        ring.resealed()
    told = json.dumps(ring.logged("master-key.slot-not-reached"))
    need(slot(ring, False) in told, f"is not told: {told}")
    need("123456" not in read(ring.process.log).decode(), "the PIN is in the log")
    again(ring, spare, device.source)
    need(ring.logged("master-key.passed-over") or not ring.logged("master-key.slot-added"), "is taken for a new device")
    refused(ring, 3, "", device.source)
    device.plug()
    again(ring, device.source)
    same(ring.terms(), [3], "terms, by the key from before")
    again(ring, device.source, spare)
    rotate(ring, True)
    same(ring.resealed(), 4, "the term that is left")
    again(ring, device.source)
    ring.stop()


@each(devices)
def pulled_without_another(_, kind):
    """The only device: it serves on, and a rotation that reaches nobody takes nobody's key."""
    device, spare, ring = begun(kind)
    again(ring, device.source)
    device.pull()
    with Clients(ring):
        rotate(ring, False)
        ring.resealed()
    refused(ring, 3, "", device.source)
    device.plug()
    again(ring, device.source)
    again(ring, spare)
    ring.stop()


@each(devices)
def a_removed_slot_opens_nothing(_, kind):
    for keep in (1, 0):
        device, spare, ring = begun(kind)
        sources = [device.source, spare]
        name = slot(ring, keep == 0)
        before = {key: value for key, value in ring.rows().items() if key[0] == "slot" and key[2] == name}
        again(ring, sources[keep])  # what is to go must not be listed any more
        ring.good("POST", "/master:remove", {"slot": name})
        need(name not in ring.slots(), "is there still")
        rotate(ring, True)  # of all that is left
        ring.resealed()
        refused(ring, 2, "was removed", sources[1 - keep])
        gone = {key: None for key in ring.rows() if key[0] == "slot" and key[2] == name}
        ring.write({**gone, **before})  # whoever has the database puts it back
        refused(ring, 2, "holds keyring key 1, the keyring is sealed under 2", sources[1 - keep])
        again(ring, sources[keep])
        again(ring, *sources)  # listed again, it gets a slot of its own again
        same(len(ring.slots()), 2, "slots")
        again(ring, sources[1 - keep])
        ring.stop()


@each(devices)
def a_slot_of_an_older_key_opens_nothing(_, kind):
    """Slots of before a rotation, put back by who has the database: the device unwraps, and it opens nothing."""
    device, spare, ring = begun(kind)
    before = {key: value for key, value in ring.rows().items() if key[0] == "slot"}
    rotate(ring, True)
    ring.resealed()
    newer = {key: value for key, value in ring.rows().items() if key[0] == "slot"}
    same(ring.stop(), 0, "exit status")
    ring.write({**{key: None for key in newer}, **before})
    for source in (device.source, spare):
        refused(ring, 2, "holds keyring key 1, the keyring is sealed under 2", source)
    ring.write({**{key: None for key in newer}, **{key[:3] + (2,): before[key[:3] + (1,)] for key in newer}})
    for source in (device.source, spare):
        refused(ring, 2, "holds keyring key 1, the keyring is sealed under 2", source)
    ring.write({**{key: None for key in before}, **newer})
    again(ring, device.source)
    again(ring, spare)
    ring.stop()


@each(devices)
def slots_changed_for_one_another_open_nothing(_, kind):
    device, spare, ring = begun(kind)
    one, other = [key for key in ring.rows() if key[0] == "slot"]
    rows = ring.rows()
    same(ring.stop(), 0, "exit status")
    ring.write({one: rows[other], other: rows[one]})
    for source in (device.source, spare):
        ring.open_with(source)
        ring.refuses_to_start(2, "none opens the keyring" if source == device.source else "")
    ring.write({one: rows[one], other: rows[other]})
    again(ring, device.source)
    ring.stop()


@each(devices)
def sighup_brings_a_device(_, kind):
    """Pulled, it gets no slot and nothing stops; plugged, it gets one, which opens alone."""
    global stages
    stages += 1
    device = kind(f"device{stages}")
    ring = made(f"ring{stages}", before=device.before)
    config = path(f"ring{stages}.json", json.dumps({"master-key": [ring.key]}))
    ring.options = ["--state", ring.state, "--config", config]
    ring.begin()
    ring.put("kept", "from the beginning")
    device.pull()
    path(f"ring{stages}.json", json.dumps({"master-key": [ring.key, device.source]}))
    with Clients(ring):
        ring.hup()
        need(ring.logged("master-key.slot-not-added"), "nothing is said")
        same(len(ring.slots()), 1, "slots")
        device.plug()
        ring.hup()
        same(len(ring.slots()), 2, "slots")
        rotate(ring, True)
    again(ring, device.source)
    ring.stop()


@each(lambda: [("PostgreSQL", Token)] if HAS_TOKEN and postgres() else [])
def another_node_rotates_while_the_token_is_away(_, kind):
    """What a node holds it serves; what it does not know it says it cannot open, until the token is back."""
    device, spare, shared = kind("device-ab"), key_file("spare-ab/master.key"), postgres()
    a = made("node-a", "--master-key", spare, master_key=device.source, store=shared, before=device.before)
    a.open_with(device.source, spare)
    a.begin()
    a.put("kept", "from the beginning")
    theirs = path("node-b/tokens")  # their way to the same token
    os.symlink(device.folder, theirs)
    before = ["env", "SOFTHSM2_CONF=" + path("node-b/softhsm2.conf", f"directories.tokendir = {theirs}\n")]
    b = Ring("node-b", store=shared, master_key=device.source, before=before)
    b.admin = a.admin
    b.begin()
    same(b.value("kept"), "from the beginning", "the secret")
    os.unlink(theirs)
    rotate(a, True)
    a.put("new", "under the new term")
    a.resealed()
    answer = b.call("GET", f"/secrets/new{VERSION}")
    same((answer.status, answer.json()["error"]["details"][0]["code"]), (503, "device.unavailable"), "what it cannot open")
    same(b.call("PUT", f"/secrets/mine{VERSION}", {"value": "x"}).status, 503, "what it cannot seal")
    same(b.ask("GET", "/livez").status, 200, "livez")
    b.process.process.send_signal(signal.SIGHUP)
    until(lambda: b.logged("store.not-checked"), "its store to be looked at")
    need(not b.logged("store.not-intact"), "a token that is away is taken for a store that was changed")
    os.symlink(device.folder, theirs)
    until(lambda: b.call("GET", f"/secrets/new{VERSION}").status == 200, "it to open")
    same((b.value("new"), b.value("kept")), ("under the new term", "from the beginning"), "secrets")
    b.put("mine", "x")
    until(lambda: b.attest(QUOTE).status == 200 and b.ask("GET", "/readyz").status == 200, "it to be ready")
    need(not b.logged("store.not-intact"), "it was taken for a store that was changed")
    same((a.stop(), b.stop()), (0, 0), "exit statuses")


main()
