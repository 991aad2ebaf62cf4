#include "platform/vendor.h"

#include "base/file.h"
#include "base/time.h"
#include "crypto/cert.h"
#include "crypto/random.h"
#include "platform/documents.h"
#include "platform/layout.h"
#include "platform/model.h"
#include "platform/pki.h"
#include "platform/quoting.h"
#include "platform/revocation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void dir_close(DIR *dir)
{
    if (dir)
        closedir(dir);
}
DEFINE_AUTO(dir, DIR *, dir_close)

/* Makes the folder and those above it that are missing. */
static bool make_folders(const char *folder, struct quoth_error *err)
{
    AUTO(text) char *path = strdup(folder);

    if (!path)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    char *end = path + (path[0] == '/');
    do {
        end = strchr(end, '/');
        if (end)
            *end = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return quoth_fail(err, QUOTH_IO, path, QUOTH_NO_OFFSET, "cannot be made: %s",
                              strerror(errno));
        if (end)
            *end++ = '/';
    } while (end);
    return true;
}

static bool check_empty(const char *folder, struct quoth_error *err)
{
    AUTO(dir) DIR *dir = opendir(folder);

    if (!dir)
        return quoth_fail(err, QUOTH_IO, folder, QUOTH_NO_OFFSET, "cannot be opened: %s",
                          strerror(errno));
    /* cppcheck-suppress readdirCalled ; the stream is nobody else's */
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return quoth_fail(err, QUOTH_PLATFORM_EXISTS, folder, QUOTH_NO_OFFSET,
                              layout_has(folder, FILE_SETTINGS) ? "holds a platform already"
                                                                : "is not empty");
    return true;
}

static bool draw_settings(const char *service, int64_t now, struct settings *ret_settings,
                          struct quoth_error *err)
{
    struct settings s = {
        .created = now,
        .status = TCB_UP_TO_DATE,
        .status_since = now,
        .evaluation_data_number = 1,
    };
    const struct bytes url = bytes_of_text(service ? service : VENDOR_SERVICE_DEFAULT);

    if (url.len > SETTINGS_SERVICE_MAX)
        return quoth_fail(err, QUOTH_USAGE, "url", QUOTH_NO_OFFSET,
                          "has %zu characters, limit is %d", url.len, SETTINGS_SERVICE_MAX);
    if (url.len == 0 || url.data[url.len - 1] == '/') /* paths follow it */
        return quoth_fail(err, QUOTH_USAGE, "url", QUOTH_NO_OFFSET, "ends with a slash");
    bytes_copy((uint8_t *)s.service, url);
    if (!random_fill(s.ppid, sizeof s.ppid, err) || !random_fill(s.fmspc, sizeof s.fmspc, err))
        return false;
    s.fmspc[0] = MODEL_FMSPC_PREFIX;
    *ret_settings = s;
    return true;
}

static bool make_processor(const char *folder, struct processor *ret_cpu, struct quoth_error *err)
{
    static const uint8_t cpu_svn[16] = MODEL_CPU_SVN;
    uint8_t fuse[PROCESSOR_FUSE_SIZE], owner_epoch[16];

    if (!random_fill(fuse, sizeof fuse, err) || !random_fill(owner_epoch, sizeof owner_epoch, err))
        return false;
    const bool made =
        layout_write(folder, FILE_FUSE, BYTES_OF(fuse), err) &&
        layout_write(folder, FILE_CPU_SVN, BYTES_OF(cpu_svn), err) &&
        layout_write(folder, FILE_OWNER_EPOCH, BYTES_OF(owner_epoch), err) &&
        processor_init(ret_cpu, BYTES_OF(fuse), BYTES_OF(cpu_svn), BYTES_OF(owner_epoch), err);
    bytes_wipe(fuse, sizeof fuse);
    return made;
}

static bool make_quoting_enclaves(const char *folder, const struct processor *cpu,
                                  struct quoth_error *err)
{
    AUTO(private_key) struct private_key *pck = NULL;

    return pki_key(folder, FILE_PCK_KEY, &pck, err) &&
           quoting_make(folder, QUOTING_SGX, cpu, pck, err) &&
           quoting_make(folder, QUOTING_TDX, cpu, pck, err);
}

/* Issues documents and CRLs, and remembers that. */
static bool publish(const char *folder, struct settings *s, int64_t now, struct quoth_error *err)
{
    AUTO(buffer) struct buffer cpu_svn = {0};

    if (!layout_read(folder, FILE_CPU_SVN, &cpu_svn, err))
        return false;
    if (cpu_svn.len != 16)
        return quoth_fail(err, QUOTH_MALFORMED, FILE_CPU_SVN, QUOTH_NO_OFFSET,
                          "has %zu bytes, not 16", cpu_svn.len);
    s->crl_number++;
    s->issued = now;
    return documents_issue(folder, s, buffer_bytes(&cpu_svn), now, err) &&
           revocation_issue(folder, s, now, err) && settings_write(folder, s, err);
}

/* Two commands at once must not publish half of each: the folder is locked while one works. */
static bool lock(const char *folder, int *ret_lock, struct quoth_error *err)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        quoth_fail(err, QUOTH_IO, folder, QUOTH_NO_OFFSET, "cannot be locked: %s", strerror(errno));
        fd_close(fd);
        return false;
    }
    *ret_lock = fd;
    return true;
}

/* Makes the folder, locks it, and sees to it that it is empty and nobody else's to read. */
static bool claim_folder(const char *folder, int *ret_lock, struct quoth_error *err)
{
    if (!make_folders(folder, err) || !lock(folder, ret_lock, err) || !check_empty(folder, err))
        return false;
    if (chmod(folder, 0700) != 0)
        return quoth_fail(err, QUOTH_IO, folder, QUOTH_NO_OFFSET, "mode 0700: %s", strerror(errno));
    return true;
}

bool vendor_init(const char *folder, const char *service, int64_t now, struct quoth_error *err)
{
    AUTO(fd) int locked = -1;
    AUTO(processor) struct processor cpu = {0};
    struct settings s = {0};

    return claim_folder(folder, &locked, err) && draw_settings(service, now, &s, err) &&
           make_processor(folder, &cpu, err) &&
           pki_make(folder, &s, BYTES_OF(cpu.cpu_svn), now, err) &&
           make_quoting_enclaves(folder, &cpu, err) && publish(folder, &s, now, err);
}

/* Locks a platform and reads its settings: once more, as another command may have held the lock. */
static bool begin(const char *folder, int *ret_lock, struct settings *ret_settings,
                  struct quoth_error *err)
{
    return settings_read(folder, ret_settings, err) && lock(folder, ret_lock, err) &&
           settings_read(folder, ret_settings, err);
}

bool vendor_replace_machine(const char *folder, int64_t now, struct quoth_error *err)
{
    AUTO(fd) int locked = -1;
    AUTO(processor) struct processor cpu = {0};
    struct settings s = {0};

    if (!begin(folder, &locked, &s, err))
        return false;
    if (s.revoked[REVOCABLE_PCK] != 0) /* the CRL names the certificate in the folder */
        return quoth_fail(err, QUOTH_USAGE, "pck", QUOTH_NO_OFFSET,
                          "is revoked; with another in its place that would be forgotten");
    return random_fill(s.ppid, sizeof s.ppid, err) && make_processor(folder, &cpu, err) &&
           pki_make_pck(folder, &s, BYTES_OF(cpu.cpu_svn), now, err) &&
           make_quoting_enclaves(folder, &cpu, err) && settings_write(folder, &s, err);
}

bool vendor_refresh(const char *folder, uint32_t evaluation_number, int64_t now,
                    struct quoth_error *err)
{
    AUTO(fd) int locked = -1;
    struct settings s = {0};

    if (!begin(folder, &locked, &s, err))
        return false;
    if (evaluation_number != 0 && evaluation_number < s.evaluation_data_number)
        return quoth_fail(err, QUOTH_USAGE, "evaluation-number", QUOTH_NO_OFFSET,
                          "%u is below the present one, %u", evaluation_number,
                          s.evaluation_data_number);
    if (evaluation_number != 0)
        s.evaluation_data_number = evaluation_number;
    return publish(folder, &s, now, err);
}

bool vendor_set_tcb(const char *folder, enum tcb_status status, int64_t now,
                    struct quoth_error *err)
{
    AUTO(fd) int locked = -1;
    struct settings s = {0};

    if (status == TCB_UNKNOWN || status == TCB_TD_RELAUNCH_ADVISED ||
        status == TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED || status >= TCB_STATUS_COUNT)
        return quoth_fail(err, QUOTH_USAGE, "status", QUOTH_NO_OFFSET,
                          "%s is not a status that a TCB level has", tcb_status_name(status));
    if (!begin(folder, &locked, &s, err))
        return false;
    s.status = status;
    s.status_since = now;
    s.evaluation_data_number++;
    return publish(folder, &s, now, err);
}

bool vendor_revoke(const char *folder, enum revocable what, int64_t now, struct quoth_error *err)
{
    AUTO(fd) int locked = -1;
    struct settings s = {0};

    if (!begin(folder, &locked, &s, err))
        return false;
    if (s.revoked[what] == 0)
        s.revoked[what] = now;
    return publish(folder, &s, now, err);
}

bool vendor_facts(const char *folder, struct vendor_facts *ret_facts, struct quoth_error *err)
{
    AUTO(buffer) struct buffer root = {0};
    AUTO(buffer) struct buffer pck = {0};
    struct vendor_facts facts;
    struct cert cert;

    if (!settings_read(folder, &facts.settings, err) ||
        !pki_cert(folder, FILE_ROOT_CA_CERT, &root, err) ||
        !pki_cert(folder, FILE_PCK_CERT, &pck, err) || !cert_read(buffer_bytes(&pck), &cert, err))
        return false;
    settings_platform_id(&facts.settings, facts.id);
    facts.root = sha256_of(buffer_bytes(&root));
    facts.next_update = facts.settings.issued + DOCUMENTS_DAYS * TIME_DAY;
    facts.pck_not_after = cert.not_after;
    *ret_facts = facts;
    return true;
}
