/* The guide's form of a data state: uids, discarded, tags. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "state_lines.h"

typedef struct parsing {
    ckl_data_state *state;
    const char *name; /* of the file */
} parsing;

static ckl_status expected(const parsing *work, const char *place, const char *what, ckl_error *err)
{
    return error_set(err, CKL_INVALID, "%s: at %s: %s is expected", work->name, place, what);
}

const char *state_uid_text(const json_t *value, char number[32])
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
        const char *uid = state_uid_text(json_array_get(list, index), number);
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

/* ---- from a text or a file ------------------------------------------------------------------- */

static ckl_status parse_document(ckl_data_state **out, const char *text, size_t size,
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

/* What begins so is no data state in YAML. */
static bool begins_with(const char *text, size_t size, const char *word)
{
    return size >= strlen(word) && memcmp(text, word, strlen(word)) == 0;
}

static ckl_status find_format(ckl_format *out, doc_source *source, ckl_format format,
                              const char *name, ckl_error *err)
{
    const char *text = NULL;
    size_t size = 0;
    *out = doc_format(format, name);
    if (format != CKL_FORMAT_BY_NAME || name == NULL || strcmp(name, "-") != 0)
        return CKL_OK;
    ckl_status status = doc_source_peek(&text, &size, source, err);
    if (status != CKL_OK)
        return status;
    if (begins_with(text, size, "uid,") || begins_with(text, size, "uid\n") ||
        begins_with(text, size, "uid\r\n"))
        *out = CKL_FORMAT_CSV;
    else if (begins_with(text, size, "{\"uid\":") || begins_with(text, size, "{\"uid\" :"))
        *out = CKL_FORMAT_JSON_LINES;
    return CKL_OK;
}

/* A duplicate shows when all was read; where it stands takes a second look. */
static ckl_status finish_lines(ckl_data_state *state, doc_source *source, bool csv, ckl_error *err)
{
    ckl_error inner = {0};
    size_t first = 0, second = 0;
    const char *uid = NULL;
    ckl_status status = ckl_data_state_finish(state, &inner);
    if (status == CKL_OK)
        return CKL_OK;
    if (status == CKL_INVALID)
        uid = state_duplicate(state);
    if (uid != NULL && doc_source_can_rewind(source) && doc_source_rewind(source, NULL) == CKL_OK &&
        state_find_duplicate(&first, &second, source, csv, uid, NULL) == CKL_OK && second > 0)
        return error_set(err, status, "%s: line %zu: duplicate uid '%.200s', which is in line %zu",
                         source->name, second, uid, first);
    return error_set(err, status, "%s: %s", source->name, inner.message);
}

static ckl_status read_lines(ckl_data_state **out, doc_source *source, bool csv,
                             const ckl_warning_sink *warnings, ckl_error *err)
{
    ckl_data_state *state = NULL;
    ckl_status status = ckl_data_state_new(&state, err);
    if (status == CKL_OK)
        status = state_read_lines(state, source, csv, warnings, err);
    if (status == CKL_OK)
        status = finish_lines(state, source, csv, err);
    if (status == CKL_OK)
        *out = state;
    else
        ckl_data_state_free(state);
    return status;
}

/* CKL_DONE: the whole document must be looked at. */
static ckl_status read_yaml(ckl_data_state **out, doc_source *source, ckl_error *err)
{
    ckl_data_state *state = NULL;
    if (!doc_source_can_rewind(source))
        return CKL_DONE;
    ckl_status status = ckl_data_state_new(&state, err);
    if (status == CKL_OK)
        status = state_read_yaml(state, source, err);
    if (status == CKL_OK)
        status = ckl_data_state_finish(state, err);
    if (status == CKL_OK)
        *out = state;
    else
        ckl_data_state_free(state);
    return status;
}

ckl_status ckl_data_state_parse(ckl_data_state **out, const char *text, size_t size,
                                ckl_format format, const char *name,
                                const ckl_warning_sink *warnings, ckl_error *err)
{
    doc_source source;
    ckl_format found;
    if (text == NULL)
        text = "";
    doc_source_of_text(&source, text, size, name != NULL ? name : "text");
    ckl_status status = find_format(&found, &source, format, name, err);
    bool csv = found == CKL_FORMAT_CSV;
    if (status == CKL_OK && (csv || found == CKL_FORMAT_JSON_LINES)) {
        status = read_lines(out, &source, csv, warnings, err);
    } else if (status == CKL_OK) {
        status = found == CKL_FORMAT_YAML ? read_yaml(out, &source, err) : CKL_DONE;
        if (status == CKL_DONE)
            status = parse_document(out, text, size, found, source.name, warnings, err);
    }
    doc_source_close(&source);
    return status;
}

/* All that is left of a source that was perhaps peeked into, or all of it again. */
static ckl_status read_whole(ckl_data_state **out, doc_source *source, ckl_format format,
                             const ckl_warning_sink *warnings, ckl_error *err)
{
    char *text = NULL;
    size_t size = 0;
    ckl_status status = doc_source_can_rewind(source) ? doc_source_rewind(source, err) : CKL_OK;
    if (status == CKL_OK)
        status = doc_source_rest(&text, &size, source, DOC_STATE_SIZE_MAX, err);
    if (status == CKL_OK)
        status = parse_document(out, text, size, format, source->name, warnings, err);
    free(text);
    return status;
}

ckl_status ckl_data_state_read(ckl_data_state **out, const char *path,
                               const ckl_warning_sink *warnings, ckl_error *err)
{
    doc_source source;
    ckl_format format;
    ckl_status status = doc_source_open(&source, path, err);
    if (status != CKL_OK)
        return status;
    status = find_format(&format, &source, CKL_FORMAT_BY_NAME, path, err);
    bool csv = format == CKL_FORMAT_CSV;
    if (status == CKL_OK && (csv || format == CKL_FORMAT_JSON_LINES)) {
        status = read_lines(out, &source, csv, warnings, err);
    } else if (status == CKL_OK) {
        status = format == CKL_FORMAT_YAML ? read_yaml(out, &source, err) : CKL_DONE;
        if (status == CKL_DONE)
            status = read_whole(out, &source, format, warnings, err);
    }
    doc_source_close(&source);
    return status;
}
