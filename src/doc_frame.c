#include "doc_frame.h"

#include <stdlib.h>
#include <string.h>

/* Takes `object`'s pairs into the merged ones; what comes later wins, as in a Python dict. */
static ckl_status merge_object(doc_frame *frame, json_t *object, const doc_spot *spot)
{
    if (!json_is_object(object))
        return doc_fail(spot, "'<<' needs a mapping or a list of mappings");
    return json_object_update(frame->merged, object) == 0 ? CKL_OK : error_memory(spot->err);
}

/* SafeConstructor.flatten_mapping: of a list the first mapping wins, so it goes in last. */
static ckl_status merge(doc_frame *frame, const doc_node *source, const doc_spot *spot)
{
    if (frame->merged == NULL)
        frame->merged = json_object();
    if (frame->merged == NULL)
        return error_memory(spot->err);
    if (source->tag != DOC_TAG_LIST)
        return merge_object(frame, source->value, spot);
    for (size_t index = json_array_size(source->value); index-- > 0;) {
        ckl_status status = merge_object(frame, json_array_get(source->value, index), spot);
        if (status != CKL_OK)
            return status;
    }
    return CKL_OK;
}

static ckl_status key_text(char **out, const doc_node *key, bool integer_keys, const doc_spot *spot)
{
    if (key->tag == DOC_TAG_TEXT || key->tag == DOC_TAG_VALUE) {
        *out = strdup(json_string_value(key->value));
        return *out == NULL ? error_memory(spot->err) : CKL_OK;
    }
    if (key->tag != DOC_TAG_INTEGER || !integer_keys) {
        ckl_status status = doc_fail(spot, "a key must be text");
        error_hint(spot->err, "put the key in quotes");
        return status;
    }
    BUF_AUTO digits = BUF_INIT;
    const char *wide = doc_wide_integer(key->value);
    if (wide != NULL)
        buf_add_text(&digits, wide);
    else
        buf_add_format(&digits, "%lld", (long long)json_integer_value(key->value));
    return buf_take(out, NULL, &digits, spot->err);
}

static ckl_status take_key(doc_frame *frame, const doc_node *key, bool integer_keys,
                           const doc_spot *spot)
{
    frame->merge_key = key->tag == DOC_TAG_MERGE;
    if (frame->merge_key)
        return CKL_OK;
    ckl_status status = key_text(&frame->key, key, integer_keys, spot);
    if (status == CKL_OK && json_object_get(frame->value, frame->key) != NULL) {
        status = doc_fail(spot, "duplicate key '%s'",
                          doc_excerpt_of(frame->key, strlen(frame->key)).text);
        error_hint(spot->err, "remove one of the two");
    }
    return status;
}

static ckl_status take_value(doc_frame *frame, const doc_node *value, const doc_spot *spot)
{
    if (frame->height < value->height + 1)
        frame->height = value->height + 1;
    if (frame->merge_key) {
        frame->merge_key = false;
        return merge(frame, value, spot);
    }
    if (frame->tag == DOC_TAG_LIST)
        return json_array_append(frame->value, value->value) == 0 ? CKL_OK
                                                                  : error_memory(spot->err);
    int failed = json_object_set_nocheck(frame->value, frame->key, value->value);
    free(frame->key);
    frame->key = NULL;
    return failed == 0 ? CKL_OK : error_memory(spot->err);
}

bool doc_frame_waits_for_key(const doc_frame *frame)
{
    return frame->tag != DOC_TAG_LIST && frame->key == NULL && !frame->merge_key;
}

ckl_status doc_frame_take(doc_frame *frame, const doc_node *value, bool integer_keys,
                          const doc_spot *spot)
{
    if (doc_frame_waits_for_key(frame))
        return take_key(frame, value, integer_keys, spot);
    return take_value(frame, value, spot);
}

bool doc_frame_open(doc_frame *frame)
{
    frame->height = 1;
    frame->value = frame->tag == DOC_TAG_LIST ? json_array() : json_object();
    return frame->value != NULL;
}

static int compare_keys(const void *first, const void *second)
{
    return strcmp(*(const char *const *)first, *(const char *const *)second);
}

/* A set has no order, so the one of its array must not come from the text. */
static json_t *array_of_keys(json_t *object)
{
    size_t count = json_object_size(object);
    const char **keys = malloc((count + 1) * sizeof *keys);
    json_t *array = json_array();
    size_t at = 0;
    const char *key;
    json_t *ignored;
    if (keys != NULL && array != NULL) {
        json_object_foreach(object, key, ignored)
        {
            keys[at++] = key;
        }
        qsort(keys, count, sizeof *keys, compare_keys);
        for (at = 0; at < count; at++) {
            if (json_array_append_new(array, json_string_nocheck(keys[at])) != 0)
                break;
        }
    }
    free(keys);
    if (array != NULL && at < count) {
        json_decref(array);
        array = NULL;
    }
    return array;
}

json_t *doc_frame_finish(doc_frame *frame)
{
    if (frame->merged != NULL) {
        if (json_object_update(frame->merged, frame->value) != 0)
            return NULL;
        json_decref(frame->value);
        frame->value = frame->merged;
        frame->merged = NULL;
    }
    return frame->tag == DOC_TAG_SET ? array_of_keys(frame->value) : json_incref(frame->value);
}

void doc_frame_free(doc_frame *frame)
{
    json_decref(frame->value);
    json_decref(frame->merged);
    free(frame->key);
}
