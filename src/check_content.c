/* Configurations, models and bytes: every digest, segment and derived row from the content again.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "check_internal.h"

/* ---- segments -------------------------------------------------------------------------------- */

/* In the order in which the components were recorded each takes the first window of its digest that
 * is free. The expected table itself says what is taken. */
static ckl_status place_component(ckl_check *job, const statement *row, ckl_error *err)
{
    digest value;
    char segment[CKL_SEGMENT_LENGTH + 1];
    ckl_status status = column_digest(&value, row, 2, err);
    for (unsigned shift = 0; status == CKL_OK && shift <= 56; shift += CKL_SEGMENT_LENGTH) {
        STATEMENT_AUTO taken = {0};
        int64_t any = 0;
        digest_segment(segment, &value, shift);
        status = db_query(&taken, job->ledger,
                          "SELECT 1 FROM temp.expected_component"
                          " WHERE kind = :kind AND segment = :segment",
                          err);
        if (status != CKL_OK)
            return status;
        bind_text(&taken, ":kind", column_text(row, 1));
        bind_text(&taken, ":segment", segment);
        status = ledger_first_integer(&any, &taken, err);
        if (status == CKL_NOT_FOUND && strcmp(segment, CKL_ABSENT_SEGMENT) != 0) {
            STATEMENT_AUTO running = {0};
            status = db_query(&running, job->ledger,
                              "INSERT INTO temp.expected_component"
                              " SELECT id, kind, digest, :segment, :shift FROM _component"
                              " WHERE id = :id",
                              err);
            if (status != CKL_OK)
                return status;
            bind_text(&running, ":segment", segment);
            bind_integer(&running, ":shift", shift);
            bind_integer(&running, ":id", column_integer(row, 0));
            return statement_run(&running, err);
        }
        if (status == CKL_NOT_FOUND)
            status = CKL_OK;
    }
    return status;
}

static ckl_status check_segments(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = check_expect(job, "_component", err);
    if (status == CKL_OK)
        status = check_run(job,
                           "CREATE INDEX temp.expected_component_segment"
                           " ON expected_component (kind, segment)",
                           err);
    if (status == CKL_OK)
        status =
            db_query(&row, job->ledger, "SELECT id, kind, digest FROM _component ORDER BY id", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        status = place_component(job, &row, err);
        job->counts.components++;
    }
    return status == CKL_DONE ? CKL_OK : status;
}

/* Says so when a text or bytes do not hash to what the ledger says. */
static ckl_status compare_digest(ckl_check *job, const void *bytes, size_t size,
                                 const statement *row, int column, const char *table, int64_t id,
                                 const char *message, ckl_error *err)
{
    digest made, recorded;
    ckl_status status = column_digest(&recorded, row, column, err);
    if (status == CKL_OK)
        status = hash_bytes(&made, bytes != NULL ? bytes : "", size, err);
    if (status == CKL_OK && !digest_equal(&made, &recorded))
        status = check_add_row(job, "content", table, id, err, "%s", message);
    return status;
}

/* ---- configurations -------------------------------------------------------------------------- */

typedef struct leaf_look {
    ckl_check *job;
    int64_t config;
    char **ignored;
    size_t ignored_count;
} leaf_look;

static ckl_status expect_leaf(void *context, const canon_leaf *leaf, ckl_error *err)
{
    leaf_look *look = context;
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(
        &running, look->job->ledger,
        "INSERT INTO temp.expected_config_leaf (config, path, type, value, number, ignored)"
        " VALUES (:config, :path, :type, :value, :number, :ignored)",
        err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":config", look->config);
    bind_text(&running, ":path", leaf->path);
    bind_text(&running, ":type", leaf->type);
    bind_text(&running, ":value", leaf->text);
    if (json_is_integer(leaf->value))
        bind_integer(&running, ":number", json_integer_value(leaf->value));
    else if (json_is_real(leaf->value))
        bind_real(&running, ":number", json_real_value(leaf->value));
    else
        bind_null(&running, ":number");
    bind_integer(&running, ":ignored",
                 ledger_leaf_is_ignored(leaf->path, (const char *const *)look->ignored,
                                        look->ignored_count));
    return statement_run(&running, err);
}

/* The paths that did not count when the configuration was recorded, one JSON text. */
static ckl_status ignored_then(json_t **out, ckl_check *job, int64_t config, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *out = json_array();
    if (*out == NULL)
        return error_memory(err);
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT path FROM temp.expected_ignored_path AS it"
                                 " JOIN temp.first_config AS first ON first.config = :config"
                                 " WHERE it.from_event < first.seq"
                                 "   AND (it.to_event IS NULL OR it.to_event > first.seq)"
                                 " ORDER BY path",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":config", config);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        if (json_array_append_new(*out, json_string(column_required(&row, 0))) != 0)
            status = error_memory(err);
    }
    return status == CKL_DONE ? CKL_OK : status;
}

/* What of it counts, and its leaves. */
static ckl_status look_at_config(ckl_check *job, const ckl_config *config, const statement *row,
                                 ckl_error *err)
{
    leaf_look look = {.job = job, .config = column_integer(row, 0)};
    json_t *ignored = NULL;
    BUF_AUTO text = BUF_INIT;
    ckl_status status = ignored_then(&ignored, job, look.config, err);
    look.ignored_count = json_array_size(ignored);
    look.ignored = calloc(look.ignored_count + 1, sizeof *look.ignored);
    if (status == CKL_OK && look.ignored == NULL)
        status = error_memory(err);
    for (size_t index = 0; status == CKL_OK && index < look.ignored_count; index++)
        look.ignored[index] = (char *)(uintptr_t)json_string_value(json_array_get(ignored, index));
    if (status == CKL_OK)
        status = config_canonical(&text, config, (const char *const *)look.ignored,
                                  look.ignored_count, err);
    if (status == CKL_OK)
        status = compare_digest(job, text.data, text.size, row, 3, "_config", look.config,
                                "what counts of its content is not what its _component was"
                                " recorded for",
                                err);
    if (status == CKL_OK)
        status = canon_leaves(config->tree, expect_leaf, &look, err);
    free(look.ignored);
    json_decref(ignored);
    return status;
}

static ckl_status look_at_content(ckl_check *job, const statement *row, ckl_error *err)
{
    int64_t id = column_integer(row, 0);
    size_t size = 0;
    const char *content = column_blob(row, 1, &size);
    ckl_config *config = NULL;
    ckl_error found = {0};
    ckl_status status = compare_digest(job, content, size, row, 2, "_config", id,
                                       "its content does not hash to its digest", err);
    if (status != CKL_OK)
        return status;
    status = ckl_config_parse(&config, content != NULL ? content : "", size, CKL_FORMAT_JSON,
                              "ledger.db", NULL, &found);
    if (status == CKL_INVALID)
        return check_add_row(job, "content", "_config", id, err, "cannot be read: %s",
                             found.message);
    if (status != CKL_OK)
        return error_pass(err, &found);
    if (config->size != size || memcmp(config->text, content, size) != 0)
        status = check_add_row(job, "content", "_config", id, err,
                               "is not written as a configuration is");
    if (status == CKL_OK)
        status = look_at_config(job, config, row, err);
    ckl_config_free(config);
    return status;
}

static ckl_status check_configs(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = check_expect(job, "_config_leaf", err);
    if (status == CKL_OK)
        status = db_query(&row, job->ledger,
                          "SELECT it.id, it.content, it.digest, component.digest"
                          " FROM _config AS it"
                          " JOIN _component AS component ON component.id = it.component"
                          " ORDER BY it.id",
                          err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = look_at_content(job, &row, err);
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status check_contents(ckl_check *job, ckl_error *err)
{
    ckl_status status = check_segments(job, err);
    if (status == CKL_OK)
        status = check_configs(job, err);
    return status == CKL_OK ? check_models(job, err) : status;
}
