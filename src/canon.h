/* canon: owns the canonical text of configurations (design 3.2), and how a value is written in it.
 * Pure: no file, no clock, no locale. May call: buf, Jansson's accessors. Keeps true: for all that
 * doc accepts the text equals Python's json.dumps(value, sort_keys=True), whatever the C locale. */
#ifndef CANON_H
#define CANON_H

#include <jansson.h>

#include "buf.h"

/* A real as Python's repr writes it: 0.1, 1e-05, 1e+16, 1.0, -0.0. `out` holds 32. */
void canon_real(char out[32], double value);
/* JSON text in quotes, ASCII only. */
void canon_string(buf *out, const char *text, size_t size);
/* Any value. */
void canon_value(buf *out, const json_t *value);

/* A checked JSON Pointer (RFC 6901), or a dotted path as people type it (opt.lr): *out is the
 * pointer (/opt/lr), the caller's. Errors: CKL_INVALID */
ckl_status canon_pointer(char **out, const char *path, ckl_error *err);
/* A copy of `config` without the values at the pointers; *out is the caller's. */
ckl_status canon_without(json_t **out, const json_t *config, const char *const *pointers,
                         size_t count, ckl_error *err);

/* One value inside a configuration that holds no other: a scalar, or an empty {} or []. */
typedef struct canon_leaf {
    const char *path; /* JSON Pointer; valid during the call */
    const char *type; /* "null" "boolean" "integer" "real" "text" "object" "array" */
    const char *text; /* canonical JSON text; valid during the call */
    const json_t *value;
} canon_leaf;
/* Calls `visit` for every leaf, in the order of the canonical text; stops at the first failure. */
ckl_status canon_leaves(const json_t *config,
                        ckl_status (*visit)(void *context, const canon_leaf *leaf, ckl_error *err),
                        void *context, ckl_error *err);

#endif
