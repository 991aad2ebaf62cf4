#include "platform/enclave_run.h"

#include <sys/prctl.h>

#include "base/file.h"
#include "platform/enclave.h"
#include "platform/jail.h"
#include "platform/memory_file.h"
#include "platform/platform.h"
#include "platform/supervisor.h"
#include "platform/vector.h"

/* What a measured entry gives the program; NULL for a variable that the host was to set and did
 * not.
 */
static const char *value_of(const struct enclave_env *e)
{
    const char *hosts = e->from_host ? getenv(e->name) : NULL;
    if (hosts)
        return hosts;
    return e->value ? e->value : (e->from_host ? NULL : "");
}

static bool environment(const struct enclave_config *config, struct vector *ret_env,
                        const char **ret_folder, struct quoth_error *err)
{
    *ret_folder = "/";
    if (!vector_open(ret_env, config->env_count, err))
        return false;
    for (size_t i = 0; i < config->env_count; i++) {
        const char *name = config->env[i].name, *value = value_of(&config->env[i]);
        if (value && !vector_add(ret_env, name, "=", value, err))
            return false;
        if (value && value[0] && strcmp(name, "PWD") == 0)
            *ret_folder = value;
    }
    return true;
}

static bool announce(FILE *log, const char *platform, unsigned walls, struct quoth_error *err)
{
    AUTO(buffer) struct buffer have = {0}, lack = {0};
    jail_walls_text(walls, &have);
    jail_walls_text(JAIL_ALL & ~walls, &lack);
    if (!buffer_ok(&have, err) || !buffer_ok(&lack, err))
        return false;
    fprintf(log, "[quoth] SIMULATED TEE - no hardware protection (platform %s)\n", platform);
    fprintf(log, "[quoth] confined by %.*s\n", (int)have.len, (const char *)have.data);
    if (walls != JAIL_ALL)
        fprintf(log, "[quoth] not available here: %.*s\n", (int)lack.len, (const char *)lack.data);
    (void)fflush(log);
    return true;
}

/* The jail stands before the platform is opened: what was forked off has no key in its memory. */
static bool jail_and_run(const struct enclave_run *run, const struct enclave *enclave,
                         const struct jail_plan *plan, int *ret_wait_status,
                         struct quoth_error *err)
{
    AUTO(jail) struct jail jail = JAIL_EMPTY;
    AUTO(text) char *folder = NULL;
    AUTO(platform) struct platform *platform = NULL;

    if (!jail_open(plan, &jail, err))
        return false;
    prctl(PR_SET_DUMPABLE, 0); /* nobody looks at the keys in our memory, alive or as a core */
    if (!platform_folder(run->platform, &folder, err) || !platform_open(folder, &platform, err) ||
        !announce(run->log, platform_id(platform), jail.walls, err))
        return false;
    const struct device device = platform_device(platform);
    const struct supervision supervision = {
        .jail = &jail,
        .device = &device,
        .identity = &enclave->identity,
        .config = &enclave->config,
        .log = run->log,
    };
    return supervisor_run(&supervision, ret_wait_status, err);
}

bool enclave_run(const struct enclave_run *run, int *ret_wait_status, struct quoth_error *err)
{
    AUTO(enclave) struct enclave enclave = {0};
    AUTO(vector) struct vector argv = {0}, env = {0};
    AUTO(fd) int program = -1;
    const char *folder;

    if (!enclave_load(run->exe, &enclave, err) ||
        !memory_file_executable(buffer_bytes(&enclave.image.file), &program, err) ||
        !vector_arguments(&argv, run->exe, run->args, err) ||
        !environment(&enclave.config, &env, &folder, err))
        return false;
    const struct jail_plan plan = {
        .program = program,
        .argv = argv.items,
        .envp = env.items,
        .folder = folder,
        .config = &enclave.config,
        .require_all = run->require_sandbox,
    };
    return jail_and_run(run, &enclave, &plan, ret_wait_status, err);
}
