/* The attested secret, client side.
 *
 * Has a secret for one program and for nobody else: fetches that program's token, checks what it
 * says, takes the program's certificate out of it, and sends the secret over a TLS connection that
 * accepts exactly this certificate. Whatever goes wrong before the last step, the secret stays
 * here.
 *
 *     cc secret-client.c -o secret-client $(pkg-config --cflags --libs quoth)
 *     secret-client -s SIGNERID -a server.example:8080 --verifier https://verifier.example
 *
 * Exit status: 0 sent, 1 the server is not to be trusted, 2 wrong usage, 3 something is
 * unavailable. */
#include <quoth/relying.h>
#include <quoth/text.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECRET "thisIsTheSecret"
#define NONCE_SIZE 32
#define ATTEMPTS 5 /* while the server is busy */

static const char usage[] =
    "Usage: secret-client -s SIGNERID --verifier URL [OPTIONS]\n"
    "Sends a secret to the attested server, if it is the program that is expected.\n\n"
    "  -s, --signer-id HEX         who must have signed the program (quoth enclave signerid)\n"
    "  -a, --address HOST:PORT     the server (default localhost:8080)\n"
    "      --verifier URL          whose tokens count, as they name it in iss (or QUOTH_VERIFIER)\n"
    "      --ca FILE               PEM of the verifier's CA (or QUOTH_CA; default: system roots)\n"
    "      --unique-id HEX         exactly this build of the program (quoth enclave uniqueid)\n"
    "      --product-id N          default 1234\n"
    "      --security-version N    at least this one (default 2)\n"
    "      --tcb-status LIST       statuses of the platform that are good enough\n"
    "      --max-age SECONDS       of the token\n"
    "      --cached                take the token that stands ready; without this option the "
    "server\n"
    "                              must prove itself anew, for a challenge of ours\n"
    "      --allow-debug           a debug enclave will do\n"
    "      --allow-simulated       a simulated TEE will do: it protects nothing\n"
    "  -h, --help\n";

struct arguments {
    const char *address;
    struct quoth_relying_options relying;
    struct quoth_expected expected;
    uint8_t signer_id[32], unique_id[32];
    bool cached;
};

static int fail(const struct quoth_error *err)
{
    const int status = quoth_code_exit(err->code);
    fprintf(stderr, "secret-client: %s%s%s\nhint: %s\n", err->where, err->where[0] ? ": " : "",
            err->message, quoth_code_hint(err->code));
    return status == 4 ? 1 : status; /* what is malformed is not to be trusted */
}

/* GET from the server over TLS that nobody has verified yet, trying again while it is busy. The
 * body is malloc'd. */
static bool get_untrusted(const char *url, char **ret_body, struct quoth_error *err)
{
    int status = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        uint8_t jitter = 0;
        if (!quoth_untrusted_get(url, 10000, &status, ret_body, err))
            return false;
        if (status == 200)
            return true;
        free(*ret_body);
        *ret_body = NULL;
        if ((status != 429 && status != 503) || !quoth_random(&jitter, 1, err))
            break;
        usleep(500000u + jitter * 4000u);
    }
    return quoth_fail(err, QUOTH_UNAVAILABLE, "server", QUOTH_NO_OFFSET,
                      "answers with status %d when asked for its token", status);
}

/* The server's token, over a challenge of ours unless a cached one will do. */
static bool fetch_token(const struct arguments *a, const uint8_t nonce[NONCE_SIZE],
                        char **ret_token, struct quoth_error *err)
{
    char url[512];
    char *text = NULL;
    if (!quoth_base64url(nonce, NONCE_SIZE, &text, err))
        return false;
    snprintf(url, sizeof url, "https://%s/token%s%s", a->address,
             a->cached ? "" : "?nonce=", a->cached ? "" : text);
    free(text);
    return get_untrusted(url, ret_token, err);
}

/* The checks of the identity one by one, so that each can say that it passed. */
static bool check_identity(const struct quoth_verified *v, const struct quoth_expected *expected,
                           int64_t now, struct quoth_error *err)
{
    struct quoth_expected e = *expected;
    e.has_product_id = false;
    e.security_version = 0;
    if (!quoth_relying_check(v, &e, now, err))
        return false;
    puts("✅ SignerID of the report equals the SignerID you passed to the client.");
    e.has_product_id = true;
    if (!quoth_relying_check(v, &e, now, err))
        return false;
    puts("✅ ProductID verified.");
    if (!quoth_relying_check(v, expected, now, err))
        return false;
    puts("✅ SecurityVersion verified.");
    return true;
}

static bool send_secret(const struct arguments *a, const struct quoth_verified *v,
                        struct quoth_error *err)
{
    char url[512], *body = NULL;
    int status = 0;
    snprintf(url, sizeof url, "https://%s/secret", a->address);
    if (!quoth_attested_exchange(v->certificate, v->certificate_len, "POST", url,
                                 (const uint8_t *)SECRET, strlen(SECRET), 10000, &status, &body,
                                 err))
        return false;
    free(body);
    return status == 200 || quoth_fail(err, QUOTH_UNAVAILABLE, "server", QUOTH_NO_OFFSET,
                                       "answers the secret with status %d", status);
}

/* One pass over all steps. verified is cleared by the caller. */
static bool attempt(const struct arguments *a, struct quoth_relying *relying,
                    struct quoth_verified *verified, char **token, struct quoth_error *err)
{
    struct quoth_expected expected = a->expected;
    uint8_t nonce[NONCE_SIZE];
    const int64_t now = (int64_t)time(NULL);
    if (!quoth_random(nonce, sizeof nonce, err) || !fetch_token(a, nonce, token, err))
        return false;
    printf("🆗 Loaded server attestation token from https://%s/token.\n", a->address);

    if (!quoth_relying_verify(relying, *token, strlen(*token), now, verified, err))
        return false;
    puts("✅ Attestation Token verified.");

    if (!a->cached) {
        expected.nonce = nonce;
        expected.nonce_len = sizeof nonce;
    }
    if (!check_identity(verified, &expected, now, err))
        return false;

    if (!verified->certificate)
        return quoth_fail(err, QUOTH_TOKEN_CLAIM, "held data", QUOTH_NO_OFFSET,
                          "the token holds no certificate");
    puts("🆗 Server certificate extracted from token.");

    if (!send_secret(a, verified, err))
        return false;
    puts("🔒 Sent secret over attested TLS channel.");
    return true;
}

static int run(const struct arguments *a)
{
    struct quoth_relying *relying = NULL;
    struct quoth_error err = {0};
    bool sent = quoth_relying_open(&a->relying, &relying, &err);
    if (!sent)
        return fail(&err);
    for (int pass = 1; pass <= 2; pass++) {
        struct quoth_verified verified = {0};
        char *token = NULL;
        err = (struct quoth_error){0};
        sent = attempt(a, relying, &verified, &token, &err);
        quoth_verified_clear(&verified);
        free(token);
        if (sent || err.code != QUOTH_TLS_CERTIFICATE_CHANGED)
            break; /* and when it changes twice, it was no renewal */
        if (pass == 1)
            fputs("secret-client: the server's certificate has changed, once more\n", stderr);
    }
    quoth_relying_close(relying);
    return sent ? 0 : fail(&err);
}

static bool read_number(const char *text, unsigned long most, unsigned long *ret_number)
{
    char *end = NULL;
    const unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number > most)
        return false;
    *ret_number = number;
    return true;
}

static bool parse_one(int c, const char *value, struct arguments *a)
{
    struct quoth_error err = {0};
    unsigned long number = 0;
    switch (c) {
    case 's':
        a->expected.signer_id = a->signer_id;
        return quoth_hex_read(value, a->signer_id, sizeof a->signer_id, &err);
    case 'u':
        a->expected.unique_id = a->unique_id;
        return quoth_hex_read(value, a->unique_id, sizeof a->unique_id, &err);
    case 'a':
        a->address = value;
        return strlen(value) < 300;
    case 'v':
        a->relying.verifier = value;
        return true;
    case 'c':
        a->relying.ca_file = value;
        return true;
    case 'p':
        if (!read_number(value, UINT16_MAX, &number))
            return false;
        a->expected.product_id = (uint16_t)number;
        return true;
    case 'n':
        if (!read_number(value, UINT16_MAX, &number))
            return false;
        a->expected.security_version = (uint16_t)number;
        return true;
    case 't':
        a->expected.tcb_statuses = value;
        return true;
    case 'm':
        if (!read_number(value, 1000000000, &number))
            return false;
        a->expected.max_age = (int64_t)number;
        return true;
    case 'C':
        return a->cached = true;
    case 'D':
        return a->expected.allow_debug = true;
    case 'S':
        return a->relying.allow_simulated = true;
    default:
        return false;
    }
}

static int parse(int argc, char **argv, struct arguments *a)
{
    /* clang-format off */
    static const struct option rows[] = {
        {"signer-id",         required_argument, NULL, 's'},
        {"address",           required_argument, NULL, 'a'},
        {"verifier",          required_argument, NULL, 'v'},
        {"ca",                required_argument, NULL, 'c'},
        {"unique-id",         required_argument, NULL, 'u'},
        {"product-id",        required_argument, NULL, 'p'},
        {"security-version",  required_argument, NULL, 'n'},
        {"tcb-status",        required_argument, NULL, 't'},
        {"max-age",           required_argument, NULL, 'm'},
        {"cached",            no_argument,       NULL, 'C'},
        {"allow-debug",       no_argument,       NULL, 'D'},
        {"allow-simulated",   no_argument,       NULL, 'S'},
        {"help",              no_argument,       NULL, 'h'},
        {0},
    };
    /* clang-format on */
    for (int c; (c = getopt_long(argc, argv, "s:a:h", rows, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        if (!parse_one(c, optarg, a)) {
            if (c != '?')
                fprintf(stderr, "secret-client: cannot use \"%s\" as it stands\n\n", optarg);
            fputs(usage, stderr);
            return 2;
        }
    }
    if (optind == argc && a->relying.verifier && a->expected.signer_id)
        return 0;
    fputs(usage, stderr);
    return 2;
}

int main(int argc, char **argv)
{
    /* clang-format off */
    struct arguments a = {
        .address = "localhost:8080",
        .relying = {.verifier = getenv("QUOTH_VERIFIER"), .ca_file = getenv("QUOTH_CA")},
        .expected = {.has_product_id = true, .product_id = 1234, .security_version = 2},
    };
    /* clang-format on */
    setvbuf(stdout, NULL, _IOLBF, 0);
    const int status = parse(argc, argv, &a);
    return status == 0 ? run(&a) : status;
}
