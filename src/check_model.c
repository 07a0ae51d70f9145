/* Models: descriptions, opaque bytes, and what was to be saved as architecture.pkl. */
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"

static ckl_status expect_module(ckl_check *job, int64_t component, const char *name,
                                const buf *entry, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = buf_check(entry, err);
    if (status == CKL_OK)
        status = db_query(&running, job->ledger,
                          "INSERT INTO temp.expected_model_module (component, name, entry)"
                          " VALUES (:component, :name, :entry)",
                          err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":component", component);
    bind_text(&running, ":name", name);
    bind_text_size(&running, ":entry", entry->data, entry->size);
    return statement_run(&running, err);
}

static ckl_status expect_modules(ckl_check *job, const ckl_model *model, int64_t component,
                                 ckl_error *err)
{
    BUF_AUTO entry = BUF_INIT;
    if (model->class_name == NULL) {
        digest content;
        char hex[65];
        ckl_status status = hash_bytes(&content, model->opaque.data, model->opaque.size, err);
        if (status != CKL_OK)
            return status;
        digest_hex(hex, &content);
        buf_add_format(&entry, "%zu bytes, sha256 %s", model->opaque.size, hex);
        return expect_module(job, component, "(opaque)", &entry, err);
    }
    model_class_entry(&entry, model);
    ckl_status status = expect_module(job, component, "", &entry, err);
    for (size_t index = 0; status == CKL_OK && index < model->module_count; index++) {
        buf_clear(&entry);
        model_entry(&entry, &model->modules[index], false);
        status = expect_module(job, component, model->modules[index].name, &entry, err);
    }
    return status;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static ckl_status check_blobs(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger, "SELECT id, content, digest FROM _blob", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        digest made, recorded;
        size_t size = 0;
        const void *bytes = column_blob(&row, 1, &size);
        status = column_digest(&recorded, &row, 2, err);
        if (status == CKL_OK)
            status = hash_bytes(&made, bytes != NULL ? bytes : "", size, err);
        if (status == CKL_OK && !digest_equal(&made, &recorded))
            status = check_add_row(job, "content", "_blob", column_integer(&row, 0), err,
                                   "its content does not hash to its digest");
    }
    return status == CKL_DONE ? CKL_OK : status;
}

/* ---- models ---------------------------------------------------------------------------------- */

/* The description, written again, is the text that stands there: so that nothing in it can differ
 * that the digest does not cover. */
static ckl_status check_description(ckl_check *job, const ckl_model *model, const char *recorded,
                                    int64_t component, ckl_error *err)
{
    BUF_AUTO text = BUF_INIT;
    if (model->class_name == NULL)
        return CKL_OK;
    ckl_status status = model_description(&text, model, err);
    if (status == CKL_OK && strcmp(text.data, recorded) != 0)
        status = check_add_row(job, "content", "_model", component, err,
                               "its description is not written as one is");
    return status;
}

/* What the dumped architecture.pkl must be follows from the model: also the order of its modules,
 * which does not count in its digest. */
static ckl_status check_dumped(ckl_check *job, const ckl_model *model, int64_t component,
                               ckl_error *err)
{
    BUF_AUTO bytes = BUF_INIT;
    STATEMENT_AUTO row = {0};
    digest made, recorded;
    ckl_status status = model_architecture(&bytes, model, err);
    if (status == CKL_OK)
        status = hash_bytes(&made, bytes.data != NULL ? bytes.data : "", bytes.size, err);
    if (status == CKL_OK)
        status = db_query(
            &row, job->ledger,
            "SELECT path, sha256 FROM temp.expected_file WHERE component = :component", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":component", component);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        status = column_digest(&recorded, &row, 1, err);
        if (status == CKL_OK && !digest_equal(&made, &recorded))
            return check_add_row(job, "content", "_model", component, err,
                                 "is not what was dumped as %s", column_required(&row, 0));
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status look_at_model(ckl_check *job, const statement *row, ckl_error *err)
{
    int64_t component = column_integer(row, 0);
    ckl_model *model = NULL;
    ckl_error found = {0};
    digest made, recorded;
    BUF_AUTO text = BUF_INIT;
    ckl_status status = ledger_model_load(&model, job->ledger, component, &found);
    if (status == CKL_INVALID || status == CKL_DAMAGED)
        return check_add_row(job, "content", "_model", component, err, "cannot be read: %s",
                             found.message);
    if (status != CKL_OK)
        return error_pass(err, &found);
    status = model_canonical(&text, model, err);
    if (status == CKL_OK)
        status = hash_bytes(&made, text.data != NULL ? text.data : "", text.size, err);
    if (status == CKL_OK)
        status = column_digest(&recorded, row, 1, err);
    if (status == CKL_OK && !digest_equal(&made, &recorded))
        status = check_add_row(job, "content", "_model", component, err,
                               "does not hash to the digest of its _component");
    if (status == CKL_OK)
        status = check_description(job, model, column_text(row, 2), component, err);
    if (status == CKL_OK)
        status = check_dumped(job, model, component, err);
    if (status == CKL_OK)
        status = expect_modules(job, model, component, err);
    ckl_model_free(model);
    return status;
}

/* Which bytes were given to be saved follows from the events. */
static ckl_status check_architectures(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->ledger,
                 "SELECT it.component FROM _model AS it"
                 " LEFT JOIN _blob AS bytes ON bytes.id = it.architecture"
                 " LEFT JOIN temp.architecture AS given ON given.model = it.component"
                 " WHERE lower(hex(bytes.digest)) IS NOT coalesce(given.digest, '')"
                 "   AND NOT (bytes.id IS NULL AND given.digest IS NULL)"
                 "   AND (given.known IS NOT 0 OR given.digest IS NOT NULL)",
                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = check_add_row(job, "content", "_model", column_integer(&row, 0), err,
                               "its architecture is not the one that history says was given");
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status check_models(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = check_blobs(job, err);
    if (status == CKL_OK)
        status = check_expect(job, "_model_module", err);
    if (status == CKL_OK)
        status = db_query(&row, job->ledger,
                          "SELECT it.component, component.digest, it.description"
                          " FROM _model AS it"
                          " JOIN _component AS component ON component.id = it.component"
                          " ORDER BY it.component",
                          err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = look_at_model(job, &row, err);
    return status == CKL_DONE ? check_architectures(job, err) : status;
}
