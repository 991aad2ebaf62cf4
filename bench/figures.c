#include "bench/figures.h"

#include "bench/bench.h"

#include <stdio.h>

void figure_add(const char *path, const char *name, double value)
{
    if (!path || !path[0])
        return;
    FILE *out = fopen(path, "a");
    if (!out)
        give_up("%s cannot be written", path);
    fprintf(out, "%s %.6g\n", name, value);
    fclose(out);
}

bool figure_get(const char *path, const char *name, double *ret_value)
{
    char found[64];
    double value;
    bool any = false;
    FILE *in = fopen(path, "r");
    while (in && fscanf(in, "%63s %lf", found, &value) == 2)
        if (strcmp(found, name) == 0) {
            *ret_value = value;
            any = true;
        }
    if (in)
        fclose(in);
    return any;
}
