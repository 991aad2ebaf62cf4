#include "service/state/trusted.h"

#include "base/file.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "codec/pem.h"

#include <stdio.h>

#define ROOT_FILE_MAX (256u << 10)
#define SIMULATED "simulated"
#define HARDWARE "hardware"

void trusted_clear(struct trusted *t)
{
    for (size_t i = 0; i < t->root_count; i++)
        buffer_clear(&t->roots[i]);
    *t = (struct trusted){0};
}

static bool usage(struct quoth_error *err, const char *where, const char *what)
{
    return quoth_fail(err, QUOTH_USAGE, where, QUOTH_NO_OFFSET, "%s", what);
}

static bool add_root(struct trusted *t, struct bytes der, struct quoth_error *err)
{
    const enum trust_class class = t->simulated ? TRUST_SIMULATED : TRUST_HARDWARE;
    if (t->root_count == TRUST_ANCHORS_MAX)
        return usage(err, "trust-root", "names too many roots");
    if (!trust_add(&t->trust, class, TRUST_FOR_ALL, der, err))
        return false;
    buffer_add(&t->roots[t->root_count], der);
    return buffer_ok(&t->roots[t->root_count++], err);
}

/* The names of --trust: fingerprints, each with whether a certificate for it was found. */
struct names {
    struct sha256 items[TRUST_ANCHORS_MAX];
    bool found[TRUST_ANCHORS_MAX];
    size_t count;
};

static bool read_names(const char *list, struct names *ret_names, struct quoth_error *err)
{
    for (const char *at = list; *at;) {
        const size_t len = strcspn(at, ",");
        if (ret_names->count == TRUST_ANCHORS_MAX)
            return usage(err, "trust", "names too many roots");
        if (!hex_decode_fixed((struct bytes){(const uint8_t *)at, len},
                              ret_names->items[ret_names->count].bytes, 32, err))
            return quoth_within(err, "trust");
        ret_names->count++;
        at += len + (at[len] == ',');
    }
    return ret_names->count > 0 ||
           usage(err, "trust", "names no root: write simulated:SHA256 or hardware:SHA256");
}

static bool take_certificate(struct trusted *t, struct names *names, struct bytes der,
                             struct quoth_error *err)
{
    const struct sha256 fingerprint = sha256_of(der);
    for (size_t i = 0; i < names->count; i++) {
        if (!sha256_equal(&names->items[i], &fingerprint))
            continue;
        names->found[i] = true;
        return add_root(t, der, err);
    }
    char hex[72];
    return quoth_fail(err, QUOTH_USAGE, "trust-root", QUOTH_NO_OFFSET,
                      "the certificate %s is not named in --trust",
                      hex_text(BYTES_OF(fingerprint.bytes), hex, sizeof hex));
}

static bool take_file(struct trusted *t, struct names *names, const char *path,
                      struct quoth_error *err)
{
    AUTO(buffer) struct buffer pem = {0};
    if (!file_read(path, ROOT_FILE_MAX, &pem, err))
        return false;
    struct reader r = {.in = buffer_bytes(&pem), .err = err};
    do {
        AUTO(buffer) struct buffer der = {0};
        if (!pem_next_lenient(&r, "CERTIFICATE", &der) ||
            !take_certificate(t, names, buffer_bytes(&der), err))
            return quoth_within(err, path);
    } while (reader_left(&r) > 0);
    return true;
}

static bool take_named(struct trusted *t, const char *list, const struct setting_list *files,
                       struct quoth_error *err)
{
    struct names names = {0};
    if (!read_names(list, &names, err))
        return false;
    for (size_t i = 0; i < files->count; i++)
        if (!take_file(t, &names, files->items[i], err))
            return false;
    for (size_t i = 0; i < names.count; i++)
        if (!names.found[i])
            return usage(err, "trust", "names a root whose certificate no --trust-root file has");
    return true;
}

bool trusted_from_config(const struct tenant_settings *s, struct trusted *ret_trusted,
                         struct quoth_error *err)
{
    AUTO(trusted) struct trusted t = {0};
    const char *what = s->trust ? s->trust : HARDWARE;
    if (strcmp(what, HARDWARE) == 0) {
        if (s->trust_root.count > 0)
            return usage(err, "trust-root",
                         "wants the class and the SHA-256 of the root: --trust hardware:SHA256 or "
                         "--trust simulated:SHA256");
        t.built_in = true;
        trust_init_built_in(&t.trust);
    } else if (strncmp(what, SIMULATED ":", strlen(SIMULATED ":")) == 0) {
        t.simulated = true;
        if (!take_named(&t, what + strlen(SIMULATED ":"), &s->trust_root, err))
            return false;
    } else if (strncmp(what, HARDWARE ":", strlen(HARDWARE ":")) == 0) {
        if (!take_named(&t, what + strlen(HARDWARE ":"), &s->trust_root, err))
            return false;
    } else {
        return usage(err, "trust",
                     "is neither hardware, hardware:SHA256,... nor simulated:SHA256,...");
    }
    *ret_trusted = take_value(t);
    return true;
}

bool trusted_write(const struct trusted *t, struct buffer *to, struct quoth_error *err)
{
    json_object_begin(to);
    json_named_cstring(to, "class", t->simulated ? SIMULATED : HARDWARE);
    json_name(to, "roots");
    json_array_begin(to);
    for (size_t i = 0; i < t->root_count; i++)
        json_base64url(to, buffer_bytes(&t->roots[i]));
    json_array_end(to);
    json_object_end(to);
    return buffer_ok(to, err);
}

bool trusted_read(struct bytes json, struct trusted *ret_trusted, struct quoth_error *err)
{
    AUTO(trusted) struct trusted t = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json class, roots;
    if (!json_parse(json, NULL, &doc, err) || !json_need(json_root(&doc), "class", &class, err) ||
        !json_need_array(json_root(&doc), "roots", &roots, err))
        return false;
    t.simulated = json_text_is(class, SIMULATED);
    if (!t.simulated && !json_text_is(class, HARDWARE))
        return quoth_fail(err, QUOTH_STORE_BROKEN, "trust.class", QUOTH_NO_OFFSET, "is unknown");
    for (struct json root = json_first(roots); json_exists(root); root = json_next(root)) {
        AUTO(buffer) struct buffer der = {0};
        if (!base64url_decode(json_plain(root), &der, err) ||
            !add_root(&t, buffer_bytes(&der), err))
            return false;
    }
    t.built_in = t.root_count == 0;
    if (t.built_in && t.simulated)
        return quoth_fail(err, QUOTH_STORE_BROKEN, "trust.roots", QUOTH_NO_OFFSET, "are missing");
    if (t.built_in)
        trust_init_built_in(&t.trust);
    *ret_trusted = take_value(t);
    return true;
}

bool trusted_choose(const struct tenant_settings *s, struct bytes recorded,
                    struct trusted *ret_trusted, struct quoth_error *err)
{
    AUTO(trusted) struct trusted kept = {0}, said = {0};
    if (!trusted_read(recorded, &kept, err))
        return quoth_within(err, "store");
    if (!s->trust && s->trust_root.count == 0) {
        *ret_trusted = take_value(kept);
        return true;
    }
    if (!trusted_from_config(s, &said, err))
        return false;
    if (said.simulated != kept.simulated)
        return quoth_fail(err, QUOTH_TRUST_MIXED, "trust", QUOTH_NO_OFFSET,
                          "this state folder was made for %s and can never serve %s",
                          kept.simulated ? SIMULATED " evidence" : HARDWARE,
                          said.simulated ? SIMULATED " evidence" : HARDWARE);
    *ret_trusted = take_value(said);
    return true;
}
