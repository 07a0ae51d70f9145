#include <stdlib.h>
#include <string.h>

#include "ledger.h"

static ckl_status record_blob(int64_t *out, db *ledger, const buf *bytes, ckl_error *err)
{
    digest content;
    ckl_status status = hash_bytes(&content, bytes->data, bytes->size, err);
    if (status != CKL_OK)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger,
                      "INSERT INTO _blob (digest, content) VALUES (:digest, :content)"
                      " ON CONFLICT (digest) DO NOTHING",
                      err);
    if (status != CKL_OK)
        return status;
    bind_digest(&running, ":digest", &content);
    bind_blob(&running, ":content", bytes->data, bytes->size);
    status = statement_run(&running, err);
    STATEMENT_AUTO row = {0};
    if (status == CKL_OK)
        status = db_query(&row, ledger, "SELECT id FROM _blob WHERE digest = :digest", err);
    if (status != CKL_OK)
        return status;
    bind_digest(&row, ":digest", &content);
    status = statement_step(&row, err);
    if (status == CKL_OK)
        *out = column_integer(&row, 0);
    return status;
}

static ckl_status load_blob(buf *out, db *ledger, int64_t id, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT content FROM _blob WHERE id = :id", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", id);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED, "the ledger names bytes %lld but does not have them",
                         (long long)id);
    if (status != CKL_OK)
        return status;
    size_t size;
    const void *bytes = column_blob(&row, 0, &size);
    buf_add(out, bytes, size);
    return buf_check(out, err);
}

static ckl_status add_module(db *ledger, int64_t component, const char *name, const buf *entry,
                             ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "INSERT INTO _model_module (component, name, entry)"
                                 " VALUES (:component, :name, :entry)",
                                 err);
    if (status == CKL_OK)
        status = buf_check(entry, err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":component", component);
    bind_text(&running, ":name", name);
    bind_text_size(&running, ":entry", entry->data, entry->size);
    return statement_run(&running, err);
}

/* What diffs show: the class under '', each module under its name. An opaque architecture is one
 * entry, which says how large it is and what it hashes to. */
static ckl_status add_modules(db *ledger, const ckl_model *model, int64_t component, ckl_error *err)
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
        return add_module(ledger, component, "(opaque)", &entry, err);
    }
    model_class_entry(&entry, model);
    ckl_status status = add_module(ledger, component, "", &entry, err);
    for (size_t index = 0; status == CKL_OK && index < model->module_count; index++) {
        buf_clear(&entry);
        model_entry(&entry, &model->modules[index], false);
        status = add_module(ledger, component, model->modules[index].name, &entry, err);
    }
    return status;
}

static ckl_status add_model(db *ledger, const ckl_model *model, int64_t component,
                            int64_t architecture, ckl_error *err)
{
    BUF_AUTO description = BUF_INIT;
    int64_t opaque = 0;
    ckl_status status = model->class_name == NULL
                            ? record_blob(&opaque, ledger, &model->opaque, err)
                            : model_description(&description, model, err);
    if (status != CKL_OK)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger,
                      "INSERT INTO _model (component, description, opaque, architecture)"
                      " VALUES (:component, :description, :opaque, :architecture)",
                      err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":component", component);
    bind_text(&running, ":description", model->class_name == NULL ? NULL : description.data);
    bind_id(&running, ":opaque", opaque);
    bind_id(&running, ":architecture", architecture);
    status = statement_run(&running, err);
    return status == CKL_OK ? add_modules(ledger, model, component, err) : status;
}

static ckl_status complete_model(db *ledger, int64_t component, int64_t architecture,
                                 ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "UPDATE _model SET architecture = :architecture"
                                 " WHERE component = :component AND architecture IS NULL"
                                 " AND NOT EXISTS (SELECT 1 FROM _file"
                                 "   WHERE _file.component = :component)",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":component", component);
    bind_integer(&running, ":architecture", architecture);
    return statement_run(&running, err);
}

ckl_status ledger_model_record(db *ledger, const ckl_model *model, int64_t component, bool known,
                               ckl_error *err)
{
    int64_t architecture = 0;
    if (model->has_architecture) {
        ckl_status status = record_blob(&architecture, ledger, &model->architecture, err);
        if (status != CKL_OK)
            return status;
    }
    if (!known)
        return add_model(ledger, model, component, architecture, err);
    return architecture == 0 ? CKL_OK : complete_model(ledger, component, architecture, err);
}

static ckl_status make_model(ckl_model **out, db *ledger, const char *description, int64_t opaque,
                             ckl_error *err)
{
    if (description != NULL)
        return model_from_description(out, description, strlen(description), "ledger.db", err);
    BUF_AUTO bytes = BUF_INIT;
    ckl_status status = load_blob(&bytes, ledger, opaque, err);
    return status == CKL_OK ? ckl_model_from_bytes(out, bytes.data, bytes.size, err) : status;
}

ckl_status ledger_model_load(ckl_model **out, db *ledger, int64_t component, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger,
                                 "SELECT description, opaque, architecture FROM _model"
                                 " WHERE component = :component",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":component", component);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED, "the ledger names model %lld but does not have it",
                         (long long)component);
    if (status != CKL_OK)
        return status;
    ckl_model *model = NULL;
    status = make_model(&model, ledger, column_text(&row, 0), column_integer(&row, 1), err);
    if (status == CKL_OK && !column_is_null(&row, 2)) {
        status = load_blob(&model->architecture, ledger, column_integer(&row, 2), err);
        model->has_architecture = true;
    }
    if (status != CKL_OK) {
        ckl_model_free(model);
        return status;
    }
    *out = model;
    return CKL_OK;
}
