/* The canonical text of a data state, and its SHA-256: from the beginning, or on from a mark. */
#include <stdlib.h>
#include <string.h>

#include "state_internal.h"

/* ---- canonical text -------------------------------------------------------------------------- */

#define HASH_BATCH ((size_t)64 * 1024)

static char *copy_escaped(char *out, const char *uid)
{
    for (; *uid != '\0'; uid++) {
        if (*uid == '\\' || *uid == '|')
            *out++ = '\\';
        *out++ = *uid;
    }
    return out;
}

/* Copies text of an arena in whole steps, faster than byte by byte; the first one without a look at
 * the size, for most texts are that short, and which are empty is hard to predict. Returns the end
 * of the text. */
static char *copy_steps(char *out, const char *text, size_t size)
{
    memcpy(out, text, ARENA_STEP);
    for (size_t done = ARENA_STEP; done < size; done += ARENA_STEP)
        memcpy(out + done, text + done, ARENA_STEP);
    return out + size;
}

/* A record is copied in less time than its SHA-256 takes: a state is hashed at every change. */
static void add_record(buf *out, const ckl_data_state *state, size_t index, char separator)
{
    const state_sample *sample = &state->samples[index];
    const tagset_entry *set = &state->tagsets[sample->tagset];
    size_t most = 2 * (size_t)sample->uid_size + set->text_size + 8 + 2 * ARENA_STEP;
    if (out->capacity - out->size < most)
        buf_reserve(out, most);
    if (out->failed)
        return;
    char *at = out->data + out->size;
    if (index > 0)
        *at++ = separator;
    at = sample->escaped ? copy_escaped(at, sample->uid)
                         : copy_steps(at, sample->uid, sample->uid_size);
    memcpy(at, sample->discarded ? ":d1:t" : ":d0:t", 5);
    at = copy_steps(at + 5, set->text, set->text_size);
    out->size = (size_t)(at - out->data);
}

ckl_status state_canonical(buf *out, const ckl_data_state *state, bool lines, ckl_error *err)
{
    state = state_held(state);
    for (size_t index = 0; index < state->count; index++)
        add_record(out, state, index, lines ? '\n' : '|');
    buf_add(out, "", 0); /* the NUL */
    return buf_check(out, err);
}

/* ---- hashing --------------------------------------------------------------------------------- */

/* A mark saves this much text the next time: as much as costs a few microseconds. */
#define MARKS_MAX 4096

void state_drop_marks(ckl_data_state *state, size_t index)
{
    while (state->mark_count > 0 &&
           (index == 0 || state->marks[state->mark_count - 1].count > index))
        hasher_free(state->marks[--state->mark_count].running);
}

/* Failing is no harm: then more is hashed the next time. */
static void add_mark(ckl_data_state *state, size_t count, const hasher *running)
{
    if (state->mark_count == MARKS_MAX)
        return;
    if (state->mark_count == state->mark_capacity) {
        size_t capacity = state->mark_capacity == 0 ? 16 : state->mark_capacity * 2;
        state_mark *grown = realloc(state->marks, capacity * sizeof *grown);
        if (grown == NULL)
            return;
        state->marks = grown;
        state->mark_capacity = capacity;
    }
    state_mark mark = {count, NULL};
    if (hasher_copy(&mark.running, running, NULL) == CKL_OK)
        state->marks[state->mark_count++] = mark;
}

/* Hashes the samples from `index` on. `marked` is the same state, or NULL: no marks are made. */
static ckl_status hash_rest(digest *out, hasher *running, const ckl_data_state *state, size_t index,
                            ckl_data_state *marked, ckl_error *err)
{
    BUF_AUTO batch = BUF_INIT;
    ckl_status status = CKL_OK;
    while (status == CKL_OK && index < state->count) {
        add_record(&batch, state, index++, '|');
        if (batch.size < HASH_BATCH)
            continue;
        hasher_add(running, batch.data, batch.size);
        status = buf_check(&batch, err);
        buf_clear(&batch);
        if (marked != NULL)
            add_mark(marked, index, running);
    }
    if (status == CKL_OK)
        status = buf_check(&batch, err);
    if (status != CKL_OK)
        return status;
    hasher_add(running, batch.size > 0 ? batch.data : "", batch.size);
    return hasher_end(out, running, err);
}

ckl_status state_hash(digest *out, const ckl_data_state *state, ckl_error *err)
{
    hasher *running = NULL;
    state = state_held(state);
    ckl_status status = hasher_new(&running, err);
    if (status == CKL_OK)
        status = hash_rest(out, running, state, 0, NULL, err);
    hasher_free(running);
    return status;
}

ckl_status state_hash_again(digest *out, ckl_data_state *state, ckl_error *err)
{
    hasher *running = NULL;
    size_t index = 0;
    ckl_status status = CKL_OK;
    (void)state_held(state);
    if (state->mark_count > 0) {
        const state_mark *last = &state->marks[state->mark_count - 1];
        index = last->count;
        status = hasher_copy(&running, last->running, err);
    } else {
        status = hasher_new(&running, err);
    }
    if (status == CKL_OK)
        status = hash_rest(out, running, state, index, state, err);
    hasher_free(running);
    return status;
}
