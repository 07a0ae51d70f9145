/* What state.c, state_edit.c, state_hash.c, state_move.c and state_parse.c share: the inside of a
 * data state. */
#ifndef STATE_INTERNAL_H
#define STATE_INTERNAL_H

#include "value.h"

/* Behind every text in an arena at least this many bytes may be read: it is copied in such steps.
 */
#define ARENA_STEP 16u

/* Text that lives as long as the state: blocks that are never moved. */
typedef struct arena_block {
    struct arena_block *next;
    size_t used, capacity;
    char bytes[];
} arena_block;

/* An interned set: its canonical text, and the tags behind one another. */
typedef struct tagset_entry {
    char *text;
    size_t text_size;
    const char **tags;
    size_t count;
    uint64_t hash;
} tagset_entry;

/* "uid is discarded" (tag NULL) or "uid has tag", said before or after the uid was added. */
typedef struct state_remark {
    const char *uid;
    const char *tag;
} state_remark;

/* The SHA-256 of the canonical text of the first `count` samples, to go on from. */
typedef struct state_mark {
    size_t count;
    hasher *running;
} state_mark;

/* Two states that have the same content but for some samples: one of them holds it, the other gets
 * it back, and these samples exchanged, when it is asked for. */
typedef struct state_swap {
    size_t index;
    state_sample sample; /* as it is in the one that does not hold the content */
} state_swap;
typedef struct state_link {
    ckl_data_state *holder, *other;
    state_swap *swaps; /* by index */
    size_t count;
} state_link;

#define STATE_RECENT_TAGS 8

struct ckl_data_state {
    arena_block *arena;
    state_sample *samples;
    size_t count, capacity;
    tagset_entry *tagsets; /* number 0 is the empty set */
    size_t tagset_count, tagset_capacity;
    uint32_t *buckets; /* open addressing over tagsets: number + 1, 0 empty */
    size_t bucket_count;
    state_remark *remarks;
    size_t remark_count, remark_capacity;
    size_t near; /* the sample that was remarked on last, of those that are found at once */
    const char *recent_tags[STATE_RECENT_TAGS];
    size_t next_recent;
    ckl_sample_counts counts;
    uint64_t ignored;
    const char *first_ignored;
    bool finished;
    size_t longest_uid, longest_tag;
    state_mark *marks; /* by count; of a head, which is hashed again and again */
    size_t mark_count, mark_capacity;
    state_link *link;        /* with the state that it was edited from, or to; NULL: none */
    _Atomic unsigned shares; /* owners besides the first */
};

/* A copy in the state's arena; NULL when memory is out. */
char *state_copy_text(ckl_data_state *state, const char *text, size_t size);
int state_compare_uids(const char *first, size_t first_size, const char *second,
                       size_t second_size);
ckl_status state_check_uid(const char *uid, size_t size, ckl_error *err);
ckl_status state_check_tag(const char *uid, const char *tag, size_t size, ckl_error *err);
/* Sorts the samples. Errors: CKL_INVALID  duplicate uid */
ckl_status state_sort(ckl_data_state *state, ckl_error *err);
/* After that: the uid that is there twice, or NULL. */
const char *state_duplicate(const ckl_data_state *state);
/* Adds a checked sample at the end, in any order. */
ckl_status state_push(ckl_data_state *state, const char *uid, size_t uid_size, bool discarded,
                      uint32_t tagset, ckl_error *err);

/* ---- content that moves between two states (state_move.c) ------------------------------------ */

/* The one that holds the content of `state`: itself, unless it lent it. */
const ckl_data_state *state_holder(const ckl_data_state *state);
/* The same state, holding its content. */
const ckl_data_state *state_held(const ckl_data_state *state);
/* Gives the content of `from` to the new state `to`, which differs in `count` samples: `swaps` has
 * them as they are in `from`, sorted, and is taken over when it returns CKL_OK. */
ckl_status state_lend(ckl_data_state *to, ckl_data_state *from, state_swap *swaps, size_t count,
                      ckl_error *err);
/* Ends a link: the other one keeps the content. */
void state_part(ckl_data_state *state);

/* Forgets the marks that say something about samples from `index` on (state_hash.c). */
void state_drop_marks(ckl_data_state *state, size_t index);

#endif
