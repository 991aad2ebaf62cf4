#!/usr/bin/env python3
"""quoth policy sign and diff, and policies that come as JWS. What is signed is checked by another
implementation: openssl."""
import base64
import hashlib
import json
import subprocess

from harness import case, each, main, need, path, quoth, read, same

TEXT = "version=1.0;\nauthorizationrules {\n  [type==\"x\", value==1] => permit();\n  [type==\"y\"] => deny();\n};\n"
POLICY = path("policy.txt", TEXT)
AUD, TYPE = ["--aud", "https://attest.example.org"], ["--type", "SgxEnclave"]


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def openssl(*args):
    return subprocess.run(["openssl", *args], check=True, capture_output=True).stdout


def signer(name, *kind):
    key, cert = path(name + ".key"), path(name + ".crt")
    openssl("req", "-x509", "-newkey", *kind, "-nodes", "-keyout", key, "-out", cert, "-days", "30",
            "-subj", "/CN=" + name)
    return ["--key", key, "--cert", cert], cert


RSA, RSA_CERT = signer("rsa", "rsa:2048")
EC, EC_CERT = signer("ec", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def der(cert):
    return openssl("x509", "-in", cert, "-outform", "DER")


def sign(*args):
    """The JWS taken apart."""
    done = quoth("policy", "sign", *args)
    same(done.status, 0, f"sign: {done.err}")
    token = done.out.decode().strip()
    header, payload, signature = token.split(".")
    return token, json.loads(unb64url(header)), unb64url(payload), unb64url(signature)


@case
def a_signature_that_openssl_believes():
    token, header, payload, signature = sign(POLICY, *RSA)
    same(header["alg"], "RS256", "alg")
    same(base64.b64decode(header["x5c"][0]), der(RSA_CERT), "x5c")
    same(json.loads(payload), {"AttestationPolicy": base64.urlsafe_b64encode(TEXT.encode()).rstrip(b"=").decode()},
         "payload")
    key = path("rsa.pub", openssl("x509", "-in", RSA_CERT, "-noout", "-pubkey"))
    openssl("dgst", "-sha256", "-verify", key, "-signature", path("rsa.sig", signature),
            path("rsa.in", token.rsplit(".", 1)[0]))
    same(sign(POLICY, *EC)[1]["alg"], "ES256", "alg of an EC key")
    same(sign(POLICY, "--unsigned")[0].split(".")[2], "", "signature of --unsigned")


@case
def bindings_are_said():
    payload = json.loads(sign(POLICY, *RSA, *AUD, *TYPE, "--iat", "2025-07-04T10:28:44Z")[2])
    same([payload[k] for k in ("aud", "iat", "x-quoth-type", "x-quoth-operation")],
         [AUD[1], 1751624924, "SgxEnclave", "set"], "bindings")
    need(abs(json.loads(sign(POLICY, *RSA, "--iat", "now")[2])["iat"] - __import__("time").time()) < 60, "now")
    same(sign("--operation", "reset", *RSA)[2], b"", "a bare reset")
    same(json.loads(sign("--operation", "reset", *RSA, *AUD)[2]),
         {"aud": AUD[1], "x-quoth-operation": "reset"}, "a bound reset")
    for operation in ("add", "remove"):
        payload = json.loads(sign(EC_CERT, "--operation", operation, *RSA, *AUD)[2])
        same(base64.b64decode(payload["policyCertificate"]["x5c"][0]), der(EC_CERT), operation)
        same(payload["x-quoth-operation"], operation, "operation")


@each([
    ("no key", [POLICY], 2, "--key"),
    ("a key alone", [POLICY, "--key", path("rsa.key")], 2, "--key"),
    ("a certificate alone", [POLICY, "--cert", RSA_CERT], 2, "--key"),
    ("unsigned with a key", [POLICY, "--unsigned", *RSA], 2, "--key"),
    ("another's certificate", [POLICY, "--key", path("rsa.key"), "--cert", EC_CERT], 2, "--cert"),
    ("no policy", [*RSA], 2, "FILE"),
    ("a reset of a policy", [POLICY, "--operation", "reset", *RSA], 2, "FILE"),
    ("no certificate to add", ["--operation", "add", *RSA], 2, "FILE"),
    ("a policy to add", [POLICY, "--operation", "add", *RSA], 4, None),
    ("a certificate to set", [RSA_CERT, *RSA], 4, None),
    ("a type for a signer", [EC_CERT, "--operation", "add", *TYPE, *RSA], 2, "--type"),
    ("an unknown type", [POLICY, "--type", "Sgx", *RSA], 2, "--type"),
    ("an unknown operation", [POLICY, "--operation", "put", *RSA], 2, "--operation"),
    ("an audience that is no URL", [POLICY, "--aud", "me", *RSA], 2, "--aud"),
    ("a time that is none", [POLICY, "--iat", "soon", *RSA], 4, "--iat"),
    ("no such key", [POLICY, "--key", "/no/where", "--cert", RSA_CERT], 3, None),
    ("a certificate for a key", [POLICY, "--key", RSA_CERT, "--cert", RSA_CERT], 4, None),
    ("a key for a certificate", [POLICY, "--key", path("rsa.key"), "--cert", path("rsa.key")], 4, None),
    ("a release policy of nobody", [POLICY, "--kind", "release", *RSA], 2, "--name"),
    ("a name that is none", [POLICY, "--kind", "release", "--name", "k", *RSA], 2, "--name"),
    ("a name with a version", [POLICY, "--kind", "release", "--name", "keys/k/1", *RSA], 2, "--name"),
    ("a name for attestation", [POLICY, "--name", "keys/k", *RSA], 2, "--name"),
    ("a type of a release policy", [POLICY, "--kind", "release", "--name", "keys/k", *TYPE, *RSA], 2, "--kind"),
    ("a reset of a release policy", ["--kind", "release", "--name", "keys/k", "--operation", "reset", *RSA], 2, "--kind"),
    ("no release policy", [POLICY, "--kind", "release", "--name", "keys/k", *RSA], 4, None),
    ("not a policy", [path("none.txt", "version=9;"), *RSA], 4, None),
])
def what_is_not_signed(name, args, status, where):
    done = quoth("policy", "sign", *args, "--output", "json")
    same(done.status, status, f"{name}: {done.err}")
    error = done.json()["error"]
    need(where is None or error["where"].startswith(where), f"where: {error}")
    need(error["hint"], "no hint")


@case
def a_release_policy_is_signed_for_one_name():
    text = (b'{"version":"1.0.0","anyOf":[{"authority":"https://a.example",'
            b'"allOf":[{"claim":"a","equals":1}]}]}')
    file = path("release.json", text)
    token, _, payload, _ = sign(file, "--kind", "release", "--name", "keys/k", *RSA, *AUD, "--iat", "2025-07-04T10:28:44Z")
    found = json.loads(payload)
    same(unb64url(found.pop("ReleasePolicy")), text, "the policy")
    same(found, {"x-quoth-type": "release", "x-quoth-name": "keys/k", "aud": AUD[1], "iat": 1751624924}, "what binds it")
    jws = path("release.jws", token)
    hashes = {quoth("policy", "hash", "--kind", "release", f).out for f in (file, jws)}
    same(len(hashes), 1, "hashes of the text and of what is signed")


@case
def a_jws_is_taken_for_the_policy_in_it():
    for options in (RSA, EC, ["--unsigned"]):
        token = sign(POLICY, *options)[0]
        file = path("policy.jws", token + "\n")
        hashes = quoth("policy", "hash", file, "--output", "json").json()
        same(hashes["x-ms-policy-hash"],
             quoth("policy", "hash", POLICY, "--output", "json").json()["x-ms-policy-hash"], "policy hash")
        digest = hashlib.sha256(token.encode()).digest()
        same(unb64url(hashes["x-ms-policy-token-hash"]), digest, "token hash")
        same(quoth("policy", "check", file).out, quoth("policy", "check", POLICY).out, "check")
        same(quoth("policy", "diff", file, POLICY).status, 0, "diff with its text")
    claims = path("claims.json", '{"x":1}')
    same(quoth("policy", "explain", path("policy.jws"), "--claims", claims).status, 0, "explain")


@case
def a_jws_that_was_touched_is_refused():
    token = sign(POLICY, *RSA)[0]
    head, payload, signature = token.split(".")
    other = base64.urlsafe_b64encode(json.dumps({"AttestationPolicy": "dmVyc2lvbj0xLjA7"}).encode()).rstrip(b"=").decode()
    for name, text, status in (("payload", f"{head}.{other}.{signature}", 1),
                               ("signature", f"{head}.{payload}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}", 1),
                               ("no signature", f"{head}.{payload}.", 1),
                               ("a reset", sign("--operation", "reset", *RSA)[0], 4),
                               ("a certificate", sign(EC_CERT, "--operation", "add", *RSA)[0], 4)):
        for verb in ("check", "hash"):
            done = quoth("policy", verb, path("touched.jws", text), "--output", "json")
            same(done.status, status, f"{verb} {name}: {done.err}")
            need(done.json()["error"]["code"].startswith("jws."), f"{name}: {done.err}")


def diff(a, b, *more):
    done = quoth("policy", "diff", path("a.txt", a), path("b.txt", b), *more, "--output", "json")
    need(done.status in (0, 1), done.err)
    result = done.json()
    same(result["same"], done.status == 0, "exit status")
    return result


def rules(*each):
    return "version=1.2;authorizationrules{\n" + "\n".join(each) + "\n};"


P, D, E = '[type=="x"]=>permit();', '[type=="y"]=>deny();', '[type=="z"]=>deny();'


@each([
    ("nothing", rules(P, D), rules(P, D), []),
    ("blanks and comments", rules(P, D), rules(' [ type  ==\n"x" ] => // why\n permit ( ) ;', D), []),
    ("one added", rules(P), rules(P, D), [("added", None, 3)]),
    ("one removed", rules(P, D), rules(D), [("removed", 2, None)]),
    ("one changed", rules(P, D), rules(P, E), [("changed", 3, 3)]),
    ("order", rules(P, D), rules(D, P), [("removed", 2, None), ("added", None, 3)]),
    ("twice", rules(P), rules(P, P), [("added", None, 3)]),
    ("all", rules(P, D), "version=1.2;authorizationrules{};", [("removed", 2, None), ("removed", 3, None)]),
    ("a value", rules('[value==1]=>permit();'), rules('[value==2]=>permit();'), [("changed", 2, 2)]),
    ("a string's blanks", rules('[value=="a b"]=>permit();'), rules('[value=="a  b"]=>permit();'), [("changed", 2, 2)]),
])
def what_two_policies_do_not_share(name, a, b, changes):
    found = [(r["change"], r.get("a", {}).get("line"), r.get("b", {}).get("line")) for r in diff(a, b)["rules"]]
    same(found, changes, name)


@case
def versions_and_sections_count():
    same(diff("version=1.0;authorizationrules{};", "version=1.1;authorizationrules{};")["versions"], ["1.0", "1.1"], "versions")
    moved = diff('version=1.0;authorizationrules{=>permit();};',
                 'version=1.0;authorizationrules{};issuancerules{=>issue(type="a",value=1);};')
    same([(r["section"], r["change"]) for r in moved["rules"]],
         [("authorizationrules", "removed"), ("issuancerules", "added")], "sections")


@case
def cases_tell_what_it_means():
    cases = path("cases.json", json.dumps({"cases": [
        {"name": "good", "claims": {"x": 1}, "expect": "permitted"},
        {"name": "bad", "claims": {"x": 1, "z": 1}, "expect": "permitted"}]}))
    result = diff(rules(P, D), rules(P, E), "--cases", cases)
    same(result["cases"], [{"name": "bad", "a": "permitted", "b": "denied"}], "cases")
    text = quoth("policy", "diff", path("a.txt"), path("b.txt"), "--cases", cases)
    need(b"bad: permitted, then denied" in text.out and b"1 of 2 are judged differently" in text.out, text.out)


@case
def a_policy_of_many_rules():
    many = [f'[value=={i}]=>permit();' for i in range(1024)]
    same(diff(rules(*many), rules(*reversed(many)))["same"], False, "same")


@each([
    ("one file", [POLICY], 2),
    ("no such file", [POLICY, "/no/where"], 3),
    ("no policy", [POLICY, path("bad.txt", "version=1.0")], 4),
    ("cases that are none", [POLICY, POLICY, "--cases", POLICY], 4),
])
def diffs_that_are_refused(name, args, status):
    same(quoth("policy", "diff", *args).status, status, name)


main()
