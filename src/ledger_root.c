/* The first data state of a ledger: every sample is new, so that nothing is looked up, and nothing
 * is held beside the state itself. */
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

typedef struct root_writer {
    db *ledger;
    const ckl_data_state *state;
    const state_sample *samples;
    size_t count;
    int64_t first;    /* number of the first sample; the others follow */
    int64_t *tagsets; /* the state's number to the ledger's; 0: not asked yet */
    size_t tagset_count;
} root_writer;

/* Records the set, and what it adds to no tags, when it is met first. */
static ckl_status find_tagset(int64_t *out, root_writer *writer, uint32_t tagset, ckl_error *err)
{
    ckl_status status = CKL_OK;
    if (tagset >= writer->tagset_count) {
        size_t count = (size_t)tagset * 2 + 16;
        int64_t *grown = realloc(writer->tagsets, count * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        memset(grown + writer->tagset_count, 0, (count - writer->tagset_count) * sizeof *grown);
        writer->tagsets = grown;
        writer->tagset_count = count;
    }
    if (writer->tagsets[tagset] == 0) {
        state_tagset set = state_tagset_get(writer->state, tagset);
        int64_t *number = &writer->tagsets[tagset];
        status = ledger_tagset_record(number, writer->ledger, set.text, set.tags, set.count, err);
        if (status == CKL_OK)
            status = ledger_tagset_change_record(writer->ledger, 1, *number, err);
    }
    *out = writer->tagsets[tagset];
    return status;
}

/* Adds the samples; *rows gets the digest of the edge that puts them in. */
static ckl_status add_samples(digest *rows, root_writer *writer, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    edge_hasher *hashing = NULL;
    ckl_status status =
        db_query(&running, writer->ledger, "INSERT INTO _sample (uid) VALUES (:uid)", err);
    if (status == CKL_OK)
        status = edge_hasher_new(&hashing, err);
    for (size_t index = 0; status == CKL_OK && index < writer->count; index++) {
        const state_sample *sample = &writer->samples[index];
        edge_side none = {-1, "", 0}, now = {sample->discarded, NULL, 0};
        state_tagset set = state_tagset_get(writer->state, sample->tagset);
        now.tags = set.text;
        now.size = strlen(set.text);
        bind_text_size(&running, ":uid", sample->uid, sample->uid_size);
        status = statement_run(&running, err);
        edge_hasher_add(hashing, sample->uid, sample->uid_size, &none, &now);
        int64_t number = db_last_id(writer->ledger);
        if (index == 0)
            writer->first = number;
        if (status == CKL_OK && number != writer->first + (int64_t)index)
            status = error_set(err, CKL_DAMAGED, "the ledger numbers its samples oddly");
    }
    if (status == CKL_OK)
        status = edge_hasher_end(rows, hashing, err);
    edge_hasher_free(hashing);
    return status;
}

static ckl_status add_changes(root_writer *writer, int64_t edge, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    int64_t bound = 0;
    ckl_status status =
        db_query(&running, writer->ledger,
                 "INSERT INTO _edge_change (edge, sample, new_discarded, new_tagset)"
                 " VALUES (:edge, :sample, :discarded, :tagset)",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":edge", edge);
    for (size_t index = 0; status == CKL_OK && index < writer->count; index++) {
        const state_sample *sample = &writer->samples[index];
        int64_t tagset = 0;
        status = find_tagset(&tagset, writer, sample->tagset, err);
        if (status != CKL_OK)
            break;
        if (tagset != bound)
            bind_integer(&running, ":tagset", tagset);
        bound = tagset;
        bind_integer(&running, ":sample", writer->first + (int64_t)index);
        bind_integer(&running, ":discarded", sample->discarded);
        status = statement_run(&running, err);
    }
    return status;
}

ckl_status ledger_root_record(int64_t *edge, db *ledger, int64_t component,
                              const ckl_data_state *state, ckl_error *err)
{
    root_writer writer = {.ledger = ledger, .state = state};
    digest rows;
    writer.samples = state_samples(state, &writer.count);
    ckl_status status = add_samples(&rows, &writer, err);
    if (status == CKL_OK)
        status = ledger_edge_add(edge, ledger, 0, component, writer.count, &rows, err);
    if (status == CKL_OK)
        status = add_changes(&writer, *edge, err);
    free(writer.tagsets);
    return status;
}
