/* What state.c, state_build.c and state_edit.c share: the inside of a data state. */
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
    ckl_sample_counts counts;
    uint64_t ignored;
    const char *first_ignored;
    bool finished;
    _Atomic unsigned shares; /* owners besides the first */
};

/* A copy in the state's arena; NULL when memory is out. */
char *state_copy_text(ckl_data_state *state, const char *text, size_t size);
int state_compare_uids(const char *first, size_t first_size, const char *second,
                       size_t second_size);
ckl_status state_check_uid(const char *uid, size_t size, ckl_error *err);
ckl_status state_check_tag(const char *uid, const char *tag, size_t size, ckl_error *err);
/* Adds a checked sample at the end, in any order. */
ckl_status state_push(ckl_data_state *state, const char *uid, size_t uid_size, bool discarded,
                      uint32_t tagset, ckl_error *err);

#endif
