/* The functions of SQL, and the entry points of ckl_sqlite.so. */
#define EXTENSION_ENTRY
#include "extension.h"

SQLITE_EXTENSION_INIT1

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "doc_internal.h"

static void release(void *value)
{
    extension_context *context = value;
    if (--context->uses == 0)
        free(context);
}

/* `code` is one of SQLite's. */
static void fail_with(sqlite3_context *result, const char *name, int code, const ckl_error *err)
{
    char text[sizeof err->message + 64];
    if (code == SQLITE_NOMEM) {
        sqlite3_result_error_nomem(result);
        return;
    }
    snprintf(text, sizeof text, "%s: %s", name, err->message);
    sqlite3_result_error(result, text, -1);
    if (code != SQLITE_ERROR)
        sqlite3_result_error_code(result, code);
}

static const char *text_of(sqlite3_value *value)
{
    return sqlite3_value_type(value) == SQLITE_NULL ? NULL
                                                    : (const char *)sqlite3_value_text(value);
}

/* ---- hashes ---------------------------------------------------------------------------------- */

#define NOTHING CKL_ABSENT_SEGMENT CKL_ABSENT_SEGMENT CKL_ABSENT_SEGMENT

/* A whole hash counts as it is, as for `ckl compare`; null is nothing. */
static bool is_plain(const char *text)
{
    return text == NULL ||
           (strlen(text) == CKL_HASH_LENGTH &&
            strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz") == CKL_HASH_LENGTH);
}

/* "model,data": the segments that differ. */
static void result_difference(sqlite3_context *result, const char *from, const char *to)
{
    static const char *const NAMES[] = {",model", ",config", ",data"};
    char text[24] = "";
    for (size_t index = 0; index < 3; index++) {
        if (memcmp(from + index * CKL_SEGMENT_LENGTH, to + index * CKL_SEGMENT_LENGTH,
                   CKL_SEGMENT_LENGTH) != 0)
            strcat(text, NAMES[index]);
    }
    sqlite3_result_text(result, text[0] == ',' ? text + 1 : text, -1, SQLITE_TRANSIENT);
}

/* ckl_changed(a [, b [, run]]) */
static void sql_changed(sqlite3_context *result, int count, sqlite3_value **values)
{
    extension_experiment from = {0}, to = {0};
    extension_reader reader = {.context = sqlite3_user_data(result)};
    extension_sides sides = {.from = text_of(values[0]),
                             .to = count > 1 ? text_of(values[1]) : NULL,
                             .run = count > 2 ? text_of(values[2]) : NULL,
                             .from_given = true,
                             .to_given = count > 1};
    ckl_error err = {0};
    int found = SQLITE_OK;
    if (count > 1 && is_plain(sides.from) && is_plain(sides.to)) {
        snprintf(from.hash, sizeof from.hash, "%s", sides.from != NULL ? sides.from : "");
        snprintf(to.hash, sizeof to.hash, "%s", sides.to != NULL ? sides.to : "");
    } else {
        found = extension_find_sides(&from, &to, &reader, &sides, &err);
    }
    if (found == SQLITE_OK)
        result_difference(result, from.hash[0] != '\0' ? from.hash : NOTHING,
                          to.hash[0] != '\0' ? to.hash : NOTHING);
    else
        fail_with(result, "ckl_changed", found, &err);
    reader_close(&reader);
}

/* ckl_segment(hash, component [, run]); null for an absent component */
static void sql_segment(sqlite3_context *result, int count, sqlite3_value **values)
{
    static const char *const NAMES[] = {"model", "config", "data"};
    const char *hash = text_of(values[0]), *component = text_of(values[1]);
    extension_experiment state = {0};
    extension_reader reader = {.context = sqlite3_user_data(result)};
    ckl_error err = {0};
    size_t place = 0;
    int found = SQLITE_OK;
    if (hash == NULL || component == NULL)
        return;
    while (place < 3 && strcmp(component, NAMES[place]) != 0)
        place++;
    if (place == 3)
        found = reader_fail(&err, SQLITE_ERROR, "a component is model, config or data, not '%s'",
                            component);
    else if (is_plain(hash))
        snprintf(state.hash, sizeof state.hash, "%s", hash);
    else
        found = reader_resolve(&state, &reader, hash, count > 2 ? text_of(values[2]) : NULL, &err);
    const char *segment = state.hash + place * CKL_SEGMENT_LENGTH;
    if (found != SQLITE_OK)
        fail_with(result, "ckl_segment", found, &err);
    else if (memcmp(segment, CKL_ABSENT_SEGMENT, CKL_SEGMENT_LENGTH) != 0)
        sqlite3_result_text(result, segment, CKL_SEGMENT_LENGTH, SQLITE_TRANSIENT);
    reader_close(&reader);
}

/* ---- configurations -------------------------------------------------------------------------- */

static ckl_status hash_config(char out[CKL_SEGMENT_LENGTH + 1], const char *text, size_t size,
                              ckl_error *err)
{
    static const doc_options OPTIONS = {
        .format = CKL_FORMAT_JSON, .name = "JSON", .configuration = true};
    json_t *config = NULL;
    BUF_AUTO canonical = BUF_INIT;
    digest natural;
    ckl_status status = doc_json_read(&config, text, size, &OPTIONS, err);
    if (status == CKL_OK && !json_is_object(config))
        status = error_set(err, CKL_INVALID, "JSON: a configuration is an object");
    if (status == CKL_OK) {
        canon_value(&canonical, config);
        status = buf_check(&canonical, err);
    }
    json_decref(config);
    if (status == CKL_OK)
        status = hash_bytes(&natural, canonical.data, canonical.size, err);
    if (status == CKL_OK)
        digest_segment(out, &natural, 0);
    return status;
}

/* ckl_hash_config(json): the segment that a configuration has where nothing is ignored. */
static void sql_hash_config(sqlite3_context *result, int count, sqlite3_value **values)
{
    char segment[CKL_SEGMENT_LENGTH + 1];
    ckl_error err = {0};
    const char *text = text_of(values[0]);
    (void)count;
    if (text == NULL)
        return;
    ckl_status status = hash_config(segment, text, (size_t)sqlite3_value_bytes(values[0]), &err);
    if (status == CKL_OK)
        sqlite3_result_text(result, segment, -1, SQLITE_TRANSIENT);
    else
        fail_with(result, "ckl_hash_config", status == CKL_NO_MEMORY ? SQLITE_NOMEM : SQLITE_ERROR,
                  &err);
}

/* ---- registering ----------------------------------------------------------------------------- */

typedef struct sql_function {
    const char *name;
    int least, most; /* arguments */
    int flags;
    void (*call)(sqlite3_context *, int, sqlite3_value **);
} sql_function;

/* What asks the ledger is not the same at all times: @ moves. */
static const sql_function FUNCTIONS[] = {
    {"ckl_changed", 1, 3, SQLITE_INNOCUOUS, sql_changed},
    {"ckl_segment", 2, 3, SQLITE_INNOCUOUS, sql_segment},
    {"ckl_hash_config", 1, 1, SQLITE_INNOCUOUS | SQLITE_DETERMINISTIC, sql_hash_config},
};

static int register_functions(extension_context *context)
{
    int result = SQLITE_OK;
    for (size_t index = 0; index < sizeof FUNCTIONS / sizeof *FUNCTIONS; index++) {
        const sql_function *function = &FUNCTIONS[index];
        for (int count = function->least; result == SQLITE_OK && count <= function->most; count++) {
            context->uses++;
            result = sqlite3_create_function_v2(context->connection, function->name, count,
                                                SQLITE_UTF8 | function->flags, context,
                                                function->call, NULL, NULL, release);
        }
    }
    return result;
}

int extension_register(sqlite3 *connection, const char *run)
{
    extension_context *context = calloc(1, sizeof *context);
    if (context == NULL)
        return SQLITE_NOMEM;
    context->connection = connection;
    context->uses = 1;
    snprintf(context->run, sizeof context->run, "%s", run);
    int result = register_functions(context);
    if (result == SQLITE_OK)
        result = extension_register_tables(context, release);
    release(context);
    return result;
}

/* In libckl the connection is ours, and there is nothing to load. */
#ifndef SQLITE_CORE
#define ENTRY __attribute__((visibility("default")))

/* SQLite derives these names from the file's: with and without what is no letter. */
ENTRY int sqlite3_cklsqlite_init(sqlite3 *connection, char **message,
                                 const sqlite3_api_routines *api);
ENTRY int sqlite3_ckl_sqlite_init(sqlite3 *connection, char **message,
                                  const sqlite3_api_routines *api);

int sqlite3_cklsqlite_init(sqlite3 *connection, char **message, const sqlite3_api_routines *api)
{
    SQLITE_EXTENSION_INIT2(api);
    int result = extension_register(connection, "main");
    if (result != SQLITE_OK)
        *message = sqlite3_mprintf("ckl_sqlite: %s", sqlite3_errstr(result));
    return result;
}

int sqlite3_ckl_sqlite_init(sqlite3 *connection, char **message, const sqlite3_api_routines *api)
{
    return sqlite3_cklsqlite_init(connection, message, api);
}
#endif
