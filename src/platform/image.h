/* A program as an enclave: the pages that are measured, and the file that runs, which is rebuilt
 * from nothing but them. Layout, fixed by this format, from base 0 upwards:
 *
 *     image     every page of every PT_LOAD, as the kernel maps it from the rebuilt file; then the
 *               pages of uninitialised data, zero
 *     config    EXE.enclave, padded with zeros to whole pages, R
 *     heap      RW (RWX with executableHeap), added but not extended
 *     threads   ENCLAVE_THREADS times: stack RW, TCS, two SSA pages RW
 *
 * Everything but the heap is extended. Entry point of every TCS is the program's; SSAFRAMESIZE is
 * 1; SIZE is the next power of two. Stacks and threads are those of EGo. */
#ifndef QUOTH_PLATFORM_IMAGE_H
#define QUOTH_PLATFORM_IMAGE_H

#include "base/bytes.h"
#include "crypto/digest.h"
#include "platform/elf.h"
#include "platform/measure.h"

#define ENCLAVE_THREADS 32u
#define ENCLAVE_STACK_PAGES 1024u
#define ENCLAVE_SSA_FRAME_SIZE 1u

/* Owned; a zeroed struct is empty. */
struct image {
    struct elf_program program;
    struct buffer file; /* bytes of the PT_LOADs at their offsets, zeros elsewhere */
};

void image_clear(struct image *image);
DEFINE_AUTO_VALUE(image, struct image, image_clear)

/* Refuses what elf_program_read refuses. */
bool image_build(struct bytes elf, struct image *ret_image, struct quoth_error *err);

/* Measures the enclave of image, config (the bytes of EXE.enclave) and a heap of heap_mib MiB. */
bool image_measure(const struct image *image, struct bytes config, uint32_t heap_mib,
                   bool executable_heap, FILE *dump, struct sha256 *ret_mr_enclave,
                   struct quoth_error *err);

#endif
