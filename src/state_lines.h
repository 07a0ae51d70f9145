/* What state_parse.c, state_lines.c and state_stream.c share: reading a data state piece by piece.
 */
#ifndef STATE_LINES_H
#define STATE_LINES_H

#include "doc_source.h"
#include "state_internal.h"

/* Reads JSON Lines, or CSV, into an empty state. Errors: CKL_INVALID  "NAME: line L: …" */
ckl_status state_read_lines(ckl_data_state *state, doc_source *source, bool csv,
                            const ckl_warning_sink *warnings, ckl_error *err);
/* The first two lines on which a uid stands; 0: there is none. */
ckl_status state_find_duplicate(size_t *first, size_t *second, doc_source *source, bool csv,
                                const char *uid, ckl_error *err);

/* Reads the guide's form in YAML as it comes. CKL_DONE: it is not written in the simple way (no
 * anchors, tags, merge keys; uids before what is said of them), or is wrong: then reading the whole
 * document says what it means, or what is wrong. */
ckl_status state_read_yaml(ckl_data_state *state, doc_source *source, ckl_error *err);

/* A uid: text, or an integer, which counts as its decimal text. NULL when it is neither. */
const char *state_uid_text(const json_t *value, char number[32]);

/* Sets of tags by the bytes that they were written with: few sets, many samples. */
#define TAG_CACHE_SIZE 256
typedef struct tag_cache {
    struct {
        char *bytes; /* NULL: nothing is known here */
        size_t size;
        uint32_t tagset;
    } entries[TAG_CACHE_SIZE];
} tag_cache;
size_t tag_cache_place(const char *bytes, size_t size);
bool tag_cache_get(uint32_t *tagset, const tag_cache *cache, size_t place, const char *bytes,
                   size_t size);
/* Failing is no harm. */
void tag_cache_put(tag_cache *cache, size_t place, const char *bytes, size_t size, uint32_t tagset);
void tag_cache_free(tag_cache *cache);

#endif
