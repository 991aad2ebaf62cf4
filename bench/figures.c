#include "bench/figures.h"

#include "bench/bench.h"
#include "bench/stats.h"

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
    double value, values[ROUNDS_MAX];
    size_t count = 0;
    FILE *in = fopen(path, "r");
    while (in && count < ROUNDS_MAX && fscanf(in, "%63s %lf", found, &value) == 2)
        if (strcmp(found, name) == 0)
            values[count++] = value;
    if (in)
        fclose(in);
    if (count > 0)
        *ret_value = median(values, count);
    return count > 0;
}
