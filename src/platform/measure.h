/* MRENCLAVE: SHA-256 over a record per step by which an enclave is built. A record is 64 bytes;
 * EEXTEND is followed by the 256 bytes it measures. All numbers little-endian, offsets from the
 * base of the enclave. A file with the records one after the other ("SGXS") hashes to the same
 * value. Source: Intel SDM volume 3D, "ECREATE", "EADD", "EEXTEND". */
#ifndef QUOTH_PLATFORM_MEASURE_H
#define QUOTH_PLATFORM_MEASURE_H

#include "base/bytes.h"
#include "crypto/digest.h"

#include <stdio.h>

#define SGX_PAGE 4096u
#define SGX_RECORD 64u
#define SGX_CHUNK 256u

#define SECINFO_R 0x1u
#define SECINFO_W 0x2u
#define SECINFO_X 0x4u
#define SECINFO_TCS 0x100u /* page type TCS; such a page has no R, W or X */
#define SECINFO_REG 0x200u /* page type REG */

/* Open, one create, then adds in the order of the layout, then finish. */
struct measure;

/* dump may be NULL; otherwise every record is also written to it. It stays the caller's. */
bool measure_open(FILE *dump, struct measure **ret_measure, struct quoth_error *err);
void measure_free(struct measure *m);
DEFINE_AUTO(measure, struct measure *, measure_free)

/* size is a power of two, ssa_frame_size is in pages. */
void measure_create(struct measure *m, uint32_t ssa_frame_size, uint64_t size);

/* EADD of the page at offset. flags: SECINFO. */
void measure_add(struct measure *m, uint64_t offset, uint64_t flags);

/* EEXTEND of one chunk of exactly SGX_CHUNK bytes. */
void measure_extend(struct measure *m, uint64_t offset, struct bytes chunk);

/* EADD and sixteen EEXTENDs of a page that holds content (at most SGX_PAGE bytes), then zeros. */
void measure_page(struct measure *m, uint64_t offset, uint64_t flags, struct bytes content);

/* False with QUOTH_IO if the dump could not be written. */
bool measure_finish(struct measure *m, struct sha256 *ret_mr_enclave, struct quoth_error *err);

/* Reads a file of records, strictly: one ECREATE first, every reserved byte zero, pages inside the
 * enclave, and measures them with m. QUOTH_MALFORMED otherwise. */
bool measure_sgxs(struct measure *m, struct bytes sgxs, struct quoth_error *err);

#endif
