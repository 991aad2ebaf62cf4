#include "bench/bench.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    int (*run)(const struct arguments *a);
} verbs[] = {
    {"library",  verb_library },
    {"bound",    verb_bound   },
    {"floor",    verb_floor   },
    {"load",     verb_load    },
    {"evidence", verb_evidence},
    {"idle",     verb_idle    },
    {"start",    verb_start   },
    {"table",    verb_table   },
};

void give_up(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("quoth-bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void give_up_if(const struct quoth_error *err)
{
    if (err->code != QUOTH_OK)
        give_up("%s: %s: %s", quoth_code_dotted(err->code), err->where, err->message);
}

const char *argument(const struct arguments *a, const char *name, const char *otherwise)
{
    for (int i = 0; i + 1 < a->count && strcmp(a->at[i], "--") != 0; i++)
        if (strncmp(a->at[i], "--", 2) == 0 && strcmp(a->at[i] + 2, name) == 0)
            return a->at[i + 1];
    return otherwise;
}

double argument_number(const struct arguments *a, const char *name, double otherwise)
{
    const char *text = argument(a, name, NULL);
    return text ? strtod(text, NULL) : otherwise;
}

const char *argument_need(const struct arguments *a, const char *name)
{
    const char *text = argument(a, name, NULL);
    if (text)
        return text;
    fprintf(stderr, "quoth-bench: --%s is needed\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; argc > 1 && i < COUNT(verbs); i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(&(struct arguments){argc - 2, argv + 2});
    fprintf(stderr, "usage: quoth-bench VERB [--OPTION VALUE]...\nverbs:");
    for (size_t i = 0; i < COUNT(verbs); i++)
        fprintf(stderr, " %s", verbs[i].name);
    fputc('\n', stderr);
    return 2;
}
