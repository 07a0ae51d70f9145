/* Data states as the Python system saved them: the guide's YAML, or a snapshot in JSON whose table
 * is a list of records, or columns in a file beside it. */
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "import_internal.h"

static ckl_status read_json(json_t **out, const char *path, ckl_error *err)
{
    char *text = NULL;
    size_t size = 0;
    doc_options options = {.format = CKL_FORMAT_JSON, .name = path, .unlimited_nodes = true};
    ckl_status status = doc_read_file(&text, &size, path, DOC_STATE_SIZE_MAX, err);
    if (status == CKL_OK)
        status = doc_parse(out, text, size, &options, err);
    free(text);
    return status;
}

/* A uid may have been a number. */
static const char *text_of(char room[32], const json_t *value)
{
    if (!json_is_integer(value))
        return json_string_value(value);
    snprintf(room, 32, "%lld", (long long)json_integer_value(value));
    return room;
}

static bool is_true(const json_t *value)
{
    return json_is_true(value) || (json_is_number(value) && json_number_value(value) != 0);
}

/* "a,b" or "a;b", or a list. */
static ckl_status add_tags(ckl_data_state *state, const char *uid, const json_t *value,
                           ckl_error *err)
{
    const json_t *item;
    size_t index;
    ckl_status status = CKL_OK;
    json_array_foreach((json_t *)(uintptr_t)value, index, item)
    {
        if (status == CKL_OK && json_is_string(item))
            status = ckl_data_state_add_tag(state, uid, json_string_value(item), err);
    }
    const char *at = json_string_value(value);
    while (status == CKL_OK && at != NULL && *at != '\0') {
        at += strspn(at, " ,;");
        size_t size = strcspn(at, ",;");
        char *tag = strndup(at, size);
        if (tag == NULL)
            return error_memory(err);
        if (tag[0] != '\0')
            status = ckl_data_state_add_tag(state, uid, tag, err);
        free(tag);
        at += size;
    }
    return status;
}

/* One column of one sample: discarded or deny_listed, tags or tag, or tag:NAME. */
static ckl_status add_column(ckl_data_state *state, const char *uid, const char *column,
                             const json_t *value, ckl_error *err)
{
    if (strcmp(column, "discarded") == 0 || strcmp(column, "deny_listed") == 0)
        return is_true(value) ? ckl_data_state_add_discarded(state, uid, err) : CKL_OK;
    if (strncmp(column, "tag:", 4) == 0 && column[4] != '\0')
        return is_true(value) ? ckl_data_state_add_tag(state, uid, column + 4, err) : CKL_OK;
    if (strcmp(column, "tags") == 0 || strcmp(column, "tag") == 0)
        return add_tags(state, uid, value, err);
    return CKL_OK;
}

static ckl_status add_sample(ckl_data_state *state, json_t *seen, const char *uid, ckl_error *err)
{
    if (uid == NULL)
        return error_set(err, CKL_INVALID, "a row without sample_id");
    if (json_object_get(seen, uid) != NULL)
        return CKL_OK; /* a row for each instance in it */
    if (json_object_set_new(seen, uid, json_true()) != 0)
        return error_memory(err);
    return ckl_data_state_add(state, uid, err);
}

/* [{"sample_id": …, "tags": …, "deny_listed": …}, …] */
static ckl_status add_records(ckl_data_state *state, json_t *records, ckl_error *err)
{
    json_t *seen = json_object(), *record, *value;
    const char *column;
    size_t index;
    ckl_status status = seen != NULL ? CKL_OK : error_memory(err);
    json_array_foreach(records, index, record)
    {
        char room[32];
        const char *uid = text_of(room, json_object_get(record, "sample_id"));
        if (status == CKL_OK)
            status = add_sample(state, seen, uid, err);
        json_object_foreach(record, column, value)
        {
            if (status == CKL_OK)
                status = add_column(state, uid, column, value, err);
        }
    }
    json_decref(seen);
    return status;
}

/* {"sample_id": {"0": …}, "tag:hard": {"0": true}, …} */
static ckl_status add_columns(ckl_data_state *state, json_t *columns, ckl_error *err)
{
    json_t *ids = json_object_get(columns, "sample_id"), *seen = json_object(), *values, *value,
           *id;
    const char *column, *row;
    char room[32];
    ckl_status status = seen != NULL ? CKL_OK : error_memory(err);
    if (status == CKL_OK && !json_is_object(ids))
        status = error_set(err, CKL_INVALID, "no column sample_id");
    json_object_foreach(ids, row, id)
    {
        if (status == CKL_OK)
            status = add_sample(state, seen, text_of(room, id), err);
    }
    json_object_foreach(columns, column, values)
    {
        json_object_foreach(values, row, value)
        {
            const char *uid = text_of(room, json_object_get(ids, row));
            if (status == CKL_OK && uid != NULL && values != ids)
                status = add_column(state, uid, column, value, err);
        }
    }
    json_decref(seen);
    return status;
}

/* The table beside a snapshot. Its name must not lead out of the folder. */
static ckl_status read_beside(ckl_data_state *state, const char *path, const char *name,
                              ckl_error *err)
{
    BUF_AUTO beside = BUF_INIT;
    json_t *columns = NULL;
    const char *slash = strrchr(path, '/'), *ending = strrchr(name, '.');
    if (strchr(name, '/') != NULL || slash == NULL)
        return error_set(err, CKL_INVALID, "its table '%s' is not beside it", name);
    if (ending == NULL || strcmp(ending, ".json") != 0)
        return error_set(err, CKL_INVALID, "its table '%s' is not JSON: save it so with pandas",
                         name);
    buf_add_format(&beside, "%.*s/%s", (int)(slash - path), path, name);
    ckl_status status = buf_check(&beside, err);
    if (status == CKL_OK)
        status = read_json(&columns, beside.data, err);
    if (status == CKL_OK)
        status = add_columns(state, columns, err);
    json_decref(columns);
    return status;
}

static ckl_status read_snapshot(ckl_data_state **out, const char *path, ckl_error *err)
{
    json_t *snapshot = NULL;
    ckl_data_state *state = NULL;
    ckl_status status = read_json(&snapshot, path, err);
    if (status == CKL_OK)
        status = ckl_data_state_new(&state, err);
    if (status == CKL_OK) {
        json_t *records = json_object_get(snapshot, "data");
        const char *beside = json_string_value(json_object_get(snapshot, "data_file"));
        if (json_is_array(records))
            status = add_records(state, records, err);
        else if (beside != NULL)
            status = read_beside(state, path, beside, err);
        else
            status = error_set(err, CKL_INVALID, "it holds no table of samples");
    }
    if (status == CKL_OK)
        status = ckl_data_state_finish(state, err);
    json_decref(snapshot);
    if (status == CKL_OK)
        *out = state;
    else
        ckl_data_state_free(state);
    return status;
}

ckl_status import_read_state(ckl_data_state **out, const char *path, ckl_error *err)
{
    const char *ending = strrchr(path, '.');
    return ending != NULL && strcmp(ending, ".json") == 0
               ? read_snapshot(out, path, err)
               : ckl_data_state_read(out, path, NULL, err);
}
