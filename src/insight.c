/* What the answers share, and churn, which plain SQL gives. */
#include <stdlib.h>
#include <string.h>

#include "insight_internal.h"

ckl_status insight_grow(void **items, size_t count, size_t *capacity, size_t size, ckl_error *err)
{
    if (count < *capacity)
        return CKL_OK;
    size_t wanted = *capacity == 0 ? 32 : *capacity * 2;
    void *grown = realloc(*items, wanted * size);
    if (grown == NULL)
        return error_memory(err);
    *items = grown;
    *capacity = wanted;
    return CKL_OK;
}

ckl_status insight_keep(const char **out, insight_texts *texts, const char *text, ckl_error *err)
{
    *out = NULL;
    if (text == NULL)
        return CKL_OK;
    ckl_status status =
        insight_grow((void **)&texts->items, texts->count, &texts->capacity, sizeof(char *), err);
    if (status != CKL_OK)
        return status;
    char *copy = strdup(text);
    if (copy == NULL)
        return error_memory(err);
    texts->items[texts->count++] = copy;
    *out = copy;
    return CKL_OK;
}

void insight_texts_free(insight_texts *texts)
{
    for (size_t index = 0; index < texts->count; index++)
        free(texts->items[index]);
    free(texts->items);
}

/* ---- churn ----------------------------------------------------------------------------------- */

struct ckl_churn {
    statement rows;
    ckl_churn_row row;
};

ckl_status ckl_churn_open(ckl_churn **out, ckl_manager *manager, const char *run, ckl_error *err)
{
    ckl_churn *churn = calloc(1, sizeof *churn);
    if (churn == NULL)
        return error_memory(err);
    ckl_status status =
        db_query(&churn->rows, manager->ledger,
                 "SELECT run, kind, item, tag, changes, last_seq, last_actor FROM churn"
                 " WHERE :run IS NULL OR run = :run"
                 " ORDER BY changes DESC, last_seq DESC, kind, item, tag",
                 err);
    if (status != CKL_OK) {
        free(churn);
        return status;
    }
    bind_text(&churn->rows, ":run", run);
    *out = churn;
    return CKL_OK;
}

ckl_status ckl_churn_next(const ckl_churn_row **out, ckl_churn *churn, ckl_error *err)
{
    const statement *row = &churn->rows;
    ckl_status status = STATEMENT_STEP_WITH(&churn->rows, err, 0, 1, 2);
    if (status != CKL_OK)
        return status;
    churn->row = (ckl_churn_row){.run = column_required(row, 0),
                                 .kind = column_required(row, 1),
                                 .item = column_required(row, 2),
                                 .tag = column_text(row, 3),
                                 .count = (uint64_t)column_integer(row, 4),
                                 .last_seq = column_integer(row, 5),
                                 .last_actor = column_text(row, 6)};
    *out = &churn->row;
    return CKL_OK;
}

void ckl_churn_close(ckl_churn *churn)
{
    if (churn == NULL)
        return;
    statement_done(&churn->rows);
    free(churn);
}
