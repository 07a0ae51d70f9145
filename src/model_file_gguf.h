/* model_file_gguf: what the two halves of the GGUF reader share: model_file_gguf.c has the file and
 * its tensors, model_file_gguf_key.c numbers, texts, keys and values. May call: what model_file
 * may. Keeps true: nothing is read behind the file's end or behind MODEL_FILE_HEADER_MAX. */
#ifndef MODEL_FILE_GGUF_H
#define MODEL_FILE_GGUF_H

#include "model_file.h"

#define GGUF_KEY_COUNT_MAX 65536u
#define GGUF_KEY_MAX       65535u            /* bytes, says the format */
#define GGUF_KEY_TEXT_MAX  ((size_t)4 << 20) /* of all keys */
#define GGUF_WINDOW        65536u

typedef enum gguf_value_type {
    GGUF_UINT8,
    GGUF_INT8,
    GGUF_UINT16,
    GGUF_INT16,
    GGUF_UINT32,
    GGUF_INT32,
    GGUF_FLOAT32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_UINT64,
    GGUF_INT64,
    GGUF_FLOAT64,
    GGUF_TYPE_COUNT
} gguf_value_type;

typedef struct gguf_key {
    size_t text; /* where it is in `texts` */
    gguf_value_type type;
    uint64_t at; /* of its value, in the file */
} gguf_key;

typedef struct gguf {
    const model_file *file;
    bool big_endian;
    uint64_t at; /* what comes next */
    uint64_t alignment;
    gguf_key *keys; /* sorted by their texts */
    size_t key_count;
    buf texts;
    uint64_t window_at; /* where the window begins */
    size_t window_size;
    unsigned char window[GGUF_WINDOW];
} gguf;

/* Without a sign, of 1, 2, 4 or 8 bytes. */
ckl_status gguf_number(uint64_t *out, gguf *in, size_t size, ckl_error *err);
/* A text of `most` bytes at most; `out` has room for one more, the NUL.
 * Errors: CKL_INVALID  also with a NUL in it */
ckl_status gguf_text(char *out, gguf *in, size_t most, ckl_error *err);
/* Finds the keys, passing over their values, and sorts them. Errors: CKL_INVALID  two are equal */
ckl_status gguf_read_keys(gguf *in, uint64_t count, ckl_error *err);
const gguf_key *gguf_find_key(const gguf *in, const char *text); /* NULL: it is not there */
const char *gguf_key_text(const gguf *in, const gguf_key *key);
/* The value of a key, which is no array; *out is the caller's. A real of 32 bits is the shortest
 * decimal number that reads back to it; what JSON has no number for is a text. */
ckl_status gguf_value(json_t **out, gguf *in, const gguf_key *key, ckl_error *err);

#endif
