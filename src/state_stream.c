/* The guide's form of a data state in YAML, read event by event. What is unusual, or wrong, is left
 * to the reader of whole documents: it says what is meant, or what is wrong. */
#include <stdlib.h>
#include <string.h>

#include "doc_stream.h"
#include "state_lines.h"

typedef struct state_stream {
    ckl_data_state *state;
    doc_stream *events;
    size_t near; /* where the uid that comes next is looked for first */
    tag_cache cache;
    buf tags; /* of one sample, each with its NUL */
    ckl_error *err;
} state_stream;

/* CKL_DONE: unusual. */
static ckl_status read_uids(state_stream *reader)
{
    const char *text = NULL;
    size_t size = 0;
    doc_event event = doc_stream_next(reader->events, &text, &size);
    if (event != DOC_EVENT_LIST)
        return CKL_DONE;
    while ((event = doc_stream_next(reader->events, &text, &size)) == DOC_EVENT_TEXT) {
        /* libyaml has looked at the characters already. */
        if (size == 0 || (size > CKL_UID_MAX && state_check_uid(text, size, NULL) != CKL_OK))
            return CKL_DONE;
        ckl_status status = state_push(reader->state, text, size, false, 0, reader->err);
        if (status != CKL_OK)
            return status;
    }
    if (event != DOC_EVENT_END || state_sort(reader->state, NULL) != CKL_OK)
        return CKL_DONE;
    return CKL_OK;
}

#define STEPS_MAX 24

/* The sample, which often is a few behind the one before; NULL: there is none. */
static state_sample *find_sample(state_stream *reader, const char *uid, size_t size)
{
    ckl_data_state *state = reader->state;
    uint64_t index = 0;
    size_t most = state->count - reader->near < STEPS_MAX ? state->count - reader->near : STEPS_MAX;
    for (size_t step = 0; step < most; step++) {
        state_sample *sample = &state->samples[reader->near + step];
        if (sample->uid_size == size && memcmp(sample->uid, uid, size) == 0) {
            reader->near += step + 1;
            return sample;
        }
    }
    if (!ckl_data_state_find(state, uid, &index))
        return NULL;
    reader->near = (size_t)index + 1;
    return &state->samples[index];
}

static ckl_status read_discarded(state_stream *reader)
{
    const char *text = NULL;
    size_t size = 0;
    doc_event event = doc_stream_next(reader->events, &text, &size);
    if (event != DOC_EVENT_LIST)
        return CKL_DONE;
    reader->near = 0;
    while ((event = doc_stream_next(reader->events, &text, &size)) == DOC_EVENT_TEXT) {
        state_sample *sample = find_sample(reader, text, size);
        if (sample == NULL)
            return CKL_DONE;
        sample->discarded = true;
    }
    return event == DOC_EVENT_END ? CKL_OK : CKL_DONE;
}

static ckl_status intern(uint32_t *out, state_stream *reader, const char *uid, size_t count)
{
    size_t place = tag_cache_place(reader->tags.data, reader->tags.size), at = 0;
    if (tag_cache_get(out, &reader->cache, place, reader->tags.data, reader->tags.size))
        return CKL_OK;
    const char **tags = malloc((count + 1) * sizeof *tags);
    if (tags == NULL)
        return error_memory(reader->err);
    ckl_status status = CKL_OK;
    for (size_t index = 0; index < count; index++) {
        tags[index] = reader->tags.data + at;
        if (state_check_tag(uid, tags[index], strlen(tags[index]), NULL) != CKL_OK)
            status = CKL_DONE;
        at += strlen(tags[index]) + 1;
    }
    if (status == CKL_OK)
        status = state_intern(out, reader->state, tags, count, reader->err);
    free(tags);
    if (status == CKL_OK)
        tag_cache_put(&reader->cache, place, reader->tags.data, reader->tags.size, *out);
    return status;
}

/* An integer is a uid, but no tag; a plain text that begins with a digit is left to others. */
static ckl_status read_tags_of(state_stream *reader, state_sample *sample)
{
    const char *text = NULL;
    size_t size = 0, count = 0;
    doc_event event = doc_stream_next(reader->events, &text, &size);
    if (event != DOC_EVENT_LIST)
        return CKL_DONE;
    buf_clear(&reader->tags);
    while ((event = doc_stream_next(reader->events, &text, &size)) == DOC_EVENT_TEXT) {
        if (doc_stream_is_integer(reader->events))
            return CKL_DONE;
        buf_add(&reader->tags, text, size + 1);
        count++;
    }
    ckl_status status = buf_check(&reader->tags, reader->err);
    if (status != CKL_OK)
        return status;
    /* The same key twice shows as a second set; an empty one would not. */
    if (event != DOC_EVENT_END || count == 0 || sample->tagset != 0)
        return CKL_DONE;
    return intern(&sample->tagset, reader, sample->uid, count);
}

static ckl_status read_tags(state_stream *reader)
{
    const char *text = NULL;
    size_t size = 0;
    ckl_status status = CKL_OK;
    doc_event event = doc_stream_next(reader->events, &text, &size);
    if (event != DOC_EVENT_MAP)
        return CKL_DONE;
    reader->near = 0;
    while (status == CKL_OK &&
           (event = doc_stream_next(reader->events, &text, &size)) == DOC_EVENT_TEXT) {
        state_sample *sample = find_sample(reader, text, size);
        status = sample == NULL ? CKL_DONE : read_tags_of(reader, sample);
    }
    return status == CKL_OK && event != DOC_EVENT_END ? CKL_DONE : status;
}

/* The key that was read last, if it is this one and was not there before. */
static bool is_key(const char *text, const char *key, bool *seen)
{
    if (strcmp(text, key) != 0 || *seen)
        return false;
    *seen = true;
    return true;
}

static ckl_status read_document(state_stream *reader)
{
    const char *text = NULL;
    size_t size = 0;
    bool uids = false, discarded = false, tags = false;
    ckl_status status = CKL_OK;
    doc_event event = doc_stream_next(reader->events, &text, &size);
    if (event != DOC_EVENT_MAP)
        return CKL_DONE;
    while (status == CKL_OK &&
           (event = doc_stream_next(reader->events, &text, &size)) == DOC_EVENT_TEXT) {
        if (is_key(text, "uids", &uids))
            status = read_uids(reader);
        else if (uids && is_key(text, "discarded", &discarded))
            status = read_discarded(reader);
        else if (uids && is_key(text, "tags", &tags))
            status = read_tags(reader);
        else
            status = CKL_DONE;
    }
    if (status != CKL_OK)
        return status;
    if (event != DOC_EVENT_END || !uids)
        return CKL_DONE;
    return doc_stream_next(reader->events, &text, &size) == DOC_EVENT_ENDED ? CKL_OK : CKL_DONE;
}

ckl_status state_read_yaml(ckl_data_state *state, doc_source *source, ckl_error *err)
{
    state_stream reader = {.state = state, .err = err};
    ckl_status status = doc_stream_open(&reader.events, source, err);
    if (status == CKL_OK)
        status = read_document(&reader);
    doc_stream_close(reader.events);
    tag_cache_free(&reader.cache);
    buf_free(&reader.tags);
    return status;
}
