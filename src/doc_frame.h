/* doc_frame: owns what a YAML list, mapping or set becomes while its members come in: pairs, merge
 * keys, and the order of sets, as PyYAML's SafeConstructor has them. May call: what doc may. Keeps
 * true: no key is there twice; explicit keys win over merged ones. */
#ifndef DOC_FRAME_H
#define DOC_FRAME_H

#include "doc_internal.h"

/* A finished value on its way into the one around it. */
typedef struct doc_node {
    json_t *value;
    doc_tag tag;
    size_t height; /* how many levels of lists and mappings it has */
    size_t nodes;  /* how many values, aliases counted as what they stand for */
} doc_node;

/* A list or mapping whose end was not seen yet. */
typedef struct doc_frame {
    doc_tag tag;
    json_t *value;  /* a mapping's own keys */
    json_t *merged; /* what `<<` brings in; NULL until there is one */
    char *key;      /* the key whose value comes next */
    bool merge_key; /* that key is `<<` */
    size_t anchor;
    size_t height;
    size_t nodes_before;
} doc_frame;

/* Makes an empty one of `frame->tag`; false when memory is out. */
bool doc_frame_open(doc_frame *frame);
/* Whether what comes next is a key. */
bool doc_frame_waits_for_key(const doc_frame *frame);
/* Takes in a key, a value or a member; keeps its own reference. */
ckl_status doc_frame_take(doc_frame *frame, const doc_node *value, bool integer_keys,
                          const doc_spot *spot);
/* The value of a frame whose end was seen, the caller's; NULL when memory is out. */
json_t *doc_frame_finish(doc_frame *frame);
void doc_frame_free(doc_frame *frame);

#endif
