/* What the targets that read documents share: what is told of them, and what a configuration that
 * was accepted must be, whatever it was written in. */
#ifndef DOCUMENTS_H
#define DOCUMENTS_H

#include <sqlite3.h>

#include "canon.h"
#include "doc.h"
#include "emit_yaml.h"
#include "fuzz.h"

/* ---- what is told ---------------------------------------------------------------------------- */

/* One line of UTF-8, as the API promises. */
static inline void must_be_one_line(const char *text)
{
    MUST(doc_valid_utf8(text, strlen(text)), "'%s' is not UTF-8", text);
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        MUST(*at >= 0x20 && *at != 0x7f && (at[0] != 0xc2 || at[1] > 0x9f),
             "'%s' has a control character", text);
}

/* An object and no error, or an error and no object. */
static inline void must_be_told_or_given(ckl_status status, const void *object,
                                         const ckl_error *err)
{
    must_be_told(status, err);
    MUST((status == CKL_OK) == (object != NULL), "%s: an object beside an error, or neither",
         ckl_status_name(status));
    MUST((status == CKL_OK) == (err->code == CKL_OK), "%s, but the error says %s",
         ckl_status_name(status), ckl_status_name(err->code));
    must_be_one_line(err->message);
    must_be_one_line(err->hint);
}

/* Counts warnings. */
static inline void take_warning(void *context, const char *message)
{
    MUST(message[0] != '\0', "a warning without a message");
    must_be_one_line(message);
    ++*(size_t *)context;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static inline ckl_status take_bytes(void *context, const void *bytes, size_t size, ckl_error *err)
{
    buf_add(context, bytes, size);
    return buf_check(context, err);
}

static inline void must_be_equal(const char *what, const char *first, size_t first_size,
                                 const char *second, size_t second_size)
{
    MUST(first_size == second_size && (first_size == 0 || memcmp(first, second, first_size) == 0),
         "%s:\n%.*s\n%.*s", what, (int)first_size, first, (int)second_size, second);
}

/* Whether SQLite's own reader takes it for JSON. */
static inline bool sqlite_takes(const char *text, size_t size)
{
    static sqlite3 *db;
    static sqlite3_stmt *statement;
    if (db == NULL)
        MUST(sqlite3_open(":memory:", &db) == SQLITE_OK &&
                 sqlite3_prepare_v2(db, "SELECT json_valid(?)", -1, &statement, NULL) == SQLITE_OK,
             "SQLite without JSON");
    sqlite3_bind_text(statement, 1, text, (int)size, SQLITE_STATIC);
    MUST(sqlite3_step(statement) == SQLITE_ROW, "%s", sqlite3_errmsg(db));
    bool taken = sqlite3_column_int(statement, 0) == 1;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return taken;
}

/* ---- a configuration ------------------------------------------------------------------------- */

/* Read from what the library wrote: it must be the same again. */
static inline void must_read_back(const ckl_config *config, const char *text, size_t size,
                                  ckl_format format)
{
    size_t warnings = 0;
    ckl_config *again = NULL;
    ckl_error err = {0};
    ckl_warning_sink sink = {take_warning, &warnings};
    MUST(ckl_config_parse(&again, text, size, format, "again", &sink, &err) == CKL_OK,
         "what was written cannot be read: %s\n%.*s", err.message, (int)size, text);
    MUST(warnings == 0, "what was written may be taken for something else: %.*s", (int)size, text);
    must_be_equal("what was written is read as something else", config->text, config->size,
                  again->text, again->size);
    ckl_config_free(again);
}

static inline void must_write_yaml(const ckl_config *config)
{
    BUF_AUTO first = BUF_INIT;
    BUF_AUTO second = BUF_INIT;
    ckl_error err = {0};
    MUST(emit_yaml_config(&(emit_sink){take_bytes, &first}, config->tree, &err) == CKL_OK, "%s",
         err.message);
    MUST(emit_yaml_config(&(emit_sink){take_bytes, &second}, config->tree, &err) == CKL_OK, "%s",
         err.message);
    must_be_equal("written twice, it differs", first.data, first.size, second.data, second.size);
    must_read_back(config, first.data, first.size, CKL_FORMAT_YAML);
}

/* The hash is that of the text, and is the same the second time. */
static inline void must_hash(const ckl_model *model, const ckl_config *config, ckl_data_state *data,
                             ckl_components component)
{
    char *text = NULL, hex[65], expected[65];
    size_t size = 0;
    digest value;
    bool differs = true;
    ckl_hash hash = {{0}};
    ckl_error err = {0};
    ckl_components changed = CKL_ALL_COMPONENTS;
    ckl_canonical_options options = {0};
    ckl_hash_generator *generator = NULL;
    MUST(ckl_hash_generator_new(&generator, &err) == CKL_OK &&
             ckl_hash_generator_generate_hash(&hash, generator, model, config, data, &err) ==
                 CKL_OK &&
             ckl_hash_generator_digest(hex, generator, component, &err) == CKL_OK &&
             ckl_hash_generator_has_changed(&differs, &changed, generator, model, config, data,
                                            &err) == CKL_OK &&
             ckl_canonical_text(&text, &size, model, config, data, &options, &err) == CKL_OK &&
             hash_bytes(&value, text, size, &err) == CKL_OK,
         "%s", err.message);
    digest_hex(expected, &value);
    MUST(strcmp(hex, expected) == 0, "the hash is not that of the text");
    MUST(!differs && changed == 0, "it differs from itself");
    ckl_free(text);
    ckl_hash_generator_free(generator);
}

/* ---- its leaves ------------------------------------------------------------------------------ */

#define LEAVES_MAX 8

typedef struct leaves {
    const ckl_config *config;
    const char *removed; /* NULL: nothing is */
    size_t count;
} leaves;

static inline ckl_status must_be_gone(void *context, const canon_leaf *leaf, ckl_error *err)
{
    const leaves *seen = context;
    (void)err;
    MUST(strcmp(leaf->path, seen->removed) != 0, "'%s' is left out, but there", leaf->path);
    return CKL_OK;
}

/* What is there can be left out by its path. */
static inline ckl_status visit_leaf(void *context, const canon_leaf *leaf, ckl_error *err)
{
    leaves *seen = context;
    json_t *rest = NULL;
    if (leaf->path[0] == '\0' || seen->count++ >= LEAVES_MAX)
        return CKL_OK;
    MUST(canon_without(&rest, seen->config->tree, &leaf->path, 1, err) == CKL_OK, "'%s': %s",
         leaf->path, err->message);
    leaves without = {seen->config, leaf->path, 0};
    /* In a list the next member moves up to its place. */
    const char *last = strrchr(leaf->path, '/') + 1;
    bool is_member = strspn(last, "0123456789") == strlen(last);
    MUST(is_member || canon_leaves(rest, must_be_gone, &without, err) == CKL_OK, "%s",
         err->message);
    json_decref(rest);
    return CKL_OK;
}

static inline void must_be_sound(const ckl_config *config)
{
    ckl_error err = {0};
    leaves seen = {config, NULL, 0};
    for (size_t at = 0; at < config->size; at++)
        MUST(config->text[at] >= 0x20, "the canonical text has the byte %02x at %zu",
             (unsigned)(unsigned char)config->text[at], at);
    MUST(strlen(config->text) == config->size && sqlite_takes(config->text, config->size),
         "the canonical text is no JSON: %s", config->text);
    must_read_back(config, config->text, config->size, CKL_FORMAT_JSON);
    must_hash(NULL, config, NULL, CKL_CONFIG);
    if (config_check_recordable(config, NULL) == CKL_OK)
        must_write_yaml(config);
    MUST(canon_leaves(config->tree, visit_leaf, &seen, &err) == CKL_OK, "%s", err.message);
}

#endif
