#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

struct status_row {
    const char *name;
    int exit_code;
};

#define STATUS_ROW(name, exit_code, meaning) {#name, exit_code},
static const struct status_row STATUS_ROWS[] = {CKL_STATUS_LIST(STATUS_ROW)};
#undef STATUS_ROW

const char *ckl_status_name(ckl_status status)
{
    return (unsigned)status < CKL_STATUS_COUNT ? STATUS_ROWS[status].name : "unknown";
}

int ckl_status_exit_code(ckl_status status)
{
    return (unsigned)status < CKL_STATUS_COUNT ? STATUS_ROWS[status].exit_code : 2;
}

void ckl_error_clear(ckl_error *err)
{
    if (err != NULL)
        memset(err, 0, sizeof *err);
}

const char *ckl_version(void)
{
    return CKL_VERSION;
}

void ckl_free(void *memory)
{
    free(memory);
}

/* Control characters would let a name break the one line that a message is, or a terminal; and a
 * name that is no UTF-8, or that was cut inside a character, would make the message none. */
static void make_printable(char *text, size_t room)
{
    for (char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    }
    utf8_mend(text, room);
    /* U+0080 to U+009F are control characters, too. */
    for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++) {
        if (at[0] == 0xc2 && at[1] <= 0x9f)
            at[0] = at[1] = '?';
    }
}

ckl_status error_set(ckl_error *err, ckl_status code, const char *format, ...)
{
    if (err == NULL || err->code != CKL_OK)
        return code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    make_printable(err->message, sizeof err->message);
    err->hint[0] = '\0';
    err->code = code;
    return code;
}

void error_hint(ckl_error *err, const char *format, ...)
{
    if (err == NULL || err->hint[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->hint, sizeof err->hint, format, arguments);
    va_end(arguments);
    make_printable(err->hint, sizeof err->hint);
}

ckl_status error_errno(ckl_error *err, int error_number, const char *action, const char *path)
{
    ckl_status code = CKL_IO;
    if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG)
        code = CKL_NO_SPACE;
    else if (error_number == ENOENT)
        code = CKL_NOT_FOUND;
    else if (error_number == ENOMEM)
        code = CKL_NO_MEMORY;
    char text[128];
    return error_set(err, code, "%s '%s': %s", action, path,
                     strerror_r(error_number, text, sizeof text));
}

ckl_status error_memory(ckl_error *err)
{
    return error_set(err, CKL_NO_MEMORY, "out of memory");
}

ckl_status error_pass(ckl_error *err, const ckl_error *failure)
{
    if (err != NULL && err->code == CKL_OK)
        *err = *failure;
    return failure->code;
}
