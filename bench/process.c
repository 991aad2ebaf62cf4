#include "bench/process.h"

#include "bench/bench.h"

#include <stdio.h>
#include <unistd.h>

static FILE *open_proc(int pid, const char *file)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid ? pid : (int)getpid(), file);
    FILE *in = fopen(path, "r");
    if (!in)
        give_up("there is no process %d", pid);
    return in;
}

double process_cpu_us(int pid)
{
    char text[1024] = "";
    unsigned long user = 0, system = 0;
    FILE *in = open_proc(pid, "stat");
    const char *name_end = fgets(text, sizeof text, in) ? strrchr(text, ')') : NULL;
    fclose(in);
    /* fields 14 and 15; the name, field 2, may hold anything */
    if (!name_end || sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                            &user, &system) != 2)
        give_up("/proc/%d/stat is not understood", pid);
    return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

/* The number behind the text that begins a line. */
static size_t number_after(int pid, const char *file, const char *text)
{
    char line[256];
    size_t value = 0;
    FILE *in = open_proc(pid, file);
    while (value == 0 && fgets(line, sizeof line, in))
        if (strncmp(line, text, strlen(text)) == 0)
            value = strtoul(line + strlen(text), NULL, 10);
    fclose(in);
    return value;
}

size_t process_rss(int pid)
{
    return number_after(pid, "status", "VmRSS:") * 1024;
}

size_t process_max_files(int pid)
{
    return number_after(pid, "limits", "Max open files");
}
