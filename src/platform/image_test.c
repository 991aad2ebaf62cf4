#include "platform/image.h"

#include "platform/test_elf.h"
#include "tests/unit.h"

static struct image image_of(const struct test_elf *elf, struct buffer *hold)
{
    struct quoth_error err = {0};
    struct image image;
    if (!image_build(test_elf_file(elf, hold), &image, &err))
        fail_msg("%s: %s", err.where, err.message);
    return image;
}

static struct sha256 measured(const struct image *image, const char *config, uint32_t heap_mib,
                              bool executable_heap)
{
    struct quoth_error err = {0};
    struct sha256 mr_enclave;
    if (!image_measure(image, bytes_of_text(config), heap_mib, executable_heap, NULL, &mr_enclave,
                       &err))
        fail_msg("%s", err.message);
    return mr_enclave;
}

static void the_file_that_runs_holds_segments_and_nothing_else(void **state)
{
    AUTO(buffer) struct buffer hold = {0};
    const struct test_elf elf = test_elf_good();
    AUTO(image) struct image image = image_of(&elf, &hold);
    const struct bytes in = buffer_bytes(&hold), out = buffer_bytes(&image.file);

    (void)state;
    assert_int_equal(out.len, 0x2380);
    assert_true(bytes_equal(bytes_slice(out, 0, 0x800), bytes_slice(in, 0, 0x800)));
    assert_true(bytes_all_zero(bytes_slice(out, 0x800, 0x800)));
    assert_true(bytes_equal(bytes_slice(out, 0x1000, 0xF00), bytes_slice(in, 0x1000, 0xF00)));
    assert_true(bytes_all_zero(bytes_slice(out, 0x1F00, 0x80)));
    assert_true(bytes_equal(bytes_slice(out, 0x1F80, 0x400), bytes_slice(in, 0x1F80, 0x400)));
}

/* The records of an enclave, read back from the dump. */
struct page {
    uint64_t flags, extended; /* number of chunks */
    uint8_t content[SGX_PAGE];
};

#define PAGES_LOOKED_AT 16u

static uint64_t pages_read(struct bytes dump, struct page pages[PAGES_LOOKED_AT],
                           uint64_t *ret_size, uint64_t *ret_last)
{
    struct quoth_error err = {0};
    struct reader r = {.in = dump, .err = &err};
    uint64_t count = 0, at = 0;

    (void)reader_take(&r, 12, "ecreate");
    *ret_size = reader_u64le(&r, "size");
    (void)reader_take(&r, 44, "reserved");
    while (reader_left(&r) > 0) {
        const struct bytes tag = reader_take(&r, 8, "tag");
        const uint64_t offset = reader_u64le(&r, "offset"), flags = reader_u64le(&r, "flags");
        struct page *page = offset / SGX_PAGE < PAGES_LOOKED_AT ? &pages[offset / SGX_PAGE] : NULL;
        (void)reader_take(&r, 40, "reserved");
        assert_true(reader_ok(&r));
        if (tag.data[1] == 'A') {
            assert_true(count == 0 || offset == at + SGX_PAGE); /* ascending, without a gap */
            at = offset;
            count++;
            if (page)
                page->flags = flags;
            continue;
        }
        const struct bytes chunk = reader_take(&r, SGX_CHUNK, "chunk");
        if (page) {
            page->extended++;
            bytes_copy(page->content + offset % SGX_PAGE, chunk);
        }
    }
    *ret_last = at;
    return count;
}

static void the_layout_is_the_documented_one(void **state)
{
    static struct page pages[PAGES_LOOKED_AT];
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer hold = {0};
    const struct test_elf elf = test_elf_good();
    AUTO(image) struct image image = image_of(&elf, &hold);
    const struct bytes file = buffer_bytes(&image.file);
    struct sha256 mr_enclave;
    char *data = NULL;
    size_t len = 0;
    uint64_t size, last;
    FILE *dump = open_memstream(&data, &len);

    (void)state;
    assert_non_null(dump);
    assert_true(image_measure(&image, bytes_of_text("{}"), 1, false, dump, &mr_enclave, &err));
    fclose(dump);
    const uint64_t count =
        pages_read((struct bytes){(const uint8_t *)data, len}, pages, &size, &last);
    free(data);

    /* headers, code, two of data and two more uninitialised; configuration; heap; threads */
    const uint64_t image_pages = 6, heap_pages = 256, thread_pages = ENCLAVE_STACK_PAGES + 3;
    assert_int_equal(count, image_pages + 1 + heap_pages + ENCLAVE_THREADS * thread_pages);
    assert_int_equal(last, (count - 1) * SGX_PAGE);
    assert_true(size >= last + SGX_PAGE && (size & (size - 1)) == 0 && size / 2 < last + SGX_PAGE);

    static const uint64_t flags[] = {0x201, 0x205, 0x203, 0x203, 0x203, 0x203, 0x201, 0x203};
    for (size_t i = 0; i < COUNT(flags); i++) {
        assert_int_equal(pages[i].flags, flags[i]);
        assert_int_equal(pages[i].extended, i == 7 ? 0 : 16); /* the heap is not measured */
    }
    /* as the kernel maps them: whole pages of the file, neighbours included ... */
    assert_true(bytes_equal(BYTES_OF(pages[0].content), bytes_slice(file, 0, 0x1000)));
    assert_true(bytes_equal(BYTES_OF(pages[1].content), bytes_slice(file, 0x1000, 0x1000)));
    assert_true(bytes_equal(BYTES_OF(pages[2].content), bytes_slice(file, 0x1000, 0x1000)));
    /* ... and zeros where uninitialised data begins */
    assert_true(bytes_equal(bytes_slice(BYTES_OF(pages[3].content), 0, 0x380),
                            bytes_slice(file, 0x2000, 0x380)));
    assert_true(bytes_all_zero(bytes_slice(BYTES_OF(pages[3].content), 0x380, 0x1000)));
    assert_true(bytes_all_zero(BYTES_OF(pages[4].content)));
    assert_memory_equal(pages[6].content, "{}\0", 3);
}

static void whatever_is_loaded_is_measured(void **state)
{
    AUTO(buffer) struct buffer hold = {0};
    const struct test_elf elf = test_elf_good();
    AUTO(image) struct image good = image_of(&elf, &hold);
    const struct sha256 as_signed = measured(&good, "{}", 1, false);
    static const struct {
        size_t at;
        bool matters;
    } bytes[] = {
        {0x18,   true }, /* entry point */
        {0x7FF,  true },
        {0x800,  false}, /* between the segments */
        {0x1020, true },
        {0x1EFF, true },
        {0x1F10, false},
        {0x2200, true },
        {0x237F, true },
        {0x2380, false}, /* behind them */
        {0x24FF, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bytes); i++) {
        struct quoth_error err = {0};
        AUTO(image) struct image changed = {0};
        hold.data[bytes[i].at] ^= 1;
        assert_true(image_build(buffer_bytes(&hold), &changed, &err));
        hold.data[bytes[i].at] ^= 1;
        const struct sha256 now = measured(&changed, "{}", 1, false);
        print_message("  byte 0x%zx\n", bytes[i].at);
        assert_int_equal(sha256_equal(&now, &as_signed), !bytes[i].matters);
        assert_int_equal(bytes_equal(buffer_bytes(&changed.file), buffer_bytes(&good.file)),
                         !bytes[i].matters);
    }
}

static void settings_are_measured(void **state)
{
    AUTO(buffer) struct buffer hold = {0};
    const struct test_elf elf = test_elf_good();
    AUTO(image) struct image image = image_of(&elf, &hold);
    const struct sha256 all[] = {
        measured(&image, "{}", 1, false),
        measured(&image, "{ }", 1, false),
        measured(&image, "{}", 2, false),
        measured(&image, "{}", 1, true),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        for (size_t j = 0; j < i; j++)
            assert_false(sha256_equal(&all[i], &all[j]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_that_runs_holds_segments_and_nothing_else),
        cmocka_unit_test(the_layout_is_the_documented_one),
        cmocka_unit_test(whatever_is_loaded_is_measured),
        cmocka_unit_test(settings_are_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
