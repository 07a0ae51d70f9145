/* doc: owns reading YAML and JSON text into one tree of JSON values (Jansson). The only user of
 * libyaml's parser. May call: error, buf. Keeps true: what is in the tree is within the limits of
 * design 3.2 (no duplicate key, no NUL, valid UTF-8, int64, finite, depth 128, 1,000,000 nodes);
 * YAML means what PyYAML's CSafeLoader reads, so that command and Python give one hash. */
#ifndef DOC_H
#define DOC_H

#include <ckl/values.h>
#include <jansson.h>

#include "buf.h"

#define DOC_DEPTH_MAX 128
/* Of a configuration in JSON, which golden vector P-cfg-078 wants at 202 levels. */
#define DOC_DEPTH_MAX_CONFIGURATION 256
#define DOC_NODE_MAX                1000000

typedef struct doc_options {
    ckl_format format;
    const char *name;     /* for messages and CKL_FORMAT_BY_NAME */
    bool integer_keys;    /* integer keys count as their decimal text (data states) */
    bool unlimited_nodes; /* data states have no limit on nodes */
    bool configuration; /* JSON may have NUL in values, as golden vector P-cfg-060, and be deeper */
    const ckl_warning_sink *warnings; /* may be NULL */
} doc_options;

/* What CKL_FORMAT_BY_NAME means for a name. */
ckl_format doc_format(ckl_format format, const char *name);
/* *out is the caller's (json_decref). A YAML `!!set` is read as the sorted array of its keys. What
 * a YAML alias names is shared inside the tree, not copied: change only a json_deep_copy of it.
 * Errors: CKL_INVALID with "NAME: line L, column C: …" or "NAME: at /json/pointer: …" */
ckl_status doc_parse(json_t **out, const char *text, size_t size, const doc_options *options,
                     ckl_error *err);
/* Reads a whole file ("-": standard input) into *out. Errors: CKL_NOT_FOUND, CKL_IO,
 * CKL_INVALID  more than `limit` bytes */
ckl_status doc_read_file(char **out, size_t *size, const char *path, size_t limit, ckl_error *err);
#define DOC_SIZE_MAX       ((size_t)256 << 20) /* of configurations and models */
#define DOC_STATE_SIZE_MAX ((size_t)16 << 30)  /* of data states */

/* The decimal digits (with a sign, if any) of an integer outside int64 that is accepted all the
 * same (golden vector P-cfg-051), else NULL. Only this is: the digits are what a program whose
 * numbers are doubles writes for one that needs 17 of them, below 1e21. In the tree it is a text
 * that begins with NUL and digits, which no text that was read does. Borrowed from `value`. */
const char *doc_wide_integer(const json_t *value);

/* True when `text` of `size` bytes is valid UTF-8 (no surrogates, nothing over U+10FFFF). */
bool doc_valid_utf8(const char *text, size_t size);

/* strtod as in the C locale: a host program may have set one with a decimal comma. */
double doc_strtod(const char *text, char **end);

/* JSON that we wrote; *out is the caller's (json_decref). CKL_INVALID, about which nothing is told,
 * is no JSON; lack of memory is no fault of the text's.
 * Errors: CKL_NO_MEMORY */
ckl_status doc_json_load(json_t **out, const char *text, ckl_error *err);

/* As compact JSON, the caller's (free). NULL: out of memory, or `tree` is NULL. */
char *doc_json_text(const json_t *tree);

#endif
