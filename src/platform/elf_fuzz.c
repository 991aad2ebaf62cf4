#include "platform/image.h"

#include "tests/fuzz/fuzz.h"

/* What is accepted can be rebuilt, and the rebuilt file is accepted again as the same program. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0}, again_err = {0};
    AUTO(image) struct image image = {0}, again = {0};
    struct bytes section;

    if (image_build(in, &image, &err)) {
        const struct elf_program *p = &image.program;
        require(err.code == QUOTH_OK && p->segment_count > 0 && image.file.len <= len);
        for (size_t i = 0; i < p->segment_count; i++) {
            const struct elf_segment *s = &p->segments[i];
            require((s->flags & (ELF_W | ELF_X)) != (ELF_W | ELF_X));
            require(s->file_size <= s->mem_size && s->vaddr + s->mem_size <= ELF_SIZE_MAX);
            require(bytes_equal(bytes_slice(in, s->offset, s->file_size),
                                bytes_slice(buffer_bytes(&image.file), s->offset, s->file_size)));
        }
        require(image_build(buffer_bytes(&image.file), &again, &again_err));
        require(again.program.entry == p->entry);
        require(bytes_equal(buffer_bytes(&again.file), buffer_bytes(&image.file)));
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0');
    }
    err = (struct quoth_error){0};
    if (elf_section(in, ".oeinfo", &section, &err))
        require(section.len <= len);
    else
        require(err.code == QUOTH_MALFORMED);
    return 0;
}
