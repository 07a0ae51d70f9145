/* value: what is inside the three opaque kinds of value, for the modules that record them.
 * config.c, model.c and state.c own one each. May call: doc, canon, hash, buf. Keeps true: a
 * `ckl_config` and a finished `ckl_data_state` never change; canonical texts are those of design
 * 3. */
#ifndef VALUE_H
#define VALUE_H

#include <ckl/values.h>
#include <jansson.h>

#include "hash.h"

struct ckl_config {
    json_t *tree;
    char *text; /* canonical, nothing ignored */
    size_t size;
    _Atomic unsigned shares; /* owners besides the first */
};
/* One more owner of the same value, which ckl_config_free() ends. */
ckl_config *config_share(const ckl_config *config);
/* Takes `tree` over in any case. Errors: CKL_INVALID  not an object */
ckl_status config_from_tree(ckl_config **out, json_t *tree, const char *name, ckl_error *err);
/* What golden vectors want hashed beyond the limits of design 3.2 is not recorded.
 * Errors: CKL_INVALID  NUL in a value, an integer outside int64, deeper than 128 */
ckl_status config_check_recordable(const ckl_config *config, ckl_error *err);
/* The canonical text without the ignored pointers: what is hashed. */
ckl_status config_canonical(buf *out, const ckl_config *config, const char *const *ignored,
                            size_t count, ckl_error *err);

typedef struct model_module {
    char *name;
    char *type;
    json_t *attributes; /* object in the order given; NULL when none */
} model_module;
struct ckl_model {
    char *class_name;   /* NULL: opaque */
    json_t *attributes; /* of the class; NULL when none */
    model_module *modules;
    size_t module_count;
    size_t module_capacity;
    buf opaque;       /* the bytes of an opaque architecture */
    buf architecture; /* what the caller wants saved; has_architecture says whether given */
    bool has_architecture;
};
/* What model_description() wrote, however large it is: a file of weights has a million tensors. */
ckl_status model_from_description(ckl_model **out, const char *text, size_t size, const char *name,
                                  ckl_error *err);
ckl_status model_copy(ckl_model **out, const ckl_model *model, ckl_error *err);
ckl_status model_canonical(buf *out, const ckl_model *model, ckl_error *err);
/* The entry of one module in the canonical text ("name:Type_keyvalue"), without its name when
 * `with_name` is false: what diffs show. */
void model_entry(buf *out, const model_module *module, bool with_name);
/* The same for the class and its attributes: "SimpleCNN_keyvalue". */
void model_class_entry(buf *out, const ckl_model *model);
/* The description as JSON text (design 3.4), attributes in the order given; reads back equal. */
ckl_status model_description(buf *out, const ckl_model *model, ckl_error *err);
/* The bytes of `{hash}_architecture.pkl`: those given, else those of an opaque model, else the
 * description as a deterministic protocol-2 pickle of {"class":…, "attributes":…, "modules":[…]}.
 */
ckl_status model_architecture(buf *out, const ckl_model *model, ckl_error *err);

/* A set of tags, interned in a state: every sample with the same tags has the same number. */
typedef struct state_tagset {
    const char *text; /* as in the canonical text: sorted, escaped, joined by ',' */
    size_t count;
    const char *const *tags; /* sorted, unescaped */
} state_tagset;

/* One sample of a data state, 24 bytes: a million samples stay small. */
typedef struct state_sample {
    const char *uid;
    uint32_t uid_size;
    uint32_t tagset; /* number for state_tagset_get; 0 is the empty set */
    bool discarded;
    bool escaped; /* the uid has '\' or '|', which the canonical text escapes */
} state_sample;

/* One more owner of the same finished state, which ckl_data_state_free() ends. */
ckl_data_state *state_share(ckl_data_state *state);
/* The samples of a finished state, sorted by uid. */
const state_sample *state_samples(const ckl_data_state *state, size_t *count);
state_tagset state_tagset_get(const ckl_data_state *state, uint32_t tagset);

/* Makes a state from rows that come sorted by uid (from the ledger). Errors: CKL_DAMAGED when they
 * are not sorted. `tagset` is what state_intern returned for this state. */
ckl_status state_append(ckl_data_state *state, const char *uid, size_t uid_size, bool discarded,
                        uint32_t tagset, ckl_error *err);
/* The same of rows that are different, in any order: finishing sorts them. */
ckl_status state_put(ckl_data_state *state, const char *uid, size_t uid_size, bool discarded,
                     uint32_t tagset, ckl_error *err);
/* Interns a set of tags (any order, duplicates allowed). */
ckl_status state_intern(uint32_t *out, ckl_data_state *state, const char *const *tags, size_t count,
                        ckl_error *err);

/* Streams the canonical text into a hasher, so that it is never held. The state is finished. */
ckl_status state_hash(digest *out, const ckl_data_state *state, ckl_error *err);
/* The same of a state that is edited and hashed again and again: goes on from what the edits left
 * as it was. */
ckl_status state_hash_again(digest *out, ckl_data_state *state, ckl_error *err);
/* The canonical text itself; `lines`: records joined by newlines instead of '|'. */
ckl_status state_canonical(buf *out, const ckl_data_state *state, bool lines, ckl_error *err);

/* Errors: CKL_INVALID  a uid over CKL_UID_MAX, a tag over CKL_TAG_MAX */
ckl_status state_check_recordable(const ckl_data_state *state, ckl_error *err);

/* One difference between two states; NULL on the side where the sample is not in the state. */
typedef struct state_change {
    const state_sample *from;
    const state_sample *to;
} state_change;
/* All differences, by uid; *out is the caller's (free). Both are finished; NULL is an empty state.
 * Samples are borrowed from the two states. */
ckl_status state_diff(state_change **out, size_t *count, const ckl_data_state *from,
                      const ckl_data_state *to, ckl_error *err);

typedef enum state_action { STATE_DISCARD, STATE_RESTORE, STATE_TAG, STATE_UNTAG } state_action;
/* A new finished state: `state` with the action done to the uids (all or none). `tag` for the last
 * two. It takes over what `state` holds, when nobody else shares that; `state` gets it back when
 * it is used again, or when the edited one is released: one of the two is to be used at a time.
 * Errors: CKL_NOT_FOUND  a uid that is not in the state, named; CKL_INVALID  a bad tag */
ckl_status state_edit(ckl_data_state **out, const ckl_data_state *state, state_action action,
                      const char *tag, const char *const *uids, size_t uid_count, ckl_error *err);

#endif
