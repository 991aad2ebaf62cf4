#include "cli/policy_file.h"

#include "base/file.h"

bool policy_file_open(const char *path, struct policy **ret_policy, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    return file_read(path, POLICY_TEXT_MAX, &text, err) &&
           policy_open(buffer_bytes(&text), ret_policy, NULL, err);
}
