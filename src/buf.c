#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_reserve(buf *buffer, size_t size)
{
    size_t needed;
    if (buffer->failed)
        return;
    if (__builtin_add_overflow(buffer->size, size, &needed) ||
        __builtin_add_overflow(needed, (size_t)1, &needed)) {
        buffer->failed = true;
        return;
    }
    if (needed <= buffer->capacity)
        return;
    size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;
    while (capacity < needed)
        capacity += capacity / 2;
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return;
    }
    buffer->data = data;
    buffer->capacity = capacity;
}

void buf_add(buf *buffer, const void *bytes, size_t size)
{
    buf_reserve(buffer, size);
    if (buffer->failed)
        return;
    if (size > 0)
        memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buf_add_text(buf *buffer, const char *text)
{
    buf_add(buffer, text, strlen(text));
}

void buf_add_char(buf *buffer, char character)
{
    buf_add(buffer, &character, 1);
}

void buf_add_format(buf *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0) {
        buffer->failed = true;
        return;
    }
    buf_reserve(buffer, (size_t)size);
    if (buffer->failed)
        return;
    va_start(arguments, format);
    vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, arguments);
    va_end(arguments);
    buffer->size += (size_t)size;
}

void buf_clear(buf *buffer)
{
    buffer->size = 0;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

ckl_status buf_check(const buf *buffer, ckl_error *err)
{
    return buffer->failed ? error_memory(err) : CKL_OK;
}

ckl_status buf_take(char **out, size_t *size, buf *buffer, ckl_error *err)
{
    buf_add(buffer, NULL, 0); /* so that there is a NUL even when nothing was added */
    ckl_status status = buf_check(buffer, err);
    if (status != CKL_OK)
        return status;
    *out = buffer->data;
    if (size != NULL)
        *size = buffer->size;
    *buffer = (buf)BUF_INIT;
    return CKL_OK;
}

void buf_free(buf *buffer)
{
    free(buffer->data);
    *buffer = (buf)BUF_INIT;
}
