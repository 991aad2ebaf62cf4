#include "tee/list/list.h"

#include "tee/sgx/sgx.h"
#include "tee/tdx/tdx.h"

const struct tee_driver *const tee_list[] = {&tee_sgx, &tee_tdx, NULL};

const struct tee_driver *tee_named(const char *name)
{
    for (size_t i = 0; tee_list[i]; i++)
        if (strcmp(tee_list[i]->name, name) == 0)
            return tee_list[i];
    return NULL;
}

const struct tee_driver *tee_detect(struct bytes evidence)
{
    for (size_t i = 0; tee_list[i]; i++)
        if (tee_list[i]->detect(evidence))
            return tee_list[i];
    return NULL;
}
