/* Building a data state from what is said about its samples, comparing two, editing one. */
#include <stdlib.h>
#include <string.h>

#include "state_internal.h"

/* ---- building -------------------------------------------------------------------------------- */

static ckl_status check_open(const ckl_data_state *state, ckl_error *err)
{
    return state->finished
               ? error_set(err, CKL_MISUSE, "a data state cannot change after its first use")
               : CKL_OK;
}

ckl_status ckl_data_state_add(ckl_data_state *state, const char *uid, ckl_error *err)
{
    size_t size = strlen(uid);
    ckl_status status = check_open(state, err);
    if (status == CKL_OK)
        status = state_check_uid(uid, size, err);
    return status == CKL_OK ? state_push(state, uid, size, false, 0, err) : status;
}

#define STEPS_MAX 16

/* The text of a uid that was added already, when it is the last one, or a few behind the one that
 * was remarked on last: then it is not copied. NULL: it is not seen there. */
static const char *known_uid(ckl_data_state *state, const char *uid)
{
    if (state->count == 0)
        return NULL;
    const state_sample *last = &state->samples[state->count - 1];
    if (strcmp(last->uid, uid) == 0)
        return last->uid;
    size_t end = state->count - state->near < STEPS_MAX ? state->count : state->near + STEPS_MAX;
    for (size_t index = state->near; index < end; index++) {
        if (strcmp(state->samples[index].uid, uid) == 0) {
            state->near = index;
            return state->samples[index].uid;
        }
    }
    return NULL;
}

/* One copy of each tag that is used often. NULL when memory is out. */
static const char *keep_tag(ckl_data_state *state, const char *tag)
{
    for (size_t index = 0; index < STATE_RECENT_TAGS; index++) {
        if (state->recent_tags[index] != NULL && strcmp(state->recent_tags[index], tag) == 0)
            return state->recent_tags[index];
    }
    const char *copy = state_copy_text(state, tag, strlen(tag));
    state->recent_tags[state->next_recent] = copy;
    state->next_recent = (state->next_recent + 1) % STATE_RECENT_TAGS;
    return copy;
}

static ckl_status add_remark(ckl_data_state *state, const char *uid, const char *tag,
                             ckl_error *err)
{
    if (state->remark_count == state->remark_capacity) {
        size_t capacity = state->remark_capacity == 0 ? 64 : state->remark_capacity * 2;
        state_remark *grown = realloc(state->remarks, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        state->remarks = grown;
        state->remark_capacity = capacity;
    }
    state_remark remark = {known_uid(state, uid), NULL};
    if (remark.uid == NULL)
        remark.uid = state_copy_text(state, uid, strlen(uid));
    if (remark.uid == NULL)
        return error_memory(err);
    if (tag != NULL && (remark.tag = keep_tag(state, tag)) == NULL)
        return error_memory(err);
    state->remarks[state->remark_count++] = remark;
    return CKL_OK;
}

ckl_status ckl_data_state_add_discarded(ckl_data_state *state, const char *uid, ckl_error *err)
{
    ckl_status status = check_open(state, err);
    if (status == CKL_OK)
        status = state_check_uid(uid, strlen(uid), err);
    return status == CKL_OK ? add_remark(state, uid, NULL, err) : status;
}

ckl_status ckl_data_state_add_tag(ckl_data_state *state, const char *uid, const char *tag,
                                  ckl_error *err)
{
    ckl_status status = check_open(state, err);
    if (status == CKL_OK)
        status = state_check_uid(uid, strlen(uid), err);
    if (status == CKL_OK)
        status = state_check_tag(uid, tag, strlen(tag), err);
    return status == CKL_OK ? add_remark(state, uid, tag, err) : status;
}

/* ---- finishing ------------------------------------------------------------------------------- */

static int compare_samples(const void *first, const void *second)
{
    const state_sample *a = first, *b = second;
    return state_compare_uids(a->uid, a->uid_size, b->uid, b->uid_size);
}

static int compare_remarks(const void *first, const void *second)
{
    return strcmp(((const state_remark *)first)->uid, ((const state_remark *)second)->uid);
}

ckl_status state_sort(ckl_data_state *state, ckl_error *err)
{
    bool sorted = true; /* and no two are equal */
    for (size_t index = 1; sorted && index < state->count; index++)
        sorted = compare_samples(&state->samples[index - 1], &state->samples[index]) < 0;
    if (sorted)
        return CKL_OK;
    qsort(state->samples, state->count, sizeof *state->samples, compare_samples);
    for (size_t index = 1; index < state->count; index++) {
        if (compare_samples(&state->samples[index - 1], &state->samples[index]) == 0)
            return error_set(err, CKL_INVALID, "duplicate uid '%s'", state->samples[index].uid);
    }
    return CKL_OK;
}

static void sort_remarks(ckl_data_state *state)
{
    bool sorted = true;
    for (size_t index = 1; sorted && index < state->remark_count; index++)
        sorted = compare_remarks(&state->remarks[index - 1], &state->remarks[index]) <= 0;
    if (!sorted)
        qsort(state->remarks, state->remark_count, sizeof *state->remarks, compare_remarks);
}

/* What the remarks first … last-1, all about one uid, say about its sample. */
static ckl_status apply_remarks(ckl_data_state *state, state_sample *sample, size_t first,
                                size_t last, ckl_error *err)
{
    const char **tags = malloc((last - first + 1) * sizeof *tags);
    size_t count = 0;
    if (tags == NULL)
        return error_memory(err);
    for (size_t index = first; index < last; index++) {
        if (state->remarks[index].tag == NULL)
            sample->discarded = true;
        else
            tags[count++] = state->remarks[index].tag;
    }
    ckl_status status = CKL_OK;
    if (count > 0)
        status = state_intern(&sample->tagset, state, tags, count, err);
    free(tags);
    return status;
}

static ckl_status merge_remarks(ckl_data_state *state, ckl_error *err)
{
    size_t at = 0;
    ckl_status status = CKL_OK;
    sort_remarks(state);
    for (size_t first = 0, last; status == CKL_OK && first < state->remark_count; first = last) {
        const char *uid = state->remarks[first].uid;
        for (last = first + 1; last < state->remark_count; last++) {
            if (strcmp(state->remarks[last].uid, uid) != 0)
                break;
        }
        while (at < state->count && strcmp(state->samples[at].uid, uid) < 0)
            at++;
        if (at < state->count && strcmp(state->samples[at].uid, uid) == 0) {
            status = apply_remarks(state, &state->samples[at], first, last, err);
            continue;
        }
        if (state->ignored++ == 0)
            state->first_ignored = uid;
    }
    free(state->remarks);
    state->remarks = NULL;
    state->remark_count = state->remark_capacity = 0;
    return status;
}

ckl_status ckl_data_state_finish(ckl_data_state *state, ckl_error *err)
{
    if (state->finished)
        return CKL_OK;
    ckl_status status = state_sort(state, err);
    if (status == CKL_OK)
        status = merge_remarks(state, err);
    if (status != CKL_OK)
        return status;
    state->counts = (ckl_sample_counts){.total = state->count};
    for (size_t index = 0; index < state->count; index++) {
        state->counts.discarded += state->samples[index].discarded;
        state->counts.tagged += state->samples[index].tagset != 0;
    }
    state->finished = true;
    return CKL_OK;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static ckl_status add_change(state_change **out, size_t *count, size_t *capacity,
                             const state_sample *from, const state_sample *to, ckl_error *err)
{
    if (*count == *capacity) {
        size_t larger = *capacity == 0 ? 16 : *capacity * 2;
        state_change *grown = realloc(*out, larger * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        *out = grown;
        *capacity = larger;
    }
    (*out)[(*count)++] = (state_change){from, to};
    return CKL_OK;
}

static bool samples_equal(const ckl_data_state *from, const state_sample *old,
                          const ckl_data_state *to, const state_sample *new)
{
    if (old->discarded != new->discarded)
        return false;
    return strcmp(from->tagsets[old->tagset].text, to->tagsets[new->tagset].text) == 0;
}

/* Of a state and what it was edited to, or from: what the link between them has. */
static ckl_status diff_linked(state_change **out, size_t *count, const ckl_data_state *from,
                              ckl_error *err)
{
    const state_link *link = from->link;
    const state_sample *held = link->holder->samples;
    size_t found = 0, capacity = 0;
    state_change *changes = NULL;
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < link->count; index++) {
        const state_sample *other = &link->swaps[index].sample;
        const state_sample *holds = &held[link->swaps[index].index];
        const state_sample *old = from == link->holder ? holds : other;
        const state_sample *new = from == link->holder ? other : holds;
        if (old->discarded != new->discarded || old->tagset != new->tagset)
            status = add_change(&changes, &found, &capacity, old, new, err);
    }
    if (status != CKL_OK) {
        free(changes);
        return status;
    }
    *out = changes;
    *count = found;
    return CKL_OK;
}

ckl_status state_diff(state_change **out, size_t *count, const ckl_data_state *from,
                      const ckl_data_state *to, ckl_error *err)
{
    if (from != NULL && to != NULL && from->link != NULL && from->link == to->link)
        return diff_linked(out, count, from, err);
    if (from != NULL)
        from = state_held(from);
    if (to != NULL)
        to = state_held(to);
    size_t old_count = from != NULL ? from->count : 0, new_count = to != NULL ? to->count : 0;
    size_t i = 0, j = 0, found = 0, capacity = 0;
    state_change *changes = NULL;
    ckl_status status = CKL_OK;
    while (status == CKL_OK && (i < old_count || j < new_count)) {
        const state_sample *old = i < old_count ? &from->samples[i] : NULL;
        const state_sample *new = j < new_count ? &to->samples[j] : NULL;
        int order = old == NULL ? 1 : new == NULL ? -1 : compare_samples(old, new);
        i += order <= 0;
        j += order >= 0;
        if (order < 0)
            status = add_change(&changes, &found, &capacity, old, NULL, err);
        else if (order > 0)
            status = add_change(&changes, &found, &capacity, NULL, new, err);
        else if (!samples_equal(from, old, to, new))
            status = add_change(&changes, &found, &capacity, old, new, err);
    }
    if (status != CKL_OK) {
        free(changes);
        return status;
    }
    *out = changes;
    *count = found;
    return CKL_OK;
}

/* ---- editing --------------------------------------------------------------------------------- */

static ckl_status copy_state(ckl_data_state **out, const ckl_data_state *state, ckl_error *err)
{
    ckl_data_state *copy = NULL;
    ckl_status status = ckl_data_state_new(&copy, err);
    for (size_t index = 1; status == CKL_OK && index < state->tagset_count; index++) {
        uint32_t number; /* the same as in `state`: both number in order */
        const tagset_entry *entry = &state->tagsets[index];
        status = state_intern(&number, copy, entry->tags, entry->count, err);
    }
    for (size_t index = 0; status == CKL_OK && index < state->count; index++) {
        const state_sample *sample = &state->samples[index];
        status =
            state_push(copy, sample->uid, sample->uid_size, sample->discarded, sample->tagset, err);
    }
    if (status != CKL_OK) {
        ckl_data_state_free(copy);
        return status;
    }
    *out = copy;
    return CKL_OK;
}

/* The sample's tags with `tag` added or taken away. */
static ckl_status change_tag(ckl_data_state *state, state_sample *sample, bool add, const char *tag,
                             ckl_error *err)
{
    state_tagset set = state_tagset_get(state, sample->tagset);
    const char **tags = malloc((set.count + 1) * sizeof *tags);
    size_t count = 0;
    if (tags == NULL)
        return error_memory(err);
    for (size_t index = 0; index < set.count; index++) {
        if (strcmp(set.tags[index], tag) != 0)
            tags[count++] = set.tags[index];
    }
    if (add)
        tags[count++] = tag;
    ckl_status status = state_intern(&sample->tagset, state, tags, count, err);
    free(tags);
    return status;
}

static ckl_status edit_sample(ckl_data_state *state, state_sample *sample, state_action action,
                              const char *tag, ckl_error *err)
{
    if (action == STATE_DISCARD || action == STATE_RESTORE) {
        sample->discarded = action == STATE_DISCARD;
        return CKL_OK;
    }
    return change_tag(state, sample, action == STATE_TAG, tag, err);
}

static int compare_swaps(const void *first, const void *second)
{
    size_t a = ((const state_swap *)first)->index, b = ((const state_swap *)second)->index;
    return (a > b) - (a < b);
}

/* The samples of the uids as they are, by index, each once. */
static ckl_status find_samples(state_swap **out, size_t *count, const ckl_data_state *state,
                               const char *const *uids, size_t uid_count, ckl_error *err)
{
    state_swap *found = malloc((uid_count + 1) * sizeof *found);
    if (found == NULL)
        return error_memory(err);
    for (size_t index = 0; index < uid_count; index++) {
        uint64_t at;
        if (!ckl_data_state_find(state, uids[index], &at)) {
            free(found);
            error_set(err, CKL_NOT_FOUND, "no sample '%.200s' in the data state", uids[index]);
            error_hint(err, "nothing was changed; ckl state lists the samples");
            return CKL_NOT_FOUND;
        }
        found[index] = (state_swap){(size_t)at, state->samples[at]};
    }
    qsort(found, uid_count, sizeof *found, compare_swaps);
    size_t kept = 0;
    for (size_t index = 0; index < uid_count; index++) {
        if (kept == 0 || found[kept - 1].index != found[index].index)
            found[kept++] = found[index];
    }
    *out = found;
    *count = kept;
    return CKL_OK;
}

/* The samples that `swaps` names are edited, and the counts kept. */
static ckl_status edit_samples(ckl_data_state *edited, const state_swap *swaps, size_t count,
                               state_action action, const char *tag, ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        const state_sample *old = &swaps[index].sample;
        state_sample *sample = &edited->samples[swaps[index].index];
        status = edit_sample(edited, sample, action, tag, err);
        edited->counts.discarded += (uint64_t)sample->discarded - (uint64_t)old->discarded;
        edited->counts.tagged += (uint64_t)(sample->tagset != 0) - (uint64_t)(old->tagset != 0);
    }
    return status;
}

/* A state that others share, or that already lent or took its content, is copied. */
static ckl_status take_content(ckl_data_state **out, ckl_data_state *state, state_swap *swaps,
                               size_t count, bool *taken, ckl_error *err)
{
    *taken = state->shares == 0 && state->link == NULL;
    if (!*taken)
        return copy_state(out, state, err);
    ckl_data_state *empty = calloc(1, sizeof *empty);
    ckl_status status =
        empty != NULL ? state_lend(empty, state, swaps, count, err) : error_memory(err);
    *taken = status == CKL_OK;
    if (status == CKL_OK)
        *out = empty;
    else
        free(empty);
    return status;
}

ckl_status state_edit(ckl_data_state **out, const ckl_data_state *state, state_action action,
                      const char *tag, const char *const *uids, size_t uid_count, ckl_error *err)
{
    ckl_data_state *edited = NULL;
    state_swap *swaps = NULL;
    size_t count = 0;
    bool taken = false;
    ckl_status status = CKL_OK;
    if (action == STATE_TAG || action == STATE_UNTAG)
        status = state_check_tag(uid_count > 0 ? uids[0] : "", tag != NULL ? tag : "",
                                 tag != NULL ? strlen(tag) : 0, err);
    state = state_held(state);
    if (status == CKL_OK)
        status = find_samples(&swaps, &count, state, uids, uid_count, err);
    if (status == CKL_OK)
        status =
            take_content(&edited, (ckl_data_state *)(uintptr_t)state, swaps, count, &taken, err);
    if (status == CKL_OK) {
        edited->counts = state->counts;
        edited->finished = true;
        status = edit_samples(edited, swaps, count, action, tag, err);
    }
    if (!taken)
        free(swaps);
    if (status != CKL_OK) {
        ckl_data_state_free(edited);
        return status;
    }
    *out = edited;
    return CKL_OK;
}
