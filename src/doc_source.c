#include "doc_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)256 * 1024)

ckl_status doc_source_open(doc_source *out, const char *path, ckl_error *err)
{
    bool standard_input = strcmp(path, "-") == 0;
    struct stat about;
    *out =
        (doc_source){.name = standard_input ? "standard input" : path,
                     .descriptor = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC),
                     .owned = !standard_input,
                     .next_line = 1};
    if (out->descriptor < 0)
        return error_errno(err, errno, "cannot read", path);
    if (fstat(out->descriptor, &about) == 0 && S_ISDIR(about.st_mode)) {
        doc_source_close(out);
        error_set(err, CKL_IO, "cannot read '%s': it is a directory", path);
        error_hint(err, "name a YAML, JSON, JSON Lines or CSV file");
        return CKL_IO;
    }
    return CKL_OK;
}

void doc_source_of_text(doc_source *out, const char *text, size_t size, const char *name)
{
    *out = (doc_source){.name = name, .descriptor = -1, .text = text, .size = size, .next_line = 1};
}

bool doc_source_can_rewind(const doc_source *source)
{
    struct stat about;
    return source->descriptor < 0 ||
           (source->owned && fstat(source->descriptor, &about) == 0 && S_ISREG(about.st_mode));
}

ckl_status doc_source_rewind(doc_source *source, ckl_error *err)
{
    if (source->descriptor >= 0 && lseek(source->descriptor, 0, SEEK_SET) != 0)
        return error_errno(err, errno, "cannot read again", source->name);
    source->given = 0;
    source->held.size = source->taken = 0;
    source->ended = false;
    source->line = 0;
    source->next_line = 1;
    return CKL_OK;
}

void doc_source_close(doc_source *source)
{
    if (source->owned && source->descriptor >= 0)
        close(source->descriptor);
    source->owned = false;
    buf_free(&source->held);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static ckl_status read_some(size_t *count, doc_source *source, char *out, size_t size,
                            ckl_error *err)
{
    if (source->descriptor < 0) {
        size_t left = source->size - source->given;
        *count = size < left ? size : left;
        if (*count > 0)
            memcpy(out, source->text + source->given, *count);
        source->given += *count;
        return CKL_OK;
    }
    for (;;) {
        ssize_t got = read(source->descriptor, out, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(err, errno, "cannot read", source->name);
        *count = (size_t)got;
        return CKL_OK;
    }
}

/* More into what is held, behind what is there. */
static ckl_status hold_more(doc_source *source, ckl_error *err)
{
    size_t count = 0;
    if (source->taken > 0 && source->taken == source->held.size) {
        source->taken = 0;
        source->held.size = 0;
    } else if (source->taken > 0) {
        memmove(source->held.data, source->held.data + source->taken,
                source->held.size - source->taken);
        source->held.size -= source->taken;
        source->taken = 0;
    }
    buf_reserve(&source->held, PIECE);
    ckl_status status = buf_check(&source->held, err);
    if (status == CKL_OK)
        status = read_some(&count, source, source->held.data + source->held.size, PIECE, err);
    if (status != CKL_OK)
        return status;
    source->held.size += count;
    source->ended = count == 0;
    return CKL_OK;
}

ckl_status doc_source_peek(const char **out, size_t *size, doc_source *source, ckl_error *err)
{
    ckl_status status = CKL_OK;
    while (status == CKL_OK && !source->ended && source->held.size - source->taken < 4096)
        status = hold_more(source, err);
    *size = source->held.size - source->taken;
    *out = *size > 0 ? source->held.data + source->taken : "";
    return status;
}

ckl_status doc_source_read(size_t *count, doc_source *source, char *out, size_t size,
                           ckl_error *err)
{
    size_t held = source->held.size - source->taken;
    if (held == 0)
        return read_some(count, source, out, size, err);
    *count = size < held ? size : held;
    memcpy(out, source->held.data + source->taken, *count);
    source->taken += *count;
    return CKL_OK;
}

ckl_status doc_source_rest(char **out, size_t *size, doc_source *source, size_t limit,
                           ckl_error *err)
{
    struct stat about;
    if (source->descriptor >= 0 && fstat(source->descriptor, &about) == 0 &&
        S_ISREG(about.st_mode) && about.st_size > 0 && (uint64_t)about.st_size <= limit)
        buf_reserve(&source->held, (size_t)about.st_size + PIECE);
    while (!source->ended) {
        ckl_status status = hold_more(source, err);
        if (status != CKL_OK)
            return status;
        if (source->held.size > limit)
            return error_set(err, CKL_INVALID, "'%s' is larger than %zu MB: it is not read",
                             source->name, limit / (1024 * 1024));
    }
    if (source->taken > 0)
        memmove(source->held.data, source->held.data + source->taken,
                source->held.size - source->taken);
    source->held.size -= source->taken;
    source->taken = 0;
    buf_add(&source->held, NULL, 0);
    return buf_take(out, size, &source->held, err);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Where the line ends that begins at `start`, looking on from `*from`; NULL: not in what is held.
 * `*quoted` says whether a quote is open there. */
static const char *find_end(const char *start, const char *end, size_t *from, bool quotes,
                            bool *quoted)
{
    const char *at = start + *from;
    if (!quotes) {
        *from = (size_t)(end - start);
        return memchr(at, '\n', (size_t)(end - at));
    }
    for (; at < end; at++) {
        if (*at == '"')
            *quoted = !*quoted;
        else if (*at == '\n' && !*quoted)
            return at;
    }
    *from = (size_t)(end - start);
    return NULL;
}

static void skip_byte_order_mark(doc_source *source)
{
    if (source->next_line == 1 && source->held.size - source->taken >= 3 &&
        memcmp(source->held.data + source->taken, "\xef\xbb\xbf", 3) == 0)
        source->taken += 3;
}

static size_t count_lines(const char *text, size_t size)
{
    size_t count = 0;
    const char *end = text + size;
    while ((text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
        text++;
        count++;
    }
    return count;
}

static ckl_status take_line(const char **out, size_t *size, doc_source *source, const char *end,
                            bool quotes)
{
    const char *start = source->held.data + source->taken;
    *out = start;
    *size = (size_t)(end - start);
    source->line = source->next_line;
    source->next_line += 1 + (quotes ? count_lines(start, *size) : 0);
    source->taken += *size;
    if (source->taken < source->held.size)
        source->taken++;
    if (*size > 0 && start[*size - 1] == '\r')
        --*size;
    return CKL_OK;
}

ckl_status doc_source_line(const char **out, size_t *size, doc_source *source, bool quotes,
                           ckl_error *err)
{
    size_t from = 0;
    bool quoted = false;
    const char *ignored;
    size_t ignored_size;
    ckl_status status =
        source->next_line == 1 ? doc_source_peek(&ignored, &ignored_size, source, err) : CKL_OK;
    if (status == CKL_OK)
        skip_byte_order_mark(source);
    while (status == CKL_OK) {
        const char *start = source->held.data + source->taken;
        const char *stop = source->held.data + source->held.size;
        const char *end = source->held.size > source->taken
                              ? find_end(start, stop, &from, quotes, &quoted)
                              : NULL;
        if (end != NULL)
            return take_line(out, size, source, end, quotes);
        if (source->ended && source->taken == source->held.size)
            return CKL_DONE;
        if (source->ended && !quoted)
            return take_line(out, size, source, stop, quotes);
        if (source->ended)
            return error_set(err, CKL_INVALID, "%s: line %zu: a quote is not closed", source->name,
                             source->next_line);
        if (from > DOC_LINE_MAX)
            return error_set(err, CKL_INVALID, "%s: line %zu is longer than %zu MB", source->name,
                             source->next_line, DOC_LINE_MAX >> 20);
        status = hold_more(source, err);
    }
    return status;
}
