/* buf: owns growing bytes. May call: malloc. Keeps true: after a failed allocation the buffer says
 * so (`failed`) and ignores what follows, so that a writer checks once, at the end; `data` always
 * has a NUL behind its `size` bytes once anything was added. */
#ifndef BUF_H
#define BUF_H

#include "error.h"

typedef struct buf {
    char *data;
    size_t size;
    size_t capacity;
    bool failed;
} buf;

#define BUF_INIT                                                                                   \
    {                                                                                              \
        NULL, 0, 0, false                                                                          \
    }

void buf_add(buf *buffer, const void *bytes, size_t size);
void buf_add_text(buf *buffer, const char *text);
void buf_add_char(buf *buffer, char character);
void buf_add_format(buf *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Makes room for `size` more bytes. */
void buf_reserve(buf *buffer, size_t size);
/* Empties it, keeping its memory. */
void buf_clear(buf *buffer);
/* Gives the bytes away (with a NUL behind them; never NULL) and leaves the buffer empty.
 * Errors: CKL_NO_MEMORY when any addition failed. */
ckl_status buf_take(char **out, size_t *size, buf *buffer, ckl_error *err);
/* CKL_OK, or CKL_NO_MEMORY when any addition failed. */
ckl_status buf_check(const buf *buffer, ckl_error *err);
void buf_free(buf *buffer);

#define BUF_AUTO __attribute__((cleanup(buf_free))) buf

#endif
