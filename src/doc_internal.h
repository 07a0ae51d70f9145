/* doc_internal: what doc.c, doc_json.c, doc_yaml.c, doc_scalar.c and doc_number.c share;
 * emit_yaml asks it how YAML would read a plain scalar. May call: what doc may. Keeps true:
 * doc_scalar_tag is PyYAML's Resolver, doc_scalar_read its SafeConstructor, less what design 3.2
 * and 6 refuse. */
#ifndef DOC_INTERNAL_H
#define DOC_INTERNAL_H

#include "doc.h"

/* The limits as messages write them. */
#define DOC_DEPTH_TEXT               DOC_TEXT_OF(DOC_DEPTH_MAX)
#define DOC_DEPTH_TEXT_CONFIGURATION DOC_TEXT_OF(DOC_DEPTH_MAX_CONFIGURATION)
#define DOC_NODE_TEXT                "1,000,000"
#define DOC_TEXT_OF(number)          DOC_TEXT_OF_(number)
#define DOC_TEXT_OF_(number)         #number

/* Where in which text something is wrong, and who wants to know. Lines and columns from 1. */
typedef struct doc_spot {
    const char *name;
    size_t line;
    size_t column;
    ckl_error *err;
} doc_spot;

/* "NAME: line L, column C: …", CKL_INVALID. */
ckl_status doc_fail(const doc_spot *spot, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The spot of a byte in UTF-8 text; columns count characters. */
doc_spot doc_spot_at(const char *name, const char *text, size_t offset, ckl_error *err);

/* Enough of a text to recognise it in a message, cut between characters. */
typedef struct doc_excerpt {
    char text[72];
} doc_excerpt;
doc_excerpt doc_excerpt_of(const char *text, size_t size);

ckl_status doc_json_read(json_t **out, const char *text, size_t size, const doc_options *options,
                         ckl_error *err);
ckl_status doc_yaml_read(json_t **out, const char *text, size_t size, const doc_options *options,
                         ckl_error *err);

/* Whether the integer (a sign, if any, and decimal digits) outside int64 is accepted. */
bool doc_is_wide_integer(const char *digits, size_t size);
/* The text of a real; false when it is not finite or memory is out. The text is a number. */
bool doc_real_is_finite(double *out, const char *text, size_t size);

/* What kind of value a YAML node is: the tags of PyYAML's SafeConstructor. */
typedef enum doc_tag {
    DOC_TAG_TEXT,
    DOC_TAG_NULL,
    DOC_TAG_BOOLEAN,
    DOC_TAG_INTEGER,
    DOC_TAG_REAL,
    DOC_TAG_TIMESTAMP,
    DOC_TAG_MERGE,
    DOC_TAG_VALUE,
    DOC_TAG_LIST,
    DOC_TAG_MAP,
    DOC_TAG_SET,
    DOC_TAG_BINARY,
    DOC_TAG_OTHER
} doc_tag;

/* The tag of an untagged plain scalar. */
doc_tag doc_scalar_tag(const char *text, size_t size);
/* The value of a scalar with the tag `tag`: TEXT to VALUE. The text has no NUL. */
ckl_status doc_scalar_read(json_t **out, doc_tag tag, const char *text, size_t size,
                           const doc_spot *spot);
/* The parts of doc_scalar_read that read numbers, and how all of it succeeds and fails. */
ckl_status doc_integer_read(json_t **out, const char *text, size_t size, const doc_spot *spot);
ckl_status doc_real_read(json_t **out, const char *text, size_t size, const doc_spot *spot);
ckl_status doc_give(json_t **out, json_t *value, const doc_spot *spot);
ckl_status doc_is_not(const char *kind, const char *text, size_t size, const doc_spot *spot);
/* A number to most people, but text to YAML 1.1, e.g. 1e-5: *number is how to write it (1.0e-5). */
bool doc_scalar_misleads(doc_excerpt *number, const char *text, size_t size);

#endif
