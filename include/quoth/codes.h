/* Every refusal Quoth can utter, once. A row is
 *
 *     X(NAME, "dotted.code", HTTP status, exit status, "what the person reading can do about it")
 *
 * The dotted code is stable: it appears in HTTP bodies, in JSON output and in docs/errors.md, which
 * a test compares with this table. Exit statuses: 1 refused, 2 wrong usage, 3 something needed is
 * unavailable, 4 the input is malformed. HTTP 5xx marks our own fault or a missing source, never
 * bad evidence. */
#ifndef QUOTH_CODES_H
#define QUOTH_CODES_H

/* clang-format off */
#define QUOTH_CODES_GENERAL(X)                                                                     \
    X(MALFORMED,   "input.malformed",   400, 4, "check that the input is complete and was not encoded twice") \
    X(UNSUPPORTED, "input.unsupported", 400, 4, "see docs/formats.md for what this build understands") \
    X(TOO_LARGE,   "input.too-large",   413, 4, "send less, or raise the limit in the configuration") \
    X(USAGE,       "usage",             400, 2, "run the command with --help")                      \
    X(MEMORY,      "system.memory",     503, 3, "free memory or lower the limits, then try again")  \
    X(IO,          "system.io",         500, 3, "check the path, its permissions and the free space") \
    X(INTERNAL,    "system.internal",   500, 3, "this is a fault of Quoth, not of the evidence; please report it") \
    X(UNAVAILABLE, "system.unavailable", 503, 3, "start or install what the message names, then try again")

#define QUOTH_CODES_CODEC(X)                                                                       \
    X(HEX,         "encoding.hex",      400, 4, "write two hexadecimal digits per byte and nothing between them") \
    X(BASE64,      "encoding.base64",   400, 4, "use one alphabet of RFC 4648, without line breaks, padded in full or not at all") \
    X(PEM,         "encoding.pem",      400, 4, "re-encode it, for instance with: openssl x509 -in FILE") \
    X(DER,         "encoding.der",      400, 4, "check that the input is complete and strict DER; look at it with: openssl asn1parse") \
    X(JSON,        "json.syntax",       400, 4, "send strict RFC 8259 JSON in UTF-8: no comments, no trailing commas, nothing after the value") \
    X(JSON_DUPLICATE, "json.duplicate", 400, 4, "keep one member of that name in the object")       \
    X(JSON_LIMIT,  "json.limit",        400, 4, "send a flatter or smaller document")               \
    X(JSON_VALUE,  "json.value",        400, 4, "add or correct the member that is named")

/* Keys, certificates and sealed texts */
#define QUOTH_CODES_CRYPTO(X)                                                                      \
    X(CERTIFICATE_MALFORMED,   "certificate.malformed",   400, 4, "check that it is one whole X.509 certificate and was not edited") \
    X(CERTIFICATE_UNSUPPORTED, "certificate.unsupported", 400, 4, "see docs/formats.md for the certificate profile that is read") \
    X(CERTIFICATE_UNTRUSTED,   "certificate.untrusted",   400, 1, "use a certificate that is trusted here, or send the chain that leads up to one") \
    X(CRL_MALFORMED,           "crl.malformed",           400, 4, "fetch the revocation list again from its source") \
    X(CRL_UNSUPPORTED,         "crl.unsupported",         400, 4, "see docs/formats.md for the revocation lists that are read") \
    X(KEY_MALFORMED,           "key.malformed",           400, 4, "check that it is one whole, unencrypted key") \
    X(KEY_UNSUPPORTED,         "key.unsupported",         400, 4, "use P-256, or RSA of 2048 to 4096 bits with exponent 65537; docs/keys.md lists what vaults keep besides") \
    X(KEY_ALGORITHM,           "key.algorithm",           400, 2, "use an algorithm of this key: its type, curve and size decide which; docs/keys.md lists them") \
    X(KEY_INPUT,               "key.input",               400, 2, "send what the algorithm works on, in the length that docs/keys.md gives") \
    X(KEY_CIPHERTEXT,          "key.ciphertext",          400, 1, "decrypt with the key version, algorithm, iv, aad and tag of the encryption") \
    X(KEY_WRAP_BROKEN,         "key-wrap.broken",         400, 1, "unwrap with the key and the algorithm that it was wrapped for") \
    X(SEAL_BROKEN,             "seal.broken",             500, 3, "restore the key and the sealed data that belong together")

/* Judging evidence: what it says, what vouches for it, and what the operator accepts. Collateral is
 * ours to supply, so what is wrong with it is never called bad evidence. */
#define QUOTH_CODES_TEE(X)                                                                         \
    X(TRUST_ROOT,            "trust.root.invalid",         400, 2, "name a self-signed P-256 root certificate of the vendor's profile") \
    X(TRUST_MARKED,          "trust.root.simulated",       400, 2, "name the root with the class simulated: it vouches for no hardware") \
    X(TRUST_MIXED,           "trust.mixed",                400, 2, "keep simulated roots in a tenant of their own") \
    X(CHAIN_INVALID,         "chain.invalid",              400, 1, "the certificates in the evidence do not form the vendor's chain; take new evidence") \
    X(CHAIN_UNTRUSTED,       "chain.untrusted",            400, 1, "name the root with --trust-root if this machine's vendor is to be trusted") \
    X(CHAIN_SIMULATED,       "chain.simulated",            400, 1, "simulated evidence needs an anchor of class simulated: --trust simulated:SHA256 with --trust-root FILE") \
    X(CHAIN_EXPIRED,         "chain.expired",              400, 1, "judge as of an earlier instant with --at, or take new evidence") \
    X(CHAIN_NOT_YET_VALID,   "chain.not-yet-valid",        400, 1, "check the clock, or the instant given with --at") \
    X(CHAIN_REVOKED,         "chain.revoked",              400, 1, "the vendor has withdrawn this certificate; do not trust the platform") \
    X(QUOTE_CERTIFICATION,   "quote.certification.missing", 400, 1, "supply the platform's certificates as pck_certificate_chain in the collateral") \
    X(QUOTE_SIGNATURE,       "quote.signature.invalid",    400, 1, "the quote was altered, or its parts do not belong together; take new evidence") \
    X(QE_SIGNATURE,          "qe.signature.invalid",       400, 1, "the quoting enclave is not certified by this platform; take new evidence") \
    X(QE_REPORT_DATA,        "qe.report-data.mismatch",    400, 1, "the attestation key is not the quoting enclave's; take new evidence") \
    X(QE_IDENTITY,           "qe.identity.mismatch",       400, 1, "the quoting enclave is not the vendor's; take new evidence") \
    X(TDX_MODULE,            "tdx.module.mismatch",        400, 1, "the TDX module is not one the vendor knows; update it, or refresh the collateral") \
    X(TCB_UNSUPPORTED,       "tcb.unsupported",            400, 1, "the vendor lists no level this platform reaches; update its firmware") \
    X(TCB_STATUS,            "tcb.status.refused",         400, 1, "update the platform, or accept the status with --accept-status") \
    X(TEE_DEBUG,             "tee.debug.refused",          400, 1, "build the program without debug, or allow it with --allow-debug") \
    X(TEE_ATTRIBUTES,        "tee.attributes.invalid",     400, 1, "the TEE was set up in a way that cannot be judged; take new evidence") \
    X(HELD_DATA_MISMATCH,    "held-data.mismatch",         400, 1, "send the data whose SHA-256 the evidence carries, byte for byte") \
    X(HELD_DATA_INVALID,     "held-data.invalid",          400, 4, "send JSON data as one object without duplicate names, at most 16 levels deep") \
    X(EVIDENCE_FORM,         "evidence.form",              400, 4, "send a quote or an Open Enclave report, as the route or the option says") \
    X(COLLATERAL_UNAVAILABLE, "collateral.unavailable",    503, 3, "give a source with --collateral, or wait until it answers") \
    X(COLLATERAL_MISSING,    "collateral.missing",         503, 1, "add the part that is named to the collateral; a CRL may be left out with --no-crl") \
    X(COLLATERAL_MALFORMED,  "collateral.malformed",       503, 4, "fetch the collateral again from its source") \
    X(COLLATERAL_UNTRUSTED,  "collateral.untrusted",       503, 1, "fetch the collateral from the source of the root that signed the evidence") \
    X(COLLATERAL_SIGNATURE,  "collateral.signature.invalid", 503, 1, "fetch the collateral again from its source") \
    X(COLLATERAL_EXPIRED,    "collateral.expired",         503, 1, "refresh the collateral, or judge as of an earlier instant with --at") \
    X(COLLATERAL_NOT_YET_VALID, "collateral.not-yet-valid", 503, 1, "check the clock, or the instant given with --at") \
    X(COLLATERAL_REVOKED,    "collateral.revoked",         503, 1, "the vendor has withdrawn the signer; fetch the collateral again from its source") \
    X(COLLATERAL_MISMATCH,   "collateral.mismatch",        503, 1, "fetch the collateral of this platform and this kind of TEE")

/* The appraisal policy: its text, and what it makes of claims */
#define QUOTH_CODES_POLICY(X)                                                                      \
    X(POLICY_DENIED,        "policy.denied",        400, 1, "see which rule decided, with: quoth policy explain") \
    X(POLICY_NOT_PERMITTED, "policy.not-permitted", 400, 1, "see which conditions did not hold, with: quoth policy explain") \
    X(POLICY_EVALUATION,    "policy.evaluation",    400, 1, "correct the rule that is named, and try it with: quoth policy test") \
    X(POLICY_COST,          "policy.cost",          400, 1, "simplify the rule that is named: an evaluation is bounded in steps and memory") \
    X(POLICY_PRECONDITION,  "policy.precondition",  400, 1, "update the platform, or demand less of it in configurationrules") \
    X(POLICY_SYNTAX,        "policy.syntax",        400, 4, "correct the policy at the line and column that are named; docs/policy.md has the grammar") \
    X(POLICY_LIMIT,         "policy.limit",         400, 4, "write a smaller or flatter policy; docs/policy.md has the limits") \
    X(JMESPATH_SYNTAX,      "jmespath.syntax",      400, 1, "correct the query; its grammar is that of jmespath.org") \
    X(JMESPATH_EVALUATION,  "jmespath.evaluation",  400, 1, "check which values the query meets; its functions are those of jmespath.org")

#define QUOTH_CODES_HTTP(X)                                                                        \
    X(HTTP_MALFORMED,      "http.malformed",       400, 4, "send an HTTP/1.1 request as RFC 9112 has it; nothing doubtful is guessed at") \
    X(HTTP_UNAUTHORIZED,   "http.unauthorized",    401, 1, "send the bearer token of a person who may do this") \
    X(HTTP_ROUTE_UNKNOWN,  "http.route.unknown",   404, 2, "check the path; the service answers at the root of its host") \
    X(HTTP_METHOD,         "http.method",          405, 2, "use a method that the Allow header names") \
    X(HTTP_TIMEOUT,        "http.timeout",         408, 3, "send the whole request without pauses")   \
    X(HTTP_CONTENT_TYPE,   "http.content-type",    415, 4, "send the body in the media type that the message names, not compressed") \
    X(HTTP_EXPECTATION,    "http.expectation",     417, 4, "the only expectation that is met is 100-continue") \
    X(HTTP_MISDIRECTED,    "http.misdirected",     421, 2, "connect to the host of the issuer, and name that host, once, in SNI and in Host") \
    X(HTTP_RATE,           "http.rate",            429, 3, "wait as long as Retry-After says; requests are counted by source address") \
    X(HTTP_FIELDS_LARGE,   "http.fields.too-large", 431, 4, "send fewer or shorter header fields")   \
    X(HTTP_METHOD_UNKNOWN, "http.method.unknown",  501, 2, "methods are written in capitals, as GET and POST") \
    X(HTTP_CODING,         "http.transfer-coding", 501, 4, "send Content-Length, or chunked as the only transfer coding") \
    X(HTTP_BUSY,           "http.busy",            503, 3, "wait as long as Retry-After says, then try again") \
    X(HTTP_VERSION,        "http.version",         505, 4, "use HTTP/1.1")

/* Enclaves of the software TEE: signing, measuring, launching */
#define QUOTH_CODES_ENCLAVE(X)                                                                     \
    X(SIGSTRUCT_MALFORMED, "sigstruct.malformed",         400, 4, "give the 1808 bytes that a signing tool wrote (EXE.sig)") \
    X(SIGSTRUCT_SIGNATURE, "sigstruct.signature.invalid", 400, 1, "sign the program again with: quoth enclave sign") \
    X(ENCLAVE_IMAGE,       "enclave.image.unsupported",   400, 4, "link the program as a static PIE: compile with -fPIE, link with -static-pie") \
    X(ENCLAVE_CONFIG,      "enclave.config.invalid",      400, 4, "correct the member that is named; docs/enclave.md lists them all") \
    X(ENCLAVE_UNSIGNED,    "enclave.unsigned",            400, 1, "sign the program first with: quoth enclave sign") \
    X(ENCLAVE_MEASUREMENT, "enclave.measurement.mismatch", 400, 1, "the program or its EXE.enclave changed after signing: sign again with: quoth enclave sign") \
    X(ENCLAVE_ATTRIBUTES,  "enclave.attributes.mismatch", 400, 1, "sign again with the settings that the enclave is to run with") \
    X(ENCLAVE_EXEC,        "enclave.exec.failed",         500, 3, "the kernel refused to run the measured program; the message says why") \
    X(TD_EXE_ABSENT,       "td.exe.absent",               400, 2, "give the path of a program, or the name of one that PATH leads to") \
    X(SANDBOX_MISSING,     "sandbox.missing",             503, 3, "run where the kernel offers what the message names (Linux 5.19 or newer; see docs/enclave.md, docs/td.md)")

#define QUOTH_CODES_PLATFORM(X)                                                                    \
    X(PLATFORM_ABSENT,    "platform.absent",       503, 3, "make one with: quoth platform init")   \
    X(PLATFORM_EXISTS,    "platform.exists",       400, 2, "name another folder with --platform, or remove this one") \
    X(REPORT_MAC_INVALID, "report.mac.invalid",    400, 1, "make the report on this platform, for the target info of the enclave that checks it") \
    X(EGETKEY_ATTRIBUTE,  "egetkey.attribute",     400, 1, "the enclave lacks the attribute that this key needs") \
    X(EGETKEY_CPUSVN,     "egetkey.cpusvn",        400, 1, "ask for a CPUSVN that is not newer than the platform's") \
    X(EGETKEY_ISVSVN,     "egetkey.isvsvn",        400, 1, "ask for security versions that are not newer than the enclave's") \
    X(EGETKEY_KEYNAME,    "egetkey.keyname",       400, 1, "ask for a key that exists: 3 is REPORT, 4 is SEAL")

/* Reaching a peer, over TLS and HTTP, from our side */
#define QUOTH_CODES_NET(X)                                                                         \
    X(URL,                     "url.invalid",             400, 2, "write https://HOST[:PORT][/PATH] and nothing else") \
    X(NET_TIMEOUT,             "net.timeout",             504, 3, "check that the peer is up and reachable, or allow more time") \
    X(TLS_HANDSHAKE,           "tls.handshake",           502, 3, "check that the peer speaks TLS 1.2 or 1.3 on this port") \
    X(TLS_UNTRUSTED,           "tls.untrusted",           502, 3, "name the CA that signed the peer's certificate (--ca FILE) and the host as the certificate does") \
    X(TLS_CERTIFICATE_CHANGED, "tls.certificate.changed", 502, 1, "fetch the peer's token again: it may have renewed its certificate") \
    X(TLS_KEY_MISMATCH,        "tls.key.mismatch",        500, 2, "give the private key that belongs to the first certificate of the chain") \
    X(PEER_BUSY,               "peer.busy",               503, 3, "wait, then try again: the peer has said that it is busy") \
    X(HTTP_ANSWER,             "http.answer.invalid",     502, 3, "check what answers at this address; it does not keep to HTTP/1.1 or to the size allowed")

/* Tokens and the keys they are checked with */
#define QUOTH_CODES_TOKEN(X)                                                                       \
    X(TOKEN_MALFORMED,    "token.malformed",          400, 4, "give the compact form as issued: three base64url parts with dots between them") \
    X(TOKEN_ALGORITHM,    "token.algorithm",          400, 1, "accept tokens signed with RS256 only; an unsigned token proves nothing") \
    X(TOKEN_KEY_UNKNOWN,  "token.key.unknown",        400, 1, "check that the token is from this verifier; its keys may also have been replaced") \
    X(TOKEN_SIGNATURE,    "token.signature.invalid",  400, 1, "the token was changed, or another issuer signed it: fetch it again") \
    X(JWKS_MALFORMED,     "jwks.malformed",           502, 3, "check that the address is the verifier's; its key set cannot be used") \
    X(DISCOVERY,          "discovery.invalid",        502, 1, "give the verifier's URL exactly as it names itself in its OpenID metadata")

/* What operators sign: policies and policy signers, in JWS (maa.md 1.7, 5) */
#define QUOTH_CODES_JWS(X)                                                                         \
    X(JWS_MALFORMED,      "jws.malformed",            400, 4, "send one compact JWS: three base64url parts with dots between them, and no more") \
    X(JWS_ALGORITHM,      "jws.algorithm",            400, 4, "sign with RS256 or ES256, or say \"none\" and leave the signature empty") \
    X(JWS_SIGNER_MISSING, "jws.signer.missing",       400, 4, "put the certificate of the signing key into the header, as x5c") \
    X(JWS_UNSIGNED,       "jws.unsigned",             400, 1, "sign it, for instance with: quoth policy sign") \
    X(JWS_SIGNATURE,      "jws.signature.invalid",    400, 1, "sign again, with the key of the first certificate in x5c") \
    X(JWS_SIGNER,         "jws.signer.untrusted",     400, 1, "sign with a key that GET /certificates lists, or with one whose x5c leads up to such a certificate") \
    X(JWS_PAYLOAD,        "jws.payload",              400, 4, "send {\"AttestationPolicy\":\"base64url of the text\"}, {\"policyCertificate\":{\"x5c\":[...]}}, or nothing to reset")

/* Who may change policies and signers, and with what (THREATS 20) */
#define QUOTH_CODES_CHANGE(X)                                                                      \
    X(CHANGE_SHARED,      "change.tenant.shared",     401, 1, "nobody changes policies of a shared tenant; use one of its own, made with: quothd init --add-tenant") \
    X(CHANGE_UNSIGNED,    "change.unsigned",          400, 1, "this tenant is isolated: sign with a trusted key, for instance with: quoth policy sign") \
    X(CHANGE_BINDING,     "change.binding",           400, 1, "sign again, for this tenant, attestation type and operation, with the present time; quoth policy sign does so") \
    X(CHANGE_OPERATION,   "change.operation",         400, 1, "PUT a policy, and POST a JWS without one to :reset") \
    X(CHANGE_REPLAYED,    "change.replayed",          400, 1, "each signed policy counts once: change its text, or let quoth policy sign add the time, and sign again") \
    X(CHANGE_CONFLICT,    "change.conflict",          409, 3, "somebody else changed it at the same moment: look at what it is now, then try again") \
    X(CHANGE_VERSION,     "change.version.unknown",   404, 1, "GET /policies/{type}/versions lists those that are kept") \
    X(CHANGE_ROLLBACK,    "change.rollback.isolated", 400, 1, "this tenant is isolated: sign the older text again and PUT it") \
    X(SIGNERS_NONE,       "signers.not-isolated",     400, 1, "only an isolated tenant has policy signers; make one with: quothd init --add-tenant") \
    X(SIGNER_UNFIT,       "signer.unfit",             400, 4, "give a certificate with an RSA key of 2048 to 4096 bits or a P-256 key, signed with SHA-256 or stronger") \
    X(SIGNER_LAST,        "signer.last",              400, 1, "add another signer before you remove the last one") \
    X(SIGNER_IN_USE,      "signer.in-use",            400, 1, "set the policies that are named anew, signed by another signer, then remove this one") \
    X(SIGNER_LIMIT,       "signer.limit",             400, 1, "remove a signer that is not used any more")

/* The machine we run on, and asking a verifier about it */
#define QUOTH_CODES_ATTESTER(X)                                                                    \
    X(TEE_ABSENT,           "attester.tee.absent",     503, 3, "run inside a TEE, or in a simulated one: quoth enclave run, quoth td run") \
    X(EVIDENCE_FAILED,      "attester.evidence.failed", 503, 3, "the message says which step failed; under Gramine its log (loader.log_level) tells more, in a TDX guest the kernel's") \
    X(ATTESTATION_REFUSED,  "attestation.refused",     400, 1, "the verifier's reason is in the message; its log and policy tell more")

/* What a relying party refuses in a token that is properly signed */
#define QUOTH_CODES_RELYING(X)                                                                     \
    X(TOKEN_ISSUER,         "token.issuer",            400, 1, "give the verifier's URL exactly as tokens name it in iss, without a trailing slash") \
    X(TOKEN_EXPIRED,        "token.expired",           400, 1, "fetch a fresh token, and check this machine's clock") \
    X(TOKEN_NOT_YET_VALID,  "token.not-yet-valid",     400, 1, "check this machine's clock against the verifier's") \
    X(TOKEN_CLAIM,          "token.claim",             400, 1, "the claim that is named is missing or not of its type: is this an attestation token?") \
    X(TOKEN_SIMULATED,      "token.simulated",         400, 1, "this is no hardware TEE; to accept that, for tests and demonstrations, give --allow-simulated") \
    X(TOKEN_NONCE,          "token.nonce",             400, 1, "ask the attester for a token over your own challenge: GET /token?nonce=") \
    X(IDENTITY_MISMATCH,    "identity.mismatch",       400, 1, "this is not the program you expect; compare with: quoth enclave signerid, uniqueid") \
    X(IDENTITY_DEBUG,       "identity.debug",          400, 1, "a debug TEE keeps no secrets; sign the program with debug set to false") \
    X(CHANNEL_MISMATCH,     "channel.mismatch",        400, 1, "the proof was made for another connection: somebody stands in between")

/* Endorsements: their forms, and where they come from */
#define QUOTH_CODES_COLLATERAL(X)                                                                  \
    X(BUNDLE,             "collateral.bundle",      503, 4, "see docs/formats.md for the forms of collateral that are read") \
    X(SOURCE_UNAVAILABLE, "collateral.source.unavailable", 503, 3, "check that the source answers, or give collateral with --collateral") \
    X(SOURCE_UNKNOWN,     "collateral.source.unknown-platform", 503, 3, "this source has nothing about that platform; name one that does with --collateral") \
    X(SOURCE_ANSWER,      "collateral.source.answer", 503, 3, "check that the address is that of a PCS or PCCS, version 4") \
    X(SOURCE_BUSY,        "collateral.source.busy", 503, 3, "wait as long as Retry-After says, then try again") \
    X(SOURCE_ROLLBACK,    "collateral.source.rollback", 503, 1, "what the source gives is older than what was accepted before; ask its operator, or accept it explicitly")

/* What must survive, and the keys it is sealed with */
#define QUOTH_CODES_STORE(X)                                                                       \
    X(STORE_MISSING,      "store.missing",          500, 3, "make it with: quothd init")               \
    X(STORE_EXISTS,       "store.exists",           500, 2, "name another state folder, or use the one that is there") \
    X(STORE_VERSION,      "store.version",          500, 3, "run the newer build that wrote it, or restore a backup of before") \
    X(STORE_BROKEN,       "store.broken",           500, 3, "restore the state folder from a backup")   \
    X(STORE_UNAVAILABLE,  "store.unavailable",      503, 3, "see that the database runs and is reached with the settings given; of a file, that its disk is there, has room and may be written") \
    X(STORE_INSECURE,     "store.insecure",         500, 2, "over a network, let the URL say sslmode=verify-full and sslrootcert=FILE") \
    X(STORE_CONFLICT,     "store.conflict",         409, 3, "read the row again and repeat the change") \
    X(MASTER_KEY,         "master-key.unfit",       500, 2, "name a file of exactly 32 random bytes, outside the state folder, that nobody else can read")

/* Where the key lives that opens the keyring: a file, a PKCS #11 token, a TPM */
#define QUOTH_CODES_DEVICE(X)                                                                      \
    X(DEVICE_UNAVAILABLE, "device.unavailable",     503, 3, "plug the token in, or start the TPM or the module that the message names; it is tried anew each time") \
    X(DEVICE_REFUSED,     "device.refused",         500, 1, "see docs/devices.md: the message says what the token or the TPM did not accept")

/* The keyring: its terms and slots, and what they protect */
#define QUOTH_CODES_KEYRING(X)                                                                     \
    X(SEAL_TERM,          "seal.term",              503, 3, "try again in a moment: the keyring is being read anew; if it stays, restore store and master key that belong together") \
    X(STORE_STALE,        "store.stale",            503, 3, "try again: another node has just changed the keyring") \
    X(KEYRING_FULL,       "keyring.full",           409, 3, "wait until what older terms have sealed is sealed anew; quoth master show tells how much is left") \
    X(SLOT_MISSING,       "slot.missing",           404, 2, "name a slot that quoth master show lists") \
    X(SLOT_LAST,          "slot.last",              409, 2, "add another slot first: without one nobody could open the keyring again") \
    X(STORE_ROLLED_BACK,  "store.rolled-back",      500, 1, "somebody has put back or removed what the store held; compare it with a backup, see docs/master-key.md")

/* The service: what it was asked in a wrong way, and why it does not serve */
#define QUOTH_CODES_SERVICE(X)                                                                     \
    X(STATE_IN_USE,       "state.in-use",           500, 3, "stop the other quothd, or give this one a state folder of its own") \
    X(CLOCK_BEHIND,       "clock.behind",           503, 3, "set the clock; if an earlier run had it too late, start once with --clock-reset") \
    X(API_VERSION,        "request.api-version",    400, 2, "add ?api-version=2020-10-01 to the URL") \
    X(DRAFT_POLICY,       "request.draft-policy",   400, 2, "leave draftPolicyForAttestation out; the stored policy then judges") \
    X(DRAFT_RATE,         "request.draft-policy.rate", 429, 3, "wait a second, then try again; drafts have a small budget of their own")

/* Tenants: which one is meant, and whether its snapshot may be decided with */
#define QUOTH_CODES_TENANT(X)                                                                      \
    X(TENANT_EXISTS,      "tenant.exists",          400, 2, "give each tenant a host of its own; see docs/quothd.md") \
    X(TENANT_UNREADABLE,  "tenant.unreadable",      503, 3, "read the log: a record of this tenant does not open or does not hold; restore it") \
    X(SNAPSHOT_STALE,     "tenant.snapshot.stale",  503, 3, "wait as long as Retry-After says: the database of the service does not answer") \
    X(SIGNING_KEY_UNKNOWN, "signing-key.unknown",  400, 2, "name a kid that GET /signing-keys lists") \
    X(SIGNING_KEY_LIMIT,  "signing-key.limit",      409, 3, "wait until older keys are shown no more, as GET /signing-keys says") \
    X(ATTEST_TYPE,        "attest.type.unknown",    400, 2, "use one of the attestation types that the message names")

/* Who and what is judged at all, before any policy says so */
#define QUOTH_CODES_ADMISSION(X)                                                                   \
    X(ATTEST_UNSUPPORTED, "attest.type.unsupported", 400, 3, "this build judges SgxEnclave, OpenEnclave and TdxVm; attest by one of these") \
    X(ATTEST_CLOSED,      "attest.type.closed",      400, 1, "this tenant does not judge that type; its operator can open it with closed-type") \
    X(ATTEST_SIBLING,     "attest.sibling.default",  400, 1, "the same evidence has a policy of its own on the other route: attest there, or have one set for this type too") \
    X(ATTEST_RATE,        "attest.rate",             429, 3, "wait as long as Retry-After says: this tenant takes no more attestations from all of its clients together") \
    X(ATTEST_DENIED,      "attest.platform.denied",  400, 1, "this tenant does not serve that platform; its operator lists such in platform-deny") \
    X(ATTEST_NOT_ALLOWED, "attest.platform.not-allowed", 400, 1, "have the operator add the platform that is named to platform-allow")

/* The audit trail */
#define QUOTH_CODES_AUDIT(X)                                                                       \
    X(AUDIT_BROKEN,       "audit.chain.broken",     500, 1, "somebody or something has changed the trail at the line that is named; compare it with a copy") \
    X(AUDIT_CUT,          "audit.cut",              500, 1, "lines that were there when the checkpoint was signed are missing; compare the trail with a copy") \
    X(AUDIT_CHECKPOINT,   "audit.checkpoint.invalid", 400, 4, "give a token of GET /audit/checkpoint, of this stream of this node") \
    X(AUDIT_UNAVAILABLE,  "audit.unavailable",      503, 3, "free space where the trail lies, or restart the service if the file was touched: nothing is changed that cannot be recorded")

/* The vault: names, versions, attributes, and what becomes of them. The interface of key vaults has
 * 403 for what a state forbids and 409 for what it stands against (key-release.md 1.5) */
#define QUOTH_CODES_VAULT(X)                                                                       \
    X(VAULT_NAME,           "vault.name",             400, 2, "use 1 to 127 letters of ASCII, digits and hyphens") \
    X(VAULT_KEY_MISSING,    "vault.key.missing",      404, 1, "check name and version; if it was deleted a short while ago it can be recovered") \
    X(VAULT_SECRET_MISSING, "vault.secret.missing",   404, 1, "check name and version; if it was deleted a short while ago it can be recovered") \
    X(VAULT_DELETED,        "vault.deleted",          409, 1, "recover it, or purge it if nobody will need it again; until then the name is taken") \
    X(VAULT_EXISTS,         "vault.exists",           409, 1, "a backup is restored only where nothing has its name: delete and purge what is there") \
    X(VAULT_BUSY,           "vault.busy",             409, 3, "others keep changing it: look at what it is now, then try again") \
    X(VAULT_DISABLED,       "vault.disabled",         403, 1, "use another version, or let an officer enable this one") \
    X(VAULT_WINDOW,         "vault.window",           403, 1, "use a version whose nbf and exp include the present; only decrypt, unwrapKey, verify and release go on outside") \
    X(VAULT_OPERATION,      "vault.operation",        403, 1, "use a key whose key_ops name the operation, or let an officer add it") \
    X(VAULT_ATTRIBUTES,     "vault.attributes",       400, 4, "give nbf and exp as seconds since 1970, nbf before exp, and only what the kind of object has") \
    X(VAULT_TAGS,           "vault.tags",             400, 4, "give at most 15 tags, texts of at most 256 characters each, for secrets 512") \
    X(VAULT_CONTENT_TYPE,   "vault.content-type",     400, 4, "give at most 255 characters without controls") \
    X(VAULT_KEY_OPS,        "vault.key-ops",          400, 4, "EC keys sign and verify; leave key_ops out for what is usual for the type") \
    X(VAULT_VALUE,          "vault.value",            400, 4, "give UTF-8 text of at most 25600 bytes; what is longer belongs into a file that a key of the vault encrypts") \
    X(VAULT_VERSIONS,       "vault.versions",         409, 1, "go on under a new name; to use this one again, back it up, delete and purge it") \
    X(VAULT_EXPORTABLE,     "vault.exportable",       400, 1, "give a key exportable and a release_policy together, when it is first made, or neither") \
    X(VAULT_POLICY_VERSIONED, "vault.policy.versioned", 400, 2, "a release policy is the name's: PATCH the identifier without a version") \
    X(VAULT_POLICY_MUTABLE, "vault.policy.mutable",   400, 1, "this tenant wants release policies with immutable true") \
    X(VAULT_IMMUTABLE,      "vault.policy.immutable", 400, 1, "an immutable policy stays: make a new key with the policy that is wanted, under another name") \
    X(VAULT_PURGE_PROTECTED, "vault.purge-protected", 403, 1, "wait for scheduledPurgeDate: this tenant lets nobody purge before") \
    X(VAULT_ROTATION,       "vault.rotation",         400, 4, "give at most one Rotate and one Notify; docs/vault.md has the rules for their times") \
    X(VAULT_DURATION,       "vault.duration",         400, 4, "write an ISO 8601 duration, for instance P90D, P2Y or P1Y6M") \
    X(VAULT_BACKUP,         "vault.backup",           400, 1, "give a backup as it was made, by the tenant and for the kind it was made of; one from before a change of the release policy is never restored") \
    X(VAULT_BACKUP_SIZE,    "vault.backup.size",      409, 1, "it has too many versions to be backed up in one piece; go on under a new name")

/* Who administers */
#define QUOTH_CODES_ADMIN(X)                                                                       \
    X(ADMIN_UNAUTHENTICATED, "admin.unauthenticated", 401, 1, "send Authorization: Bearer with the admin token or a token of the configured issuer, or a client certificate that the tenant knows") \
    X(ADMIN_FORBIDDEN,       "admin.forbidden",       401, 1, "ask for the role that is named; docs/administration.md tells who gives it") \
    X(ADMIN_REFUSED,         "admin.refused",         400, 1, "the message is the service's own; its log has more under the request id") \
    X(ADMIN_PROVIDER,        "admin.provider.unavailable", 503, 3, "check that the identity provider answers and that the settings oidc-issuer and oidc-ca are right")

/* Requests to the vault's interface */
#define QUOTH_CODES_VAULT_REQUEST(X)                                                               \
    X(VAULT_API_VERSION,    "vault.api-version",      400, 2, "send ?api-version=7.4, or another that docs/key-vault.md lists") \
    X(VAULT_RESULTS,        "vault.maxresults",       400, 2, "ask for 1 to 25 at once; nextLink leads to the others") \
    X(VAULT_SKIP,           "vault.skiptoken",        400, 2, "begin with the first page again, and take nextLink as it is given") \
    X(VAULT_MEMBER,         "vault.member",           400, 4, "check how it is written; docs/key-vault.md lists what attributes and release_policy may hold") \
    X(VAULT_TYPE,           "vault.key.type",         400, 4, "give kty as EC, RSA or oct, each also with -HSM") \
    X(VAULT_BYOK,           "vault.key.byok",         400, 4, "import the key itself, as a JSON Web Key over TLS: nobody here has the hardware that opens a transfer blob") \
    X(VAULT_RANDOM,         "vault.random",           400, 4, "ask for 1 to 128 bytes")                \
    X(VAULT_FORBIDDEN,      "vault.forbidden",        403, 1, "ask for one of the roles that are named; docs/administration.md tells who gives them") \
    X(VAULT_RELEASE_ONLY,   "vault.secret.release-only", 403, 1, "POST .../release with the token of a program that meets the secret's release policy")

/* Keys that only an attested program gets: the policies of keys, and their answers */
#define QUOTH_CODES_RELEASE(X)                                                                     \
    X(RELEASE_POLICY_SYNTAX, "release.policy.syntax", 400, 4, "correct the policy at the line and column that are named; docs/release-policy.md has the grammar") \
    X(RELEASE_POLICY_LIMIT,  "release.policy.limit",  400, 4, "write a smaller or flatter policy; docs/release-policy.md has the limits") \
    X(RELEASE_AUTHORITY,     "release.authority",     403, 1, "take a token from an authority that the release policy names") \
    X(RELEASE_UNMET,         "release.policy.unmet",  403, 1, "see which clause failed, with: quoth policy explain --kind release") \
    X(RELEASE_UNFIT,         "release.evidence.unfit", 403, 1, "debug and simulated TEEs get no keys, unless a clause of the policy says that the claim that is named equals true") \
    X(RELEASE_RECIPIENT,     "release.recipient",     400, 1, "put one RSA key of 2048 to 4096 bits, for encryption and with a kid, into the keys of the runtime data") \
    X(RELEASE_ANSWER,        "release.answer.invalid", 502, 4, "check that the address is that of a key vault that releases keys") \
    X(RELEASE_SIGNER,        "release.answer.untrusted", 502, 1, "name the CA of the vault with --ca, and the host as its certificate does") \
    X(RELEASE_MISMATCH,      "release.answer.mismatch", 502, 1, "the answer is not to this request: somebody stands in between, or another vault answered") \
    X(RELEASE_REFUSED,       "release.refused",        403, 1, "the vault's reason is in the message; its audit trail names the clause that failed")

/* Whether a key is handed out. A stranger is told RELEASE_UNVERIFIED or RELEASE_REFUSED */
#define QUOTH_CODES_RELEASING(X)                                                                   \
    X(RELEASE_UNVERIFIED,    "release.token.unverified", 403, 1, "send a token that is signed, not expired, and by an authority of this vault; its operator finds the reason in the audit trail") \
    X(RELEASE_TOKEN,         "release.token.invalid", 403, 1, "send the attestation token as its authority gave it, before it expires") \
    X(RELEASE_UNLISTED,      "release.authority.unlisted", 403, 1, "have the operator add the authority that is named to release-authority") \
    X(RELEASE_PROVIDER,      "release.authority.unavailable", 503, 3, "check that the authority answers, and that the settings release-authority and release-authority-private are right") \
    X(RELEASE_CHALLENGE,     "release.challenge",     403, 1, "POST /challenge for a fresh one, attest with it as nonce of the runtime data, and ask at once") \
    X(RELEASE_SUPERSEDED,    "release.token.superseded", 403, 1, "attest again: what decides has become stricter since the token was issued") \
    X(RELEASE_NOT_EXPORTABLE, "release.not-exportable", 400, 1, "only keys that were created exportable, and secrets with a release policy, are released") \
    X(RELEASE_SIGNING,       "release.signing.unavailable", 503, 3, "the service has no key to sign its answer with; its log says why, under release.no-signer") \
    X(RELEASE_EMPTY,         "release.empty",         400, 1, "an empty secret cannot be wrapped: set a value") \
    X(RELEASE_UNSIGNED,      "release.policy.unsigned", 400, 1, "this tenant wants release policies signed by one of its policy signers; docs/release.md has the form")

/* The sidecar, and what the programs beside it ask */
#define QUOTH_CODES_SIDECAR(X)                                                                     \
    X(SIDECAR_ENDPOINT,     "sidecar.endpoint",     403, 1, "the sidecar contacts only whom its settings name; add it there with --verifier or --vault") \
    X(SIDECAR_RUNTIME_DATA, "sidecar.runtime-data", 400, 4, "send base 64 of one JSON object of your own members, without \"v\", which marks forms of Quoth itself") \
    X(SIDECAR_ORIGIN,       "sidecar.origin",       403, 1, "ask from a program beside it: a page in a browser is served nothing") \
    X(SIDECAR_LOOPBACK,     "sidecar.loopback",     403, 1, "run it in a confidential VM; or, to try it out, accept that with --open-loopback")
/* clang-format on */

/* Every group, one per line. */
#define QUOTH_CODES(X)                                                                             \
    QUOTH_CODES_GENERAL(X)                                                                         \
    QUOTH_CODES_CODEC(X)                                                                           \
    QUOTH_CODES_CRYPTO(X)                                                                          \
    QUOTH_CODES_TEE(X)                                                                             \
    QUOTH_CODES_POLICY(X)                                                                          \
    QUOTH_CODES_HTTP(X)                                                                            \
    QUOTH_CODES_ENCLAVE(X)                                                                         \
    QUOTH_CODES_PLATFORM(X)                                                                        \
    QUOTH_CODES_NET(X)                                                                             \
    QUOTH_CODES_TOKEN(X)                                                                           \
    QUOTH_CODES_JWS(X)                                                                             \
    QUOTH_CODES_CHANGE(X)                                                                          \
    QUOTH_CODES_ATTESTER(X)                                                                        \
    QUOTH_CODES_RELYING(X)                                                                         \
    QUOTH_CODES_COLLATERAL(X)                                                                      \
    QUOTH_CODES_STORE(X)                                                                           \
    QUOTH_CODES_DEVICE(X)                                                                          \
    QUOTH_CODES_KEYRING(X)                                                                         \
    QUOTH_CODES_SERVICE(X)                                                                         \
    QUOTH_CODES_TENANT(X)                                                                          \
    QUOTH_CODES_ADMISSION(X)                                                                       \
    QUOTH_CODES_AUDIT(X)                                                                           \
    QUOTH_CODES_VAULT(X)                                                                           \
    QUOTH_CODES_ADMIN(X)                                                                           \
    QUOTH_CODES_VAULT_REQUEST(X)                                                                   \
    QUOTH_CODES_RELEASE(X)                                                                         \
    QUOTH_CODES_RELEASING(X)                                                                       \
    QUOTH_CODES_SIDECAR(X)

#endif
