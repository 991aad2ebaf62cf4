/* The attested secret, server side.
 *
 * Runs in an enclave (under Gramine, or `quoth enclave run`), makes a certificate, has a verifier
 * attest it, and waits for secrets. A client that fetches /token, finds it in order, and connects
 * to exactly the certificate in it, speaks to this program and to nobody else.
 *
 *     cc secret-server.c -o secret-server $(pkg-config --static --cflags --libs quoth)
 *     quoth enclave sign enclave.json
 *     quoth enclave run ./secret-server --verifier https://verifier.example
 *
 * Where the verifier is, and which CA vouches for it, the host may choose: a token that the
 * client's verifier did not sign convinces no client. Whether secrets are printed the host may not
 * choose: that stands in enclave.json, which is measured (there: "env": [{"name":
 * "SECRET_SERVER_SHOW_SECRETS", "value": "1"}]). So does, if there is one, the vault that the key of
 * its certificates comes from (enclave-vault.json): whoever chooses the vault chooses the key. With
 * it the server has the same key after each start; without it, a new one. */
#include <quoth/attester.h>
#include <quoth/fetch.h>
#include <quoth/server.h>
#include <quoth/text.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_MAX 4096 /* bytes */

static const char usage[] =
    "Usage: secret-server [OPTIONS]\n"
    "Serves https://ADDRESS/token and /secret from inside an enclave.\n\n"
    "  -l, --listen ADDRESS   where to listen (default 0.0.0.0:8080)\n"
    "      --verifier URL     the verifier that attests this program (or QUOTH_VERIFIER)\n"
    "      --ca FILE          PEM of the verifier's CA (or QUOTH_CA; default: system roots)\n"
    "      --rsa              an RSA-2048 key instead of ECDSA P-256\n"
    "      --lifetime SECONDS of a certificate (default 3600); it is renewed well before its end\n"
    "  -h, --help\n";

static struct quoth_server *server; /* for the signal handler */

static void on_signal(int number)
{
    (void)number;
    quoth_server_stop(server);
}

static int fail(const struct quoth_error *err)
{
    fprintf(stderr, "secret-server: %s%s%s\nhint: %s\n", err->where, err->where[0] ? ": " : "",
            err->message, quoth_code_hint(err->code));
    return quoth_code_exit(err->code);
}

/* Prints a secret as the measured configuration wants it: its text, or its length alone. */
static void report(const char *peer, const void *secret, size_t len)
{
    const char *show = getenv("SECRET_SERVER_SHOW_SECRETS");
    char text[4 * SECRET_MAX + 4];
    if (show && strcmp(show, "1") == 0)
        printf("📫 %s sent secret [%s]\n", peer, quoth_escape(text, sizeof text, secret, len));
    else
        printf("📫 %s sent secret [%zu bytes]\n", peer, len);
}

/* POST /secret: the secret is the body. */
static void secret_in_body(void *user, const struct quoth_request *request,
                           struct quoth_answer *ret_answer)
{
    (void)user;
    (void)ret_answer;
    report(request->peer, request->body, request->body_len);
}

/* GET /secret?s=...: as older clients send it. */
static void secret_in_query(void *user, const struct quoth_request *request,
                            struct quoth_answer *ret_answer)
{
    struct quoth_error err = {0};
    char *secret = NULL;
    (void)user;
    if (quoth_request_query(request, "s", &secret, &err) && secret)
        report(request->peer, secret, strlen(secret));
    else
        ret_answer->status = 400;
    free(secret);
}

static void renewed(void *user, const struct quoth_error *err)
{
    (void)user;
    if (err->code == QUOTH_OK)
        fprintf(stderr, "secret-server: renewed certificate and token\n");
    else
        fail(err); /* the old ones stay while they are good; it is tried again */
}

/* The key of the certificates, if the measured configuration names one in a vault. */
static bool fetch_key(struct quoth_server_options *options, struct quoth_fetched *key,
                      struct quoth_error *err)
{
    const struct quoth_fetch_request request = {
        .kind = QUOTH_FETCH_KEY,
        .vault = getenv("SECRET_SERVER_VAULT"),
        .vault_ca = getenv("SECRET_SERVER_VAULT_CA"),
        .name = getenv("SECRET_SERVER_TLS_KEY"),
        .verifier = options->verifier,
        .verifier_ca = options->ca_file,
    };
    if (!request.name)
        return true;
    if (!quoth_fetch(options->attester, &request, key, err))
        return false;
    options->private_key = key->data;
    options->private_key_len = key->len;
    puts("🔑 Got the key of the certificate from the vault.");
    return true;
}

static bool open_server(struct quoth_server_options *options, struct quoth_error *err)
{
    struct quoth_fetched key = {0};
    const bool ok = fetch_key(options, &key, err) && quoth_server_open(options, &server, err);
    quoth_fetched_clear(&key);
    return ok;
}

static int serve(struct quoth_server_options *options)
{
    struct quoth_error err = {0};
    if (!open_server(options, &err))
        return fail(&err);
    puts("🆗 Generated Certificate.");

    if (!quoth_server_attest(server, &err))
        return fail(&err);
    puts("🆗 Created an Attestation Token.");

    if (!quoth_server_route(server, "GET", "/secret", 0, secret_in_query, &err) ||
        !quoth_server_route(server, "POST", "/secret", SECRET_MAX, secret_in_body, &err))
        return fail(&err);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGPIPE, SIG_IGN);
    printf("📎 Token now available under https://%s/token\n", quoth_server_address(server));
    printf("👂 Listening on https://%s/secret for secrets...\n", quoth_server_address(server));
    return quoth_server_run(server, &err) ? 0 : fail(&err);
}

static int parse(int argc, char **argv, struct quoth_server_options *options)
{
    enum { VERIFIER = 256, CA, RSA, LIFETIME };
    /* clang-format off */
    static const struct option rows[] = {
        {"listen",   required_argument, NULL, 'l'},
        {"verifier", required_argument, NULL, VERIFIER},
        {"ca",       required_argument, NULL, CA},
        {"rsa",      no_argument,       NULL, RSA},
        {"lifetime", required_argument, NULL, LIFETIME},
        {"help",     no_argument,       NULL, 'h'},
        {0},
    };
    /* clang-format on */
    for (int c; (c = getopt_long(argc, argv, "l:h", rows, NULL)) != -1;) {
        char *end = NULL;
        switch (c) {
        case 'l':
            options->listen = optarg;
            break;
        case VERIFIER:
            options->verifier = optarg;
            break;
        case CA:
            options->ca_file = optarg;
            break;
        case RSA:
            options->key = QUOTH_KEY_RSA_2048;
            break;
        case LIFETIME:
            options->certificate_seconds = (unsigned)strtoul(optarg, &end, 10);
            if (*end == '\0' && options->certificate_seconds > 0)
                break;
            fprintf(stderr, "secret-server: --lifetime wants seconds, not \"%s\"\n", optarg);
            return 2;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            fputs(usage, stderr);
            return 2;
        }
    }
    if (optind == argc && options->verifier)
        return 0;
    fprintf(stderr, "secret-server: %s\n\n%s",
            optind < argc ? "takes no arguments" : "--verifier is missing", usage);
    return 2;
}

int main(int argc, char **argv)
{
    struct quoth_error err = {0};
    struct quoth_server_options options = {.listen = "0.0.0.0:8080",
                                           .verifier = getenv("QUOTH_VERIFIER"),
                                           .ca_file = getenv("QUOTH_CA"),
                                           .renewed = renewed};
    setvbuf(stdout, NULL, _IOLBF, 0);
    int status = parse(argc, argv, &options);
    if (status != 0)
        return status;
    if (!quoth_attester_open(NULL, &options.attester, &err))
        return fail(&err);
    status = serve(&options);
    quoth_server_close(server);
    quoth_attester_close(options.attester);
    return status;
}
