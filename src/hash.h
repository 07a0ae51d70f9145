/* hash: owns digests and experiment hashes as values. The only user of libcrypto. May call: error,
 * buf. Keeps true: a `digest` is the full SHA-256; a segment is a window of its hex text. */
#ifndef HASH_H
#define HASH_H

#include "buf.h"

typedef struct digest {
    unsigned char bytes[32];
} digest;

/* A running SHA-256. */
typedef struct hasher hasher;
ckl_status hasher_new(hasher **out, ckl_error *err);
/* A second one that has hashed the same so far. */
ckl_status hasher_copy(hasher **out, const hasher *running, ckl_error *err);
/* Errors are kept and told by hasher_end. */
void hasher_add(hasher *running, const void *bytes, size_t size);
/* Adds the size as 8 bytes, big-endian, then the bytes: unambiguous in a sequence. */
void hasher_add_field(hasher *running, const void *bytes, size_t size);
void hasher_add_integer(hasher *running, int64_t value); /* a field of 8 bytes, big-endian */
/* Ends it; the hasher starts anew. */
ckl_status hasher_end(digest *out, hasher *running, ckl_error *err);
void hasher_free(hasher *running);

ckl_status hash_bytes(digest *out, const void *bytes, size_t size, ckl_error *err);
/* 64 lower-case hex characters and a NUL. */
void digest_hex(char out[65], const digest *value);
bool digest_equal(const digest *first, const digest *second);
/* The 8 characters of the digest's hex text at `offset` (0, 8, … 56), and a NUL. */
void digest_segment(char out[CKL_SEGMENT_LENGTH + 1], const digest *value, unsigned offset);

/* Puts three segments (NULL: absent) together. */
void hash_join(ckl_hash *out, const char *model, const char *config, const char *data);
/* Checks that `text` is a whole experiment hash from outside: 24 of [0-9a-z].
 * Errors: CKL_V2_HASH, CKL_INVALID, as ckl_compare_hashes */
ckl_status hash_check(const char *text, ckl_error *err);

#endif
