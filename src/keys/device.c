#include "keys/device.h"

#include <stdio.h>

/* By their schemes; files, which have none, come last. A kind of device is added here. */
static const struct device_driver *const device_list[] = {&device_pkcs11, &device_tpm,
                                                          &device_file};

struct device {
    const struct device_driver *driver;
    void *self; /* the driver's */
    char *source, *state_folder;
    char name[DEVICE_NAME_SIZE];
};

static const struct device_driver *driver_of(const char *source)
{
    size_t i = 0; /* the last takes every source */
    while (i + 1 < COUNT(device_list) &&
           strncmp(source, device_list[i]->scheme, strlen(device_list[i]->scheme)) != 0)
        i++;
    return device_list[i];
}

bool device_is_file(const char *source)
{
    return driver_of(source) == &device_file;
}

void device_close(struct device *d)
{
    if (!d)
        return;
    if (d->self)
        d->driver->close(d->self);
    free(d->source);
    free(d->state_folder);
    free(d);
}

bool device_open(const char *source, const char *state_folder, struct device **ret_device,
                 struct quoth_error *err)
{
    AUTO(device) struct device *d = calloc(1, sizeof *d);
    if (!d || !(d->source = strdup(source)) || !(d->state_folder = strdup(state_folder)))
        return quoth_fail(err, QUOTH_MEMORY, "master-key", QUOTH_NO_OFFSET, "out of memory");
    d->driver = driver_of(source);
    if (!d->driver->open(d->source, d->state_folder, &d->self, d->name, err))
        return false;
    *ret_device = take(d);
    return true;
}

/* What was just made may have given the device its name: it is opened again. */
bool device_prepare(struct device *d, struct quoth_error *err)
{
    void *again = NULL;
    char name[DEVICE_NAME_SIZE] = "";
    if (!d->driver->prepare(d->self, err) ||
        !d->driver->open(d->source, d->state_folder, &again, name, err))
        return false;
    d->driver->close(d->self);
    d->self = again;
    snprintf(d->name, sizeof d->name, "%s", name);
    return true;
}

const char *device_name(const struct device *d)
{
    return d->name;
}

bool device_wrap(struct device *d, struct bytes label, const uint8_t secret[DEVICE_SECRET_SIZE],
                 struct buffer *ret_wrapped, struct quoth_error *err)
{
    return d->driver->wrap(d->self, label, secret, ret_wrapped, err) || quoth_within(err, d->name);
}

bool device_unwrap(struct device *d, struct bytes label, struct bytes wrapped,
                   uint8_t ret_secret[DEVICE_SECRET_SIZE], struct quoth_error *err)
{
    if (wrapped.len > DEVICE_WRAPPED_MAX)
        return quoth_fail(err, QUOTH_SEAL_BROKEN, d->name, QUOTH_NO_OFFSET,
                          "what is wrapped has %zu bytes, limit is %u", wrapped.len,
                          DEVICE_WRAPPED_MAX);
    return d->driver->unwrap(d->self, label, wrapped, ret_secret, err) ||
           quoth_within(err, d->name);
}
