/* What the tests of doc share: reading a text, and what must come of it. */
#ifndef DOC_TEST_H
#define DOC_TEST_H

#include "doc.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

typedef struct warnings {
    int count;
    char last[512];
} warnings;

static inline void keep_warning(void *context, const char *message)
{
    warnings *kept = context;
    kept->count++;
    snprintf(kept->last, sizeof kept->last, "%s", message);
}

static inline ckl_status parse(json_t **out, ckl_format format, const char *text, size_t size,
                               warnings *kept, ckl_error *err)
{
    ckl_warning_sink sink = {keep_warning, kept};
    doc_options options = {
        .format = format, .name = "doc", .warnings = kept == NULL ? NULL : &sink};
    return doc_parse(out, text, size, &options, err);
}

/* Reads it and compares with JSON text in Jansson's compact form. */
static inline void expect(ckl_format format, const char *text, const char *json)
{
    ckl_error err = {0};
    json_t *tree = NULL;
    ckl_status status = parse(&tree, format, text, strlen(text), NULL, &err);
    ck_assert_msg(status == CKL_OK, "%s: %s", text, err.message);
    char *written = json_dumps(tree, JSON_ENCODE_ANY | JSON_COMPACT);
    ck_assert_msg(strcmp(written, json) == 0, "%s: read as %s, not %s", text, written, json);
    free(written);
    json_decref(tree);
}

static inline void expect_refused(ckl_format format, const char *text, size_t size,
                                  const char *message)
{
    ckl_error err = {0};
    json_t *tree = NULL;
    ckl_status status = parse(&tree, format, text, size, NULL, &err);
    ck_assert_msg(status == CKL_INVALID, "%s: status %d", text, (int)status);
    ck_assert_ptr_null(tree);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s: '%s' is not in '%s'", text, message,
                  err.message);
}

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
