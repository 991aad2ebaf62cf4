/* Runs a fuzz target over files and folders given as arguments: the corpus as a test, with any
 * compiler. Each has inputs: a corpus that is not there, or is not seen, would be a test of nothing. */
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
    for (struct dirent *e = folder ? readdir(folder) : NULL; e; e = readdir(folder)) {
        struct quoth_error err = {0};
        AUTO(text) char *file = path_join(path, e->d_name, &err);
        if (file && e->d_name[0] != '.')
            count += run_file(file);
    }
    if (folder)
        closedir(folder);
    if (count == 0) {
        fprintf(stderr, "%s: no inputs\n", path);
        exit(1);
    }
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
