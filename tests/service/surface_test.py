#!/usr/bin/env python3
"""The HTTP surface as a whole, route by route from the OpenAPI document, attacked in every way that
does not depend on what a route is for: surface_test.py QUOTH QUOTHD MAKE_QUOTE."""
import json
import os
import threading
import time

from stage import Platform, Verifier, is_vault
from harness import case, each, main, need, read, same

platform = Platform("platform")
verifier = Verifier("surface", *platform.trust()).start("--rate", "0", "--header-timeout", "40000", "--body-timeout", "40000")
impatient = Verifier("impatient", *platform.trust()).start("--rate", "0", "--body-timeout", "1500")
DOCUMENT = verifier.ask("GET", "/openapi.json").json()
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "QUERY")
ADDRESSES = (f"127.0.{a}.{b}" for a in range(1, 255) for b in range(1, 255))
TEXT = {"type": "SgxEnclave", "api-version": "2020-10-01"}


class Operation:
    def __init__(self, path, method, row):
        self.path, self.method = path, method.upper()
        self.name = f"{self.method} {path}"
        self.role = row["security"][0]["bearer"][0] if row["security"] else None
        body = row.get("requestBody", {})
        self.limit, self.media = body.get("x-quoth-limit", 0), list(body.get("content", []))
        self.query = [p["name"] for p in row["parameters"] if p["in"] == "query"]
        self.responses = row["responses"]
        self.url = path
        for p in row["parameters"]:
            if p["in"] == "path":
                self.url = self.url.replace("{%s}" % p["name"], TEXT.get(p["name"], "1"))
        self.target = self.url + ("?api-version=2020-10-01" if "api-version" in self.query else "")

    def fields(self, media=None):
        """What its request has to have; with another media type than it should have."""
        return [("Content-Type", media or self.media[0])] if self.limit else []

    def ask(self, target=None, body=None, fields=None, method=None):
        """Without a body of its own the request has one that no policy is."""
        if body is None and self.limit and method is None:
            body = b"{}"
        return verifier.ask(method or self.method, target or self.target, body,
                            self.fields() if fields is None else fields)

    def head(self):
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: localhost", "Connection: close"]
        return "\r\n".join(lines + [f"{name}: {value}" for name, value in self.fields()]).encode() + b"\r\n"


class Administered(Operation):
    """Asked by an administrator, who is told what is wrong."""

    def __init__(self, path, method, row):
        super().__init__(path, method, row)
        self.role, self.name = None, f"{self.method} {path} by its administrator"

    def fields(self, media=None):
        return [("Authorization", f"Bearer {TOKEN}")] + super().fields(media)


def operations(kind):
    return [kind(path, method, row) for path, item in DOCUMENT["paths"].items() if not is_vault(path)
            for method, row in item.items()]


TOKEN = read(os.path.join(verifier.state, "admin.token")).decode().strip()
OPERATIONS = operations(Operation)
PROTECTED = [o for o in OPERATIONS if o.role]
ALL = OPERATIONS + [o for o in operations(Administered) if "401" in o.responses]
WITH_BODY = [o for o in ALL if o.limit]


def named(operations):
    return lambda: [(o.name, o) for o in operations]


def documented(o, answer):
    """The answer is one that the document has, and a refusal is in Azure's envelope."""
    need(str(answer.status) in o.responses, f"{answer.status} is not in the document")
    need(answer.status < 500, f"a fault: {answer.body!r}")
    if answer.status >= 400:
        answer.refusal()
    need(answer.field("x-ms-request-id").startswith("00-"), "no request id")
    return answer.status


def refused(o, answer, status, what):
    """With that status; or with 401, as nobody without credentials is told what else is wrong."""
    need(documented(o, answer) in ((401, status) if o.role else (status,)), f"{what}: {answer.status}")


# ---- paths and methods

@each(named(OPERATIONS))
def methods_that_a_path_has_not(_, o):
    of_path = {p.method for p in OPERATIONS if p.url == o.url}
    allowed = of_path | ({"HEAD"} if "GET" in of_path else set())
    for method in METHODS:
        if method in allowed:
            continue
        answer = o.ask(method=method)
        same(answer.status, 405, method)
        if method != "HEAD":
            same(answer.refusal()[1], "http.method", method)
        same(set(answer.field("Allow").split(", ")), allowed, f"Allow after {method}")


@each(named([o for o in ALL if o.method == "GET"]))
def head_says_the_same_without_a_body(_, o):
    got, head = o.ask(), o.ask(method="HEAD")
    same(head.status, got.status, "status")
    same(head.body, b"", "body of HEAD")
    same(head.field("Content-Type"), got.field("Content-Type"), "Content-Type")


@each(named(ALL))
def paths_in_any_case(_, o):
    expected = documented(o, o.ask())
    for url in (o.url.upper(), o.url.lower(), o.url.swapcase()):
        same(documented(o, o.ask(o.target.replace(o.url, url))), expected, url)


@each(named(OPERATIONS))
def paths_that_are_nearly_right(_, o):
    for url in (o.url + "/", "/" + o.url, o.url.replace("/", "//", 1), "/." + o.url, "/x/.." + o.url,
                o.url + "%00", o.url + "%20", "/%2e" + o.url, o.url + ";a=b", o.url[:-1] + "%%%02x" % ord(o.url[-1]),
                o.url + "%2f", "/attest/.." + o.url):
        answer = o.ask(url + o.target[len(o.url):])
        need(answer.status in (400, 401, 404, 405), f"{url}: {answer.status}")
        answer.refusal()


@each(named(ALL))
def nothing_but_the_method_says_the_method(_, o):
    fields = [(name, "DELETE") for name in ("X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override")]
    same(o.ask(fields=fields + o.fields()).status, o.ask().status, "status")


# ---- queries

@each(named([o for o in ALL if "api-version" in o.query]))
def the_version_is_asked_for(_, o):
    for query in ("", "?", "?api-version", "?api-version=", "?api-version=1", "?api-version=2020-10-1",
                  "?api-version=2020-10-01x", "?api-version=2020-10-01%00", "?xapi-version=2020-10-01",
                  "?api-version=2020-10-01-PREVIEWS", "?api_version=2020-10-01",
                  "?api-version=%32%30", "?api-version=" + "9" * 4000):
        refused(o, o.ask(o.url + query), 400, query[:40])


@each(named(ALL))
def queries_that_nobody_knows(_, o):
    glue = "&" if "?" in o.target else "?"
    expected = o.ask().status
    for more in ("a=b", "a", "=", "&&&", "a=%C3%A9", "x" * 3000, "role=contributor", "access_token=x"):
        same(o.ask(o.target + glue + more).status, expected, more[:20])
    for more in ("a=%zz", "a=%", "<script>", "a=\"", "a=\\", "{}"):
        answer = o.ask(o.target + glue + more)
        need(answer.status in (expected, 400), f"{more}: {answer.status}")


# ---- bodies

@each(named(WITH_BODY))
def media_types_that_a_route_has_not(_, o):
    for kind in ("text/html", "application/xml", "multipart/form-data; boundary=x", "application/jsonp",
                 "application/x-www-form-urlencoded", "*/*", "json", "", ";", "application/json,text/html"):
        fields = [f for f in o.fields() if f[0] != "Content-Type"] + [("Content-Type", kind)]
        refused(o, o.ask(fields=fields), 415, kind)


@each(named(WITH_BODY))
def encodings_that_nobody_knows(_, o):
    for coding in ("gzip", "br", "deflate", "identity, gzip", "gzip, identity", "zstd"):
        refused(o, o.ask(fields=o.fields() + [("Content-Encoding", coding)]), 415, coding)


@each(named(WITH_BODY))
def bodies_that_are_too_long(_, o):
    long = b" " * (o.limit + 1)
    answers = [o.ask(body=long),
               verifier.raw(o.head() + b"Content-Length: 99999999999999\r\n\r\n"),
               verifier.raw(o.head() + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(long) + long + b"\r\n0\r\n\r\n"),
               verifier.raw(o.head() + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(long))]
    for answer in answers:
        refused(o, answer, 413, "a body")


@each(named(WITH_BODY))
def bodies_that_are_odd(_, o):
    for body in (b"", b"\0", b"\xff\xfe{\0}\0", b"\xef\xbb\xbf{}", b"null", b"[]", b'""', b"0", b"{}{}", b"{" * 5000,
                 b"[" * 100000, b'{"a":' * 1000, b'"' + b"a" * 60000 + b'"', b"1" * 60000, b"eyJhbGciOiJub25lIn0..",
                 b"...", b"a.b.c", b'{"a":1,"A":2}', b"\r\n\r\nGET /livez HTTP/1.1\r\n\r\n"):
        for media in o.media:
            answer = o.ask(body=body, fields=o.fields(media))
            if isinstance(o, Administered):
                documented(o, answer)  # a body of nothing may be what is wanted
            else:
                refused(o, answer, 400, body[:20])


@each(named([o for o in ALL if not o.limit]))
def bodies_where_none_is_taken(_, o):
    refused(o, o.ask(body=b"x"), 413, "a body")
    need(o.ask(body=b"").status == o.ask().status, "an empty body is none")


# ---- who asks

@each(named(PROTECTED))
def credentials_come_first(_, o):
    for target in (o.target, o.url, o.url + "?api-version=x"):
        for fields in ([], [("Content-Type", "text/html")]):
            answer = o.ask(target, body=b"x" if o.limit else None, fields=fields)
            same(documented(o, answer), 401, f"{target} with {fields}")
            need(answer.field("WWW-Authenticate").startswith("Bearer"), "no challenge")


@each(named(PROTECTED))
def credentials_that_are_none(_, o):
    for fields in ([("Authorization", "")], [("Authorization", "Bearer")], [("Authorization", "Bearer ")],
                   [("Authorization", "Bearer x")], [("Authorization", "Basic YWRtaW46YWRtaW4=")],
                   [("Authorization", "bearer " + "A" * 4000)], [("Authorization", "Bearer a.b.c")],
                   [("Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlcyI6WyJjb250cmlidXRvciJdfQ.")],
                   [("Authorization", "Bearer x"), ("Authorization", "Bearer y")],
                   [("Proxy-Authorization", "Bearer x")], [("X-Forwarded-User", "admin")],
                   [("X-Forwarded-Client-Cert", "Hash=00")], [("X-SSL-Client-Verify", "SUCCESS")],
                   [("X-MS-Client-Principal", "e30=")], [("X-Forwarded-For", "127.0.0.1")],
                   [("Cookie", "token=x")], [("Authorization", "Bearer x\t y")]):
        verifier.source = next(ADDRESSES)  # as who shows too much that is wrong must wait
        try:
            answer = o.ask(fields=fields + o.fields())
        finally:
            verifier.source = ""
        need(documented(o, answer) in (400, 401), f"{fields}: {answer.status}")
        need(b"YWRtaW4" not in answer.body and b"AAAA" not in answer.body, "the credential comes back")


# ---- what comes back

@each(named(ALL))
def nothing_of_the_request_is_in_the_head(_, o):
    injected = "a\u00e9%0d%0aSet-Cookie:%20a=b"
    for target, fields in ((o.url + "/" + injected, []), (o.target, [("x-ms-client-request-id", injected)]),
                           (o.target, [("Origin", "https://evil"), ("Referer", injected)]),
                           (o.target, [("traceparent", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")])):
        answer = o.ask(target.encode("utf-8").decode("latin-1"), fields=fields + o.fields())
        need("set-cookie" not in answer.fields, "a field was injected")
        for name, value in answer.fields.items():
            need("evil" not in value and "a=b" not in value and "a" * 32 not in value, f"{name}: {value}")


@each(named(WITH_BODY))
def slow_bodies_have_an_end(_, o):
    own = read(os.path.join(impatient.state, "admin.token")).strip()
    with impatient.connect() as c:
        c.sendall(o.head().replace(TOKEN.encode(), own) + b"Content-Length: 100\r\n\r\n{")
        began = time.monotonic()
        heard = b""
        try:
            while part := c.recv(65536):
                heard += part
        except OSError:
            pass
        need(time.monotonic() - began < 20, "it waits for ever")
        need(heard[9:12] in ((b"401", b"408") if o.role else (b"408",)), f"{heard[:40]!r}")


# ---- many at once, and some who do not wait

RESET = b"eyJhbGciOiJub25lIn0.."


def change(verb="", body=RESET):
    o = next(o for o in ALL if isinstance(o, Administered) and o.path == "/policies/{type}" + verb and o.limit)
    return o.head() + b"Content-Length: %d\r\n\r\n" % len(body) + body


@case
def who_leaves_while_his_change_is_made_harms_nobody():
    for _ in range(30):
        c = verifier.connect()
        c.sendall(change(":reset"))
        c.close()
    same(verifier.raw(change(":reset")).status, 200, "status")


@case
def many_changes_at_once_are_all_answered():
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(verifier.raw(change(":reset")).status))
               for _ in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(len(statuses), 40, "answers")
    need(set(statuses) <= {200, 429} and 200 in statuses, f"{statuses}")


@case
def answers_keep_the_order_of_their_questions():
    keep = change(":reset").replace(b"Connection: close\r\n", b"")
    with verifier.connect() as c:
        c.sendall(keep + b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" + change(":reset"))
        heard = b""
        while part := c.recv(65536):
            heard += part
    same(heard.count(b"HTTP/1.1 200"), 3, "answers")
    need(heard.index(b'"token"') < heard.index(b"alive") < heard.rindex(b'"token"'), "the order")


@case
def the_document_is_for_scripts_of_any_origin():
    answer = verifier.ask("GET", "/openapi.json")
    same(answer.field("Access-Control-Allow-Origin"), "*", "origin")
    same(json.loads(answer.body)["openapi"], "3.1.0", "version")


@case
def after_all_that_it_is_well():
    same(verifier.ask("GET", "/livez").status, 200, "livez")
    need(not [line for line in verifier.logged("request") if line["status"] >= 500], "there were faults")
    same((verifier.stop(), impatient.stop()), (0, 0), "exit statuses")


if __name__ == "__main__":
    main()
