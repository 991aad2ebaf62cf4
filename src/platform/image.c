#include "platform/image.h"

void image_clear(struct image *image)
{
    buffer_clear(&image->file);
    *image = (struct image){0};
}

bool image_build(struct bytes elf, struct image *ret_image, struct quoth_error *err)
{
    AUTO(image) struct image image = {0};

    if (!elf_program_read(elf, &image.program, err))
        return false;
    for (size_t i = 0; i < image.program.segment_count; i++) {
        const struct elf_segment *s = &image.program.segments[i];
        if (s->file_size == 0)
            continue;
        buffer_fill(&image.file, (size_t)s->offset - image.file.len, 0);
        buffer_add(&image.file, bytes_slice(elf, (size_t)s->offset, (size_t)s->file_size));
    }
    if (!buffer_ok(&image.file, err))
        return false;
    *ret_image = take_value(image);
    return true;
}

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(SGX_PAGE - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + SGX_PAGE - 1);
}

/* PF_X, PF_W, PF_R are the same three bits in another order. */
static uint64_t secinfo(uint32_t elf_flags)
{
    return SECINFO_REG | ((elf_flags & ELF_R) ? SECINFO_R : 0) |
           ((elf_flags & ELF_W) ? SECINFO_W : 0) | ((elf_flags & ELF_X) ? SECINFO_X : 0);
}

/* What execve() maps for a page of a segment: the page of the file it lies in, neighbours included,
 * except that memory beyond the file bytes of a segment with uninitialised data is cleared. */
static void segment_measure(struct measure *m, const struct image *image,
                            const struct elf_segment *s)
{
    const struct bytes file = buffer_bytes(&image->file);
    const uint64_t file_end = s->vaddr + s->file_size, mem_end = page_up(s->vaddr + s->mem_size);
    const uint64_t shift = s->vaddr - s->offset; /* a multiple of the page, modulo 2^64 */

    for (uint64_t page = page_down(s->vaddr); page < mem_end; page += SGX_PAGE) {
        uint64_t len = SGX_PAGE;
        if (page >= file_end || s->file_size == 0)
            len = 0;
        else if (s->mem_size > s->file_size && file_end - page < SGX_PAGE)
            len = file_end - page;
        measure_page(m, page, secinfo(s->flags),
                     bytes_slice(file, (size_t)(page - shift), (size_t)len));
    }
}

static void tcs_measure(struct measure *m, uint64_t at, uint64_t entry)
{
    AUTO(buffer) struct buffer tcs = {0};
    buffer_fill(&tcs, 16, 0);               /* state, FLAGS */
    buffer_u64le(&tcs, at + SGX_PAGE);      /* OSSA */
    buffer_u32le(&tcs, 0);                  /* CSSA */
    buffer_u32le(&tcs, 2);                  /* NSSA */
    buffer_u64le(&tcs, entry);              /* OENTRY */
    buffer_fill(&tcs, 24, 0);               /* AEP, OFSBASE, OGSBASE */
    buffer_u64le(&tcs, 0xFFFFFFFFFFFFFFFF); /* FSLIMIT, GSLIMIT */
    measure_page(m, at, SECINFO_TCS, buffer_bytes(&tcs));
}

static void zeros_measure(struct measure *m, uint64_t *at, uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++, *at += SGX_PAGE)
        measure_page(m, *at, SECINFO_REG | SECINFO_R | SECINFO_W, (struct bytes){0});
}

static uint64_t power_of_two(uint64_t size)
{
    uint64_t power = SGX_PAGE;
    while (power < size)
        power *= 2;
    return power;
}

bool image_measure(const struct image *image, struct bytes config, uint32_t heap_mib,
                   bool executable_heap, FILE *dump, struct sha256 *ret_mr_enclave,
                   struct quoth_error *err)
{
    AUTO(measure) struct measure *m = NULL;
    const struct elf_program *program = &image->program;
    const struct elf_segment *last = &program->segments[program->segment_count - 1];
    const uint64_t thread_pages = (uint64_t)ENCLAVE_STACK_PAGES + 1 + 2ull * ENCLAVE_SSA_FRAME_SIZE;
    const uint64_t heap_size = (uint64_t)heap_mib << 20;
    uint64_t at = page_up(last->vaddr + last->mem_size);

    if (!measure_open(dump, &m, err))
        return false;
    measure_create(m, ENCLAVE_SSA_FRAME_SIZE,
                   power_of_two(at + page_up(config.len) + heap_size +
                                ENCLAVE_THREADS * thread_pages * SGX_PAGE));
    for (size_t i = 0; i < program->segment_count; i++)
        segment_measure(m, image, &program->segments[i]);
    for (size_t done = 0; done < config.len; done += SGX_PAGE, at += SGX_PAGE)
        measure_page(m, at, SECINFO_REG | SECINFO_R, bytes_slice(config, done, SGX_PAGE));
    for (const uint64_t end = at + heap_size; at < end; at += SGX_PAGE)
        measure_add(m, at, SECINFO_REG | SECINFO_R | SECINFO_W | (executable_heap ? SECINFO_X : 0));
    for (unsigned i = 0; i < ENCLAVE_THREADS; i++) {
        zeros_measure(m, &at, ENCLAVE_STACK_PAGES);
        tcs_measure(m, at, program->entry);
        at += SGX_PAGE;
        zeros_measure(m, &at, 2ull * ENCLAVE_SSA_FRAME_SIZE);
    }
    return measure_finish(m, ret_mr_enclave, err);
}
