/* doc_source: owns reading a file, standard input or a text piece by piece, and its lines. May
 * call: what doc may. Keeps true: what is held is a piece, or one line where that is longer. */
#ifndef DOC_SOURCE_H
#define DOC_SOURCE_H

#include "doc.h"

typedef struct doc_source {
    const char *name; /* for messages */
    int descriptor;   /* -1: a text */
    bool owned;       /* the descriptor is closed at the end */
    const char *text; /* all of it, when it is a text … */
    size_t size;      /* … of this size … */
    size_t given;     /* … and how much of it was read */
    buf held;         /* what was read and not taken yet */
    size_t taken;     /* of it */
    bool ended;
    size_t line; /* of the line that was taken last, from 1 */
    size_t next_line;
} doc_source;

/* "-": standard input. Errors: CKL_NOT_FOUND, CKL_IO */
ckl_status doc_source_open(doc_source *out, const char *path, ckl_error *err);
void doc_source_of_text(doc_source *out, const char *text, size_t size, const char *name);
/* Whether it can be read a second time: a text, or a regular file. */
bool doc_source_can_rewind(const doc_source *source);
ckl_status doc_source_rewind(doc_source *source, ckl_error *err);
/* Reads up to `size` bytes, 0 at the end. */
ckl_status doc_source_read(size_t *count, doc_source *source, char *out, size_t size,
                           ckl_error *err);
/* Shows what comes next, a piece at most, without taking it. Borrowed until the next call. */
ckl_status doc_source_peek(const char **out, size_t *size, doc_source *source, ckl_error *err);
/* The next line, without its end (LF or CR LF); with `quotes` a line end inside "…" is part of it.
 * CKL_DONE: there is none. Borrowed until the next call. A byte order mark before the first line is
 * left out. Errors: CKL_INVALID  a line over DOC_LINE_MAX, or a quote that is not closed */
#define DOC_LINE_MAX ((size_t)64 << 20)
ckl_status doc_source_line(const char **out, size_t *size, doc_source *source, bool quotes,
                           ckl_error *err);
/* All that was not read yet, *size bytes and a NUL; *out is the caller's.
 * Errors: CKL_INVALID  more than `limit` bytes */
ckl_status doc_source_rest(char **out, size_t *size, doc_source *source, size_t limit,
                           ckl_error *err);
void doc_source_close(doc_source *source);

#endif
