/* error: owns how a failure is told: one code, one line of what is wrong, one line of what to do.
 * May call: utf8. Keeps true: the first message wins, so the deepest place is the one that speaks;
 * every text is one line of UTF-8, without control characters, and fits. */
#ifndef ERROR_H
#define ERROR_H

#include <ckl/base.h>

/* Sets *err (NULL is fine) unless it already holds a failure; returns `code`. */
ckl_status error_set(ckl_error *err, ckl_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds what to do about it, unless a hint is there. Call it right after error_set. */
void error_hint(ckl_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* CKL_NO_SPACE for ENOSPC and EDQUOT, CKL_NOT_FOUND for ENOENT, CKL_NO_MEMORY for ENOMEM, else
 * CKL_IO; the message is "ACTION 'PATH': strerror". */
ckl_status error_errno(ckl_error *err, int error_number, const char *action, const char *path);
ckl_status error_memory(ckl_error *err);
/* Hands on what was told elsewhere, with its hint: *err is *failure unless it already holds one;
 * returns its code. */
ckl_status error_pass(ckl_error *err, const ckl_error *failure);

#endif
