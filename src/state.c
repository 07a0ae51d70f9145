/* A data state: its text, its interned sets of tags, its samples. */
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "state_internal.h"

#define ARENA_SMALLEST  ((size_t)4 * 1024)
#define ARENA_LARGEST   ((size_t)256 * 1024)
#define HASHED_TEXT_MAX 65536u /* golden vector P-data-029 has uid and tag of 5,000 */

char *state_copy_text(ckl_data_state *state, const char *text, size_t size)
{
    arena_block *block = state->arena;
    if (block == NULL || block->capacity - block->used < size + 1) {
        size_t capacity = block == NULL ? ARENA_SMALLEST : 2 * block->capacity;
        if (capacity > ARENA_LARGEST)
            capacity = ARENA_LARGEST;
        if (capacity < size + 1)
            capacity = size + 1;
        block = malloc(sizeof *block + capacity + ARENA_STEP);
        if (block == NULL)
            return NULL;
        memset(block->bytes + capacity, 0, ARENA_STEP);
        *block = (arena_block){state->arena, 0, capacity};
        state->arena = block;
    }
    char *copy = block->bytes + block->used;
    memcpy(copy, text, size);
    copy[size] = '\0';
    block->used += size + 1;
    return copy;
}

int state_compare_uids(const char *first, size_t first_size, const char *second, size_t second_size)
{
    int order = memcmp(first, second, first_size < second_size ? first_size : second_size);
    return order != 0 ? order : (first_size > second_size) - (first_size < second_size);
}

ckl_status ckl_data_state_new(ckl_data_state **out, ckl_error *err)
{
    uint32_t empty;
    ckl_data_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return error_memory(err);
    ckl_status status = state_intern(&empty, state, NULL, 0, err);
    if (status != CKL_OK) {
        ckl_data_state_free(state);
        return status;
    }
    *out = state;
    return CKL_OK;
}

ckl_data_state *state_share(ckl_data_state *state)
{
    state->shares++;
    return state;
}

void ckl_data_state_free(ckl_data_state *state)
{
    if (state == NULL)
        return;
    if (state->shares > 0) {
        state->shares--;
        return;
    }
    state_part(state);
    state_drop_marks(state, 0);
    free(state->marks);
    while (state->arena != NULL) {
        arena_block *next = state->arena->next;
        free(state->arena);
        state->arena = next;
    }
    for (size_t index = 0; index < state->tagset_count; index++)
        free(state->tagsets[index].tags);
    free(state->tagsets);
    free(state->buckets);
    free(state->samples);
    free(state->remarks);
    free(state);
}

/* ---- checks ---------------------------------------------------------------------------------- */

ckl_status state_check_uid(const char *uid, size_t size, ckl_error *err)
{
    if (size == 0)
        return error_set(err, CKL_INVALID, "empty uid");
    if (memchr(uid, '\0', size) != NULL)
        return error_set(err, CKL_INVALID, "NUL in text: uid '%s'", uid);
    if (!doc_valid_utf8(uid, size))
        return error_set(err, CKL_INVALID, "a uid is not valid Unicode");
    if (size > HASHED_TEXT_MAX)
        return error_set(err, CKL_INVALID, "uid '%.40s…' has %zu bytes, %u at most", uid, size,
                         HASHED_TEXT_MAX);
    return CKL_OK;
}

ckl_status state_check_recordable(const ckl_data_state *state, ckl_error *err)
{
    state = state_held(state);
    if (state->longest_uid <= CKL_UID_MAX && state->longest_tag <= CKL_TAG_MAX)
        return CKL_OK;
    for (size_t index = 0; index < state->count; index++) {
        const state_sample *sample = &state->samples[index];
        if (sample->uid_size > CKL_UID_MAX)
            return error_set(err, CKL_INVALID, "uid '%.40s…' has %u bytes, %u at most", sample->uid,
                             sample->uid_size, CKL_UID_MAX);
    }
    for (size_t set = 0; set < state->tagset_count; set++) {
        for (size_t index = 0; index < state->tagsets[set].count; index++) {
            const char *tag = state->tagsets[set].tags[index];
            if (strlen(tag) > CKL_TAG_MAX)
                return error_set(err, CKL_INVALID, "tag '%.40s…' has %zu bytes, %u at most", tag,
                                 strlen(tag), CKL_TAG_MAX);
        }
    }
    return CKL_OK;
}

ckl_status state_check_tag(const char *uid, const char *tag, size_t size, ckl_error *err)
{
    if (size == 0)
        return error_set(err, CKL_INVALID, "empty tag of '%s'", uid);
    if (memchr(tag, '\0', size) != NULL)
        return error_set(err, CKL_INVALID, "NUL in text: a tag of '%s'", uid);
    if (!doc_valid_utf8(tag, size))
        return error_set(err, CKL_INVALID, "a tag of '%s' is not valid Unicode", uid);
    if (size > HASHED_TEXT_MAX)
        return error_set(err, CKL_INVALID, "tag '%.40s…' of '%.40s' has %zu bytes, %u at most", tag,
                         uid, size, HASHED_TEXT_MAX);
    return CKL_OK;
}

/* ---- sets of tags ---------------------------------------------------------------------------- */

static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(1469598103934665603);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

static bool grow_buckets(ckl_data_state *state)
{
    size_t count = state->bucket_count == 0 ? 64 : state->bucket_count * 2;
    uint32_t *buckets = calloc(count, sizeof *buckets);
    if (buckets == NULL)
        return false;
    for (uint32_t number = 0; number < state->tagset_count; number++) {
        size_t at = state->tagsets[number].hash & (count - 1);
        while (buckets[at] != 0)
            at = (at + 1) & (count - 1);
        buckets[at] = number + 1;
    }
    free(state->buckets);
    state->buckets = buckets;
    state->bucket_count = count;
    return true;
}

/* The bucket that holds the set with this text, or where it belongs. */
static size_t find_bucket(const ckl_data_state *state, const char *text, uint64_t hash)
{
    size_t at = hash & (state->bucket_count - 1);
    while (state->buckets[at] != 0) {
        const tagset_entry *entry = &state->tagsets[state->buckets[at] - 1];
        if (entry->hash == hash && strcmp(entry->text, text) == 0)
            break;
        at = (at + 1) & (state->bucket_count - 1);
    }
    return at;
}

static int compare_tags(const void *first, const void *second)
{
    return strcmp(*(const char *const *)first, *(const char *const *)second);
}

/* Sorts, drops duplicates, and writes the canonical text: '\', '|', ',' and ':' escaped. */
static size_t write_set(buf *text, const char **tags, size_t count)
{
    size_t kept = 0;
    if (count > 0)
        qsort(tags, count, sizeof *tags, compare_tags);
    for (size_t index = 0; index < count; index++) {
        if (kept > 0 && strcmp(tags[kept - 1], tags[index]) == 0)
            continue;
        tags[kept++] = tags[index];
        if (kept > 1)
            buf_add_char(text, ',');
        for (const char *at = tags[index]; *at != '\0'; at++) {
            if (strchr("\\|,:", *at) != NULL)
                buf_add_char(text, '\\');
            buf_add_char(text, *at);
        }
    }
    buf_add(text, "", 0);
    return kept;
}

/* Adds the set; `tags` is taken over when it returns CKL_OK. */
static ckl_status add_set(ckl_data_state *state, const buf *text, const char **tags, size_t count,
                          size_t bucket, uint64_t hash, ckl_error *err)
{
    if (state->tagset_count == state->tagset_capacity) {
        size_t capacity = state->tagset_capacity == 0 ? 16 : state->tagset_capacity * 2;
        tagset_entry *grown = realloc(state->tagsets, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        state->tagsets = grown;
        state->tagset_capacity = capacity;
    }
    tagset_entry entry = {state_copy_text(state, text->data, text->size), text->size, tags, count,
                          hash};
    if (entry.text == NULL)
        return error_memory(err);
    for (size_t index = 0; index < count; index++) {
        size_t size = strlen(tags[index]);
        tags[index] = state_copy_text(state, tags[index], size);
        if (tags[index] == NULL)
            return error_memory(err);
        state->longest_tag = size > state->longest_tag ? size : state->longest_tag;
    }
    state->tagsets[state->tagset_count++] = entry;
    state->buckets[bucket] = (uint32_t)state->tagset_count;
    return CKL_OK;
}

ckl_status state_intern(uint32_t *out, ckl_data_state *state, const char *const *tags, size_t count,
                        ckl_error *err)
{
    BUF_AUTO text = BUF_INIT;
    if (state->tagset_count * 2 >= state->bucket_count && !grow_buckets(state))
        return error_memory(err);
    const char **copy = malloc((count + 1) * sizeof *copy);
    if (copy == NULL)
        return error_memory(err);
    if (count > 0)
        memcpy(copy, tags, count * sizeof *copy);
    size_t kept = write_set(&text, copy, count);
    ckl_status status = buf_check(&text, err);
    if (status == CKL_OK) {
        uint64_t hash = hash_text(text.data);
        size_t bucket = find_bucket(state, text.data, hash);
        if (state->buckets[bucket] == 0) {
            status = add_set(state, &text, copy, kept, bucket, hash, err);
            if (status == CKL_OK)
                copy = NULL;
        }
        *out = state->buckets[bucket] - 1;
    }
    free(copy);
    return status;
}

state_tagset state_tagset_get(const ckl_data_state *state, uint32_t tagset)
{
    const tagset_entry *entry = &state_holder(state)->tagsets[tagset];
    return (state_tagset){entry->text, entry->count, entry->tags};
}

const char *state_duplicate(const ckl_data_state *state)
{
    for (size_t index = 1; index < state->count; index++) {
        const state_sample *last = &state->samples[index - 1], *next = &state->samples[index];
        if (state_compare_uids(last->uid, last->uid_size, next->uid, next->uid_size) == 0)
            return next->uid;
    }
    return NULL;
}

/* ---- samples --------------------------------------------------------------------------------- */

ckl_status state_push(ckl_data_state *state, const char *uid, size_t uid_size, bool discarded,
                      uint32_t tagset, ckl_error *err)
{
    if (state->count == state->capacity) {
        size_t capacity = state->capacity == 0 ? 64 : state->capacity + state->capacity / 2;
        state_sample *grown = realloc(state->samples, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        state->samples = grown;
        state->capacity = capacity;
    }
    char *copy = state_copy_text(state, uid, uid_size);
    if (copy == NULL)
        return error_memory(err);
    state->longest_uid = uid_size > state->longest_uid ? uid_size : state->longest_uid;
    bool escaped = memchr(uid, '\\', uid_size) != NULL || memchr(uid, '|', uid_size) != NULL;
    state->samples[state->count++] =
        (state_sample){copy, (uint32_t)uid_size, tagset, discarded, escaped};
    return CKL_OK;
}

ckl_status state_put(ckl_data_state *state, const char *uid, size_t uid_size, bool discarded,
                     uint32_t tagset, ckl_error *err)
{
    return state_push(state, uid, uid_size, discarded, tagset, err);
}

ckl_status state_append(ckl_data_state *state, const char *uid, size_t uid_size, bool discarded,
                        uint32_t tagset, ckl_error *err)
{
    if (state->count > 0) {
        const state_sample *last = &state->samples[state->count - 1];
        if (state_compare_uids(last->uid, last->uid_size, uid, uid_size) >= 0)
            return error_set(err, CKL_DAMAGED, "the samples of a data state are not sorted at '%s'",
                             uid);
    }
    return state_push(state, uid, uid_size, discarded, tagset, err);
}

const state_sample *state_samples(const ckl_data_state *state, size_t *count)
{
    state = state_held(state);
    *count = state->count;
    return state->samples;
}

ckl_sample_counts ckl_data_state_counts(const ckl_data_state *state)
{
    return state->counts;
}

ckl_sample ckl_data_state_sample(const ckl_data_state *state, uint64_t index)
{
    state = state_held(state);
    const state_sample *sample = &state->samples[index];
    const tagset_entry *entry = &state->tagsets[sample->tagset];
    return (ckl_sample){sample->uid, sample->discarded, entry->count, entry->tags};
}

bool ckl_data_state_find(const ckl_data_state *state, const char *uid, uint64_t *index)
{
    state = state_held(state);
    size_t low = 0, high = state->count, size = strlen(uid);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const state_sample *sample = &state->samples[middle];
        int order = state_compare_uids(sample->uid, sample->uid_size, uid, size);
        if (order == 0) {
            *index = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

uint64_t ckl_data_state_ignored(const ckl_data_state *state, const char **first)
{
    if (first != NULL)
        *first = state->first_ignored;
    return state->ignored;
}
