#include "model_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

ckl_status model_file_fail(const model_file *file, uint64_t offset, ckl_error *err,
                           const char *format, ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_set(err, CKL_INVALID, "%.200s: byte %llu: %s", file->name,
                     (unsigned long long)offset, what);
}

ckl_status model_file_bytes(void *out, const model_file *file, uint64_t offset, size_t size,
                            ckl_error *err)
{
    char *bytes = out;
    while (size > 0) {
        ssize_t count =
            offset <= INT64_MAX ? pread(file->descriptor, bytes, size, (off_t)offset) : 0;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_errno(err, errno, "cannot read", file->name);
        if (count == 0)
            return model_file_fail(file, offset, err, "the file ends here, before its header does");
        bytes += count;
        offset += (uint64_t)count;
        size -= (size_t)count;
    }
    return CKL_OK;
}

/* ---- which format ---------------------------------------------------------------------------- */

/* What no text begins with: the bytes of a header's size, which is below 100,000,000, are partly
 * zero. */
static model_file_format by_magic(const unsigned char *bytes, size_t size)
{
    uint64_t header = 0;
    if (size >= 8 && memcmp(bytes, "GGUF", 4) == 0)
        return MODEL_FILE_GGUF;
    for (size_t index = 8; size > 8 && index > 0; index--)
        header = header << 8 | bytes[index - 1];
    return header >= 2 && header <= MODEL_FILE_HEADER_MAX && bytes[8] == '{'
               ? MODEL_FILE_SAFETENSORS
               : MODEL_FILE_TEXT;
}

bool model_file_is_binary(const char *text, size_t size)
{
    return by_magic((const unsigned char *)text, size) != MODEL_FILE_TEXT;
}

static model_file_format by_extension(const char *name)
{
    const char *extension = strrchr(name, '.');
    if (extension != NULL && strcasecmp(extension, ".safetensors") == 0)
        return MODEL_FILE_SAFETENSORS;
    if (extension != NULL && strcasecmp(extension, ".gguf") == 0)
        return MODEL_FILE_GGUF;
    return MODEL_FILE_TEXT;
}

static ckl_status read_open(ckl_model **out, const model_file *file, ckl_error *err)
{
    unsigned char bytes[16];
    size_t size = file->size < sizeof bytes ? (size_t)file->size : sizeof bytes;
    model_file_format format = by_extension(file->name);
    ckl_status status = CKL_OK;
    if (format == MODEL_FILE_TEXT) {
        status = model_file_bytes(bytes, file, 0, size, err);
        format = status == CKL_OK ? by_magic(bytes, size) : MODEL_FILE_TEXT;
    }
    if (status != CKL_OK || format == MODEL_FILE_TEXT)
        return status == CKL_OK ? CKL_DONE : status;
    return format == MODEL_FILE_GGUF ? gguf_read(out, file, err) : safetensors_read(out, file, err);
}

ckl_status model_file_read(ckl_model **out, const char *path, ckl_error *err)
{
    bool standard_input = strcmp(path, "-") == 0;
    model_file file = {.descriptor = STDIN_FILENO, .name = "standard input"};
    struct stat about;
    /* A pipe must be opened once only, by who reads the text from it. */
    int found = standard_input ? fstat(STDIN_FILENO, &about) : stat(path, &about);
    if (found != 0 || !S_ISREG(about.st_mode))
        return CKL_DONE;
    if (standard_input && lseek(STDIN_FILENO, 0, SEEK_CUR) != 0)
        return CKL_DONE; /* somebody has read a part of it: the rest is what counts */
    if (!standard_input) {
        file.name = path;
        file.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file.descriptor < 0)
            return error_errno(err, errno, "cannot read", path);
    }
    ckl_status status = CKL_DONE;
    if (fstat(file.descriptor, &about) == 0 && S_ISREG(about.st_mode)) {
        file.size = (uint64_t)about.st_size;
        status = read_open(out, &file, err);
    }
    if (!standard_input)
        close(file.descriptor);
    return status;
}
