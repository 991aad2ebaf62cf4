/* Runs a fuzz target over files and folders given as arguments: the corpus as a test, with any
 * compiler. A folder that does not exist is an empty corpus. */
#include "base/file.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>

static size_t run_file(const char *path)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer data = {0};
    if (!file_read(path, 16u << 20, &data, &err)) {
        fprintf(stderr, "%s: %s\n", path, err.message);
        exit(1);
    }
    LLVMFuzzerTestOneInput(data.data, data.len);
    return 1;
}

static size_t run_folder(const char *path)
{
    DIR *folder = opendir(path);
    size_t count = 0;
    if (!folder)
        return 0;
    for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        struct quoth_error err = {0};
        AUTO(text) char *file = path_join(path, e->d_name, &err);
        if (file && e->d_type == DT_REG)
            count += run_file(file);
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    LLVMFuzzerTestOneInput(NULL, 0);
    for (int i = 1; i < argc; i++)
        count += run_folder(argv[i]);
    printf("%zu inputs\n", count);
    return 0;
}
