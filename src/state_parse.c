/* The guide's form of a data state: uids, discarded, tags. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "state_internal.h"

typedef struct parsing {
    ckl_data_state *state;
    const char *name; /* of the file */
} parsing;

static ckl_status expected(const parsing *work, const char *place, const char *what, ckl_error *err)
{
    return error_set(err, CKL_INVALID, "%s: at %s: %s is expected", work->name, place, what);
}

/* A uid: text, or an integer, which counts as its decimal text. NULL when it is neither. */
static const char *uid_text(const json_t *value, char number[32])
{
    const char *wide = doc_wide_integer(value);
    if (json_is_string(value))
        return wide != NULL ? wide : json_string_value(value);
    if (!json_is_integer(value))
        return NULL;
    snprintf(number, 32, "%lld", (long long)json_integer_value(value));
    return number;
}

/* Failures of one entry are told with their place in front. */
static ckl_status at_place(const parsing *work, ckl_status status, const char *place, size_t index,
                           const ckl_error *inner, ckl_error *err)
{
    if (status == CKL_OK)
        return CKL_OK;
    return error_set(err, status, "%s: at %s/%zu: %s", work->name, place, index, inner->message);
}

typedef ckl_status add_function(ckl_data_state *state, const char *uid, ckl_error *err);

static ckl_status read_uids(const parsing *work, const json_t *list, const char *place,
                            add_function *add, ckl_error *err)
{
    if (!json_is_array(list))
        return expected(work, place, "a list of uids", err);
    for (size_t index = 0; index < json_array_size(list); index++) {
        char number[32];
        ckl_error inner = {0};
        const char *uid = uid_text(json_array_get(list, index), number);
        if (uid == NULL)
            return error_set(err, CKL_INVALID, "%s: at %s/%zu: a uid is text or an integer",
                             work->name, place, index);
        ckl_status status =
            at_place(work, add(work->state, uid, &inner), place, index, &inner, err);
        if (status != CKL_OK)
            return status;
    }
    return CKL_OK;
}

static ckl_status read_tags_of(const parsing *work, const char *uid, const json_t *tags,
                               ckl_error *err)
{
    char place[256];
    snprintf(place, sizeof place, "/tags/%.200s", uid);
    if (!json_is_array(tags))
        return expected(work, place, "a list of tags", err);
    for (size_t index = 0; index < json_array_size(tags); index++) {
        ckl_error inner = {0};
        const json_t *tag = json_array_get(tags, index);
        if (!json_is_string(tag) || doc_wide_integer(tag) != NULL)
            return error_set(err, CKL_INVALID, "%s: at %s/%zu: a tag is text", work->name, place,
                             index);
        ckl_status status =
            ckl_data_state_add_tag(work->state, uid, json_string_value(tag), &inner);
        status = at_place(work, status, place, index, &inner, err);
        if (status != CKL_OK)
            return status;
    }
    return CKL_OK;
}

static ckl_status read_tags(const parsing *work, const json_t *map, ckl_error *err)
{
    const char *uid;
    json_t *tags;
    ckl_status status = CKL_OK;
    if (!json_is_object(map))
        return expected(work, "/tags", "a map of uid to a list of tags", err);
    json_object_foreach((json_t *)(uintptr_t)map, uid, tags)
    {
        ckl_error inner = {0};
        if (status == CKL_OK && state_check_uid(uid, strlen(uid), &inner) != CKL_OK)
            status = error_set(err, CKL_INVALID, "%s: at /tags: %s", work->name, inner.message);
        if (status == CKL_OK)
            status = read_tags_of(work, uid, tags, err);
    }
    return status;
}

static ckl_status check_keys(const parsing *work, const json_t *tree, ckl_error *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(tree)) {
        error_set(err, CKL_INVALID, "%s: a data state is an object", work->name);
        error_hint(err, "with uids, discarded and tags, as in {\"uids\": [\"s1\"]}");
        return CKL_INVALID;
    }
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        if (strcmp(key, "uids") != 0 && strcmp(key, "discarded") != 0 && strcmp(key, "tags") != 0) {
            error_set(err, CKL_INVALID, "%s: unknown key '%s' in a data state", work->name, key);
            error_hint(err, "a data state has uids, discarded and tags");
            return CKL_INVALID;
        }
    }
    if (json_object_get(tree, "uids") == NULL)
        return error_set(err, CKL_INVALID, "%s: a data state needs 'uids'", work->name);
    return CKL_OK;
}

static ckl_status read_tree(const parsing *work, const json_t *tree, ckl_error *err)
{
    ckl_error inner = {0};
    const json_t *discarded = json_object_get(tree, "discarded");
    const json_t *tags = json_object_get(tree, "tags");
    ckl_status status = check_keys(work, tree, err);
    if (status == CKL_OK)
        status = read_uids(work, json_object_get(tree, "uids"), "/uids", ckl_data_state_add, err);
    if (status == CKL_OK && discarded != NULL)
        status = read_uids(work, discarded, "/discarded", ckl_data_state_add_discarded, err);
    if (status == CKL_OK && tags != NULL)
        status = read_tags(work, tags, err);
    if (status != CKL_OK)
        return status;
    status = ckl_data_state_finish(work->state, &inner);
    return status == CKL_OK ? CKL_OK : error_set(err, status, "%s: %s", work->name, inner.message);
}

ckl_status ckl_data_state_parse(ckl_data_state **out, const char *text, size_t size,
                                ckl_format format, const char *name,
                                const ckl_warning_sink *warnings, ckl_error *err)
{
    json_t *tree = NULL;
    parsing work = {NULL, name};
    doc_options options = {.format = format,
                           .name = name,
                           .integer_keys = true,
                           .unlimited_nodes = true,
                           .warnings = warnings};
    ckl_status status = doc_parse(&tree, text, size, &options, err);
    if (status == CKL_OK)
        status = ckl_data_state_new(&work.state, err);
    if (status == CKL_OK)
        status = read_tree(&work, tree, err);
    json_decref(tree);
    if (status == CKL_OK)
        *out = work.state;
    else
        ckl_data_state_free(work.state);
    return status;
}

ckl_status ckl_data_state_read(ckl_data_state **out, const char *path,
                               const ckl_warning_sink *warnings, ckl_error *err)
{
    char *text = NULL;
    size_t size = 0;
    ckl_status status = doc_read_file(&text, &size, path, DOC_STATE_SIZE_MAX, err);
    if (status == CKL_OK)
        status = ckl_data_state_parse(out, text, size, CKL_FORMAT_BY_NAME, path, warnings, err);
    free(text);
    return status;
}
