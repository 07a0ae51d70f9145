#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "doc.h"
#include "ledger.h"

/* One block: the array of pointers, then the texts. */
static ckl_status pack_texts(char ***out, size_t count, const buf *texts, ckl_error *err)
{
    size_t array_size = (count + 1) * sizeof(char *);
    char **block = malloc(array_size + texts->size + 1);
    if (block == NULL)
        return error_memory(err);
    char *at = (char *)block + array_size;
    if (texts->size > 0)
        memcpy(at, texts->data, texts->size);
    for (size_t index = 0; index < count; index++) {
        block[index] = at;
        at += strlen(at) + 1;
    }
    block[count] = NULL;
    *out = block;
    return CKL_OK;
}

/* Every first column of a query's rows. */
static ckl_status collect_texts(char ***out, size_t *count, statement *row, ckl_error *err)
{
    BUF_AUTO texts = BUF_INIT;
    size_t found = 0;
    ckl_status status;
    while ((status = STATEMENT_STEP_WITH(row, err, 0)) == CKL_OK) {
        const char *text = column_required(row, 0);
        buf_add(&texts, text, strlen(text) + 1);
        found++;
    }
    if (status == CKL_DONE)
        status = buf_check(&texts, err);
    if (status == CKL_OK)
        status = pack_texts(out, found, &texts, err);
    if (status == CKL_OK)
        *count = found;
    return status;
}

ckl_status ledger_ignored_paths(char ***out, size_t *count, db *ledger, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(
        &row, ledger, "SELECT path FROM _ignored_path WHERE to_event IS NULL ORDER BY path", err);
    return status == CKL_OK ? collect_texts(out, count, &row, err) : status;
}

ckl_status ledger_tagset_tags(char ***out, size_t *count, db *ledger, int64_t tagset,
                              ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger,
                                 "SELECT _tag.tag FROM _tagset_tag"
                                 " JOIN _tag ON _tag.id = _tagset_tag.tag"
                                 " WHERE _tagset_tag.tagset = :tagset ORDER BY _tag.tag",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":tagset", tagset);
    return collect_texts(out, count, &row, err);
}

ckl_status ledger_ignore(db *ledger, const char *path, bool ignored, int64_t event, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status =
        ignored
            ? db_query(&running, ledger,
                       "INSERT INTO _ignored_path (path, from_event) VALUES (:path, :event)", err)
            : db_query(&running, ledger,
                       "UPDATE _ignored_path SET to_event = :event"
                       " WHERE path = :path AND to_event IS NULL",
                       err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":path", path);
    bind_integer(&running, ":event", event);
    return statement_run(&running, err);
}

/* ---- configurations -------------------------------------------------------------------------- */

typedef struct leaf_context {
    db *ledger;
    int64_t config;
    const char *const *ignored;
    size_t ignored_count;
} leaf_context;

bool ledger_leaf_is_ignored(const char *path, const char *const *ignored, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        size_t size = strlen(ignored[index]);
        if (strncmp(path, ignored[index], size) == 0 && (path[size] == '\0' || path[size] == '/'))
            return true;
    }
    return false;
}

static ckl_status add_leaf(void *opaque, const canon_leaf *leaf, ckl_error *err)
{
    leaf_context *context = opaque;
    STATEMENT_AUTO running = {0};
    ckl_status status =
        db_query(&running, context->ledger,
                 "INSERT INTO _config_leaf (config, path, type, value, number, ignored)"
                 " VALUES (:config, :path, :type, :value, :number, :ignored)",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":config", context->config);
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
                 ledger_leaf_is_ignored(leaf->path, context->ignored, context->ignored_count));
    return statement_run(&running, err);
}

static ckl_status find_config(int64_t *out, db *ledger, int64_t component, const digest *content,
                              ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger,
                 "SELECT id FROM _config WHERE component = :component AND digest = :digest", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":component", component);
    bind_digest(&row, ":digest", content);
    status = statement_step(&row, err);
    *out = status == CKL_OK ? column_integer(&row, 0) : 0;
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status ledger_config_record(int64_t *out, db *ledger, const ckl_config *config,
                                int64_t component, const char *const *ignored, size_t ignored_count,
                                ckl_error *err)
{
    digest content;
    ckl_status status = hash_bytes(&content, config->text, config->size, err);
    if (status == CKL_OK)
        status = find_config(out, ledger, component, &content, err);
    if (status != CKL_OK || *out != 0)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger,
                      "INSERT INTO _config (component, digest, content)"
                      " VALUES (:component, :digest, :content)",
                      err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":component", component);
    bind_digest(&running, ":digest", &content);
    bind_text_size(&running, ":content", config->text, config->size);
    status = statement_run(&running, err);
    if (status != CKL_OK)
        return status;
    *out = db_last_id(ledger);
    leaf_context context = {ledger, *out, ignored, ignored_count};
    return canon_leaves(config->tree, add_leaf, &context, err);
}

ckl_status ledger_config_content(char **out, db *ledger, int64_t config, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger, "SELECT content FROM _config WHERE id = :config", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":config", config);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED,
                         "the ledger names configuration %lld but does not have it",
                         (long long)config);
    if (status != CKL_OK)
        return status;
    char *copy = strdup(column_required(&row, 0));
    if (copy == NULL)
        return error_memory(err);
    *out = copy;
    return CKL_OK;
}

ckl_status ledger_config_latest(int64_t *out, db *ledger, int64_t component, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger, "SELECT max(id) FROM _config WHERE component = :component", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":component", component);
    status = statement_step(&row, err);
    if (status == CKL_OK)
        *out = column_integer(&row, 0);
    return status;
}
