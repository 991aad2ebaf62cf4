/* A TPM in software, in a folder of its own and on free ports; and what others may do to it. */
#ifndef QUOTH_TESTS_DEVICES_SWTPM_H
#define QUOTH_TESTS_DEVICES_SWTPM_H

#include "device.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <tss2_esys.h>
#include <tss2_tctildr.h>

struct swtpm {
    char folder[32], tcti[64];
    int port; /* the next one is for control */
    pid_t pid;
};

static inline bool is_free(int port)
{
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM, 0);
    return bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
}

/* Two free ports, one after the other, below those that the kernel gives away: nobody gets them by
 * chance while the machine is off. 0: none. */
static inline int free_ports(void)
{
    for (int i = 0; i < 500; i++) {
        const int port = 16384 + 2 * ((int)getpid() + i) % 16384;
        if (is_free(port) && is_free(port + 1))
            return port;
    }
    return 0;
}

static inline bool answers(int port)
{
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM, 0);
    return connect(fd, (const struct sockaddr *)&at, sizeof at) == 0;
}

static inline void swtpm_stop(struct swtpm *s)
{
    if (s->pid > 0) {
        kill(s->pid, SIGTERM);
        waitpid(s->pid, NULL, 0);
    }
    s->pid = 0;
}

/* As a machine is switched on: PCRs are zero, what is non-volatile stays. */
static inline void swtpm_start(struct swtpm *s)
{
    char dir[64], server[64], control[64];
    snprintf(dir, sizeof dir, "dir=%s", s->folder);
    snprintf(server, sizeof server, "type=tcp,port=%d", s->port);
    snprintf(control, sizeof control, "type=tcp,port=%d", s->port + 1);
    s->pid = fork();
    if (s->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", dir, "--server", server,
               "--ctrl", control, "--flags", "not-need-init,startup-clear", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 6000 && !answers(s->port + 1); i++)
        usleep(10000);
}

static inline bool swtpm_open(struct swtpm *s)
{
    setenv("TSS2_LOG", "all+none", 0);
    if (!run("command -v swtpm >/dev/null"))
        return false;
    snprintf(s->folder, sizeof s->folder, "/tmp/quoth-swtpm-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    s->port = free_ports();
    assert_true(s->port > 0);
    snprintf(s->tcti, sizeof s->tcti, "swtpm:host=127.0.0.1,port=%d", s->port);
    swtpm_start(s);
    return true;
}

static inline void swtpm_close(struct swtpm *s)
{
    char command[64];
    swtpm_stop(s);
    if (s->folder[0]) {
        snprintf(command, sizeof command, "rm -r %s", s->folder);
        run(command);
    }
}

/* ---- another program's visit */
struct visitor {
    TSS2_TCTI_CONTEXT *tcti;
    ESYS_CONTEXT *esys;
};

static inline void visitor_leave(struct visitor *v)
{
    Esys_Finalize(&v->esys);
    Tss2_TctiLdr_Finalize(&v->tcti);
}
DEFINE_AUTO_VALUE(visitor, struct visitor, visitor_leave)

static inline struct visitor visitor_of(const struct swtpm *s)
{
    struct visitor v = {0};
    assert_int_equal(Tss2_TctiLdr_Initialize(s->tcti, &v.tcti), TSS2_RC_SUCCESS);
    assert_int_equal(Esys_Initialize(&v.esys, v.tcti, NULL), TSS2_RC_SUCCESS);
    return v;
}

/* How many handles of a type are in use: transient objects, loaded sessions. */
static inline unsigned handles_of(const struct swtpm *s, TPM2_HT type)
{
    AUTO(visitor) struct visitor v = visitor_of(s);
    TPMS_CAPABILITY_DATA *found = NULL;
    assert_int_equal(Esys_GetCapability(v.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                        TPM2_CAP_HANDLES, (TPM2_HANDLE)type << TPM2_HR_SHIFT, 10,
                                        NULL, &found),
                     TSS2_RC_SUCCESS);
    const unsigned count = found->data.handles.count;
    Esys_Free(found);
    return count;
}

#endif
