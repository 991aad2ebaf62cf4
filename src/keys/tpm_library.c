#include "keys/tpm_library.h"

#include <dlfcn.h>

static bool missing(struct quoth_error *err)
{
    const char *why = dlerror();
    return quoth_fail(err, QUOTH_DEVICE_UNAVAILABLE, "tpm", QUOTH_NO_OFFSET,
                      "tpm2-tss is needed (Debian: libtss2-esys-3.0.2-0 and libtss2-tctildr0): %s",
                      why ? why : "it does not load");
}

static bool load(const char *name, void **ret_library, struct quoth_error *err)
{
    *ret_library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    return *ret_library || missing(err);
}

static void unload(void *library)
{
    if (library)
        dlclose(library);
}

void tpm_library_close(struct tpm_library *l)
{
    unload(l->esys);
    unload(l->mu);
    unload(l->tctildr);
    *l = (struct tpm_library){0};
}

bool tpm_library_open(struct tpm_library *ret_library, struct quoth_error *err)
{
    AUTO(tpm_library) struct tpm_library l = {0};
    if (!load("libtss2-tctildr.so.0", &l.tctildr, err) || !load("libtss2-mu.so.0", &l.mu, err) ||
        !load("libtss2-esys.so.0", &l.esys, err))
        return false;
#define TPM_FUNCTION_FIND(library, name)                                                           \
    *(void **)&l.name = dlsym(l.library, #name); /* as POSIX has it */                             \
    if (!l.name)                                                                                   \
        return missing(err);
    TPM_FUNCTIONS(TPM_FUNCTION_FIND)
#undef TPM_FUNCTION_FIND
    *ret_library = take_value(l);
    return true;
}
