/* Content that moves: an edited state takes over what it was made from, so that an edit costs what
 * it touches, and gives it back when the one before is asked for again. */
#include <stdlib.h>

#include "state_internal.h"

static void move_content(ckl_data_state *to, ckl_data_state *from)
{
    to->arena = from->arena;
    to->samples = from->samples;
    to->count = from->count;
    to->capacity = from->capacity;
    to->tagsets = from->tagsets;
    to->tagset_count = from->tagset_count;
    to->tagset_capacity = from->tagset_capacity;
    to->buckets = from->buckets;
    to->bucket_count = from->bucket_count;
    to->longest_uid = from->longest_uid;
    to->longest_tag = from->longest_tag;
    to->marks = from->marks;
    to->mark_count = from->mark_count;
    to->mark_capacity = from->mark_capacity;
    from->arena = NULL;
    from->samples = NULL;
    from->count = from->capacity = 0;
    from->tagsets = NULL;
    from->tagset_count = from->tagset_capacity = 0;
    from->buckets = NULL;
    from->bucket_count = 0;
    from->marks = NULL;
    from->mark_count = from->mark_capacity = 0;
}

/* Sets of tags are only ever added, so that the numbers of both stay what they are. */
static void give_back(state_link *link)
{
    ckl_data_state *from = link->holder, *to = link->other;
    move_content(to, from);
    for (size_t index = 0; index < link->count; index++) {
        state_swap *swap = &link->swaps[index];
        state_sample sample = to->samples[swap->index];
        to->samples[swap->index] = swap->sample;
        swap->sample = sample;
    }
    if (link->count > 0)
        state_drop_marks(to, link->swaps[0].index);
    link->holder = to;
    link->other = from;
}

const ckl_data_state *state_holder(const ckl_data_state *state)
{
    return state->link != NULL ? state->link->holder : state;
}

const ckl_data_state *state_held(const ckl_data_state *state)
{
    if (state->link != NULL && state->link->holder != state)
        give_back(state->link);
    return state;
}

ckl_status state_lend(ckl_data_state *to, ckl_data_state *from, state_swap *swaps, size_t count,
                      ckl_error *err)
{
    state_link *link = malloc(sizeof *link);
    if (link == NULL)
        return error_memory(err);
    *link = (state_link){to, from, swaps, count};
    move_content(to, from);
    if (count > 0)
        state_drop_marks(to, swaps[0].index);
    to->link = from->link = link;
    return CKL_OK;
}

void state_part(ckl_data_state *state)
{
    state_link *link = state->link;
    if (link == NULL)
        return;
    if (link->holder == state)
        give_back(link);
    link->holder->link = NULL;
    state->link = NULL;
    free(link->swaps);
    free(link);
}
