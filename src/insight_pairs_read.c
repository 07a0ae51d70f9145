/* What pairs are made of: states with a metric, and their configurations. */
#include <string.h>

#include "insight_pairs.h"

static ckl_status add_value(ckl_pairs *asked, const statement *row, ckl_error *err)
{
    int64_t id = column_integer(row, 0);
    state *last = asked->state_count > 0 ? &asked->states[asked->state_count - 1] : NULL;
    ckl_status status = CKL_OK;
    if (last == NULL || last->id != id) {
        status = insight_grow((void **)&asked->states, asked->state_count, &asked->state_capacity,
                              sizeof *asked->states, err);
        if (status != CKL_OK)
            return status;
        last = &asked->states[asked->state_count++];
        *last = (state){.id = id,
                        .model = column_integer(row, 3),
                        .config = column_integer(row, 4),
                        .data = column_integer(row, 5),
                        .content = column_integer(row, 9)};
        status = insight_keep(&last->hash, &asked->texts, column_required(row, 6), err);
        if (status == CKL_OK)
            status = insight_keep(&last->model_segment, &asked->texts, column_text(row, 7), err);
        if (status == CKL_OK)
            status = insight_keep(&last->data_segment, &asked->texts, column_text(row, 8), err);
    }
    int64_t step = column_integer(row, 1);
    if (status == CKL_OK && last->value_count > 0 &&
        last->values[last->value_count - 1].step == step) {
        last->values[last->value_count - 1].value = column_real(row, 2); /* logged later */
        return CKL_OK;
    }
    if (status == CKL_OK)
        status = insight_grow((void **)&last->values, last->value_count, &last->value_capacity,
                              sizeof *last->values, err);
    if (status == CKL_OK)
        last->values[last->value_count++] = (value_at){step, column_real(row, 2)};
    return status;
}

ckl_status pairs_read_states(ckl_pairs *asked, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, asked->manager->ledger,
                 "SELECT state.id, metric.step, metric.value, ifnull(state.model, 0),"
                 " ifnull(state.config, 0), ifnull(state.data, 0), state.hash, model.segment,"
                 " data.segment, ifnull((SELECT max(id) FROM _config"
                 "   WHERE component = state.config), 0)"
                 " FROM _metric_name AS name"
                 " JOIN _metric_series AS series ON series.name = name.id"
                 " JOIN _experiment AS state ON state.id = series.experiment"
                 " JOIN _metric AS metric ON metric.experiment = state.id"
                 "   AND metric.name = name.id AND metric.run = series.run"
                 " LEFT JOIN _component AS model ON model.id = state.model"
                 " LEFT JOIN _component AS data ON data.id = state.data"
                 " WHERE name.name = :metric AND metric.value IS NOT NULL"
                 " ORDER BY state.id, metric.step, metric.at_us",
                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":metric", asked->options->metric);
    while ((status = STATEMENT_STEP_WITH(&row, err, 6)) == CKL_OK) {
        status = add_value(asked, &row, err);
        if (status != CKL_OK)
            return status;
    }
    if (status == CKL_DONE && asked->state_count == 0)
        return error_set(err, CKL_NOT_FOUND, "no metric '%s' was ever logged",
                         asked->options->metric);
    return status == CKL_DONE ? CKL_OK : status;
}

/* Of path and value: sixteen bytes of a SHA-256. */
static ckl_status leaf_digest(uint64_t out[2], const char *path, const char *text, ckl_error *err)
{
    digest value;
    BUF_AUTO both = BUF_INIT;
    buf_add(&both, path, strlen(path) + 1);
    buf_add_text(&both, text);
    ckl_status status = buf_check(&both, err);
    if (status == CKL_OK)
        status = hash_bytes(&value, both.data, both.size, err);
    if (status == CKL_OK)
        memcpy(out, value.bytes, 2 * sizeof *out);
    return status;
}

static ckl_status add_leaf(ckl_pairs *asked, const leaf *added, ckl_error *err)
{
    ckl_status status = insight_grow((void **)&asked->leaves, asked->leaf_count,
                                     &asked->leaf_capacity, sizeof *asked->leaves, err);
    if (status == CKL_OK)
        asked->leaves[asked->leaf_count++] = *added;
    return status;
}

ckl_status pairs_read_leaves(ckl_pairs *asked, size_t index, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    state *of = &asked->states[index];
    size_t first = asked->leaf_count;
    ckl_status status = db_query(&row, asked->manager->ledger,
                                 "SELECT path, value FROM _config_leaf"
                                 " WHERE config = :config AND NOT ignored",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":config", of->content);
    while ((status = STATEMENT_STEP_WITH(&row, err, 0, 1)) == CKL_OK) {
        leaf added = {.state = index, .model = of->model, .data = of->data};
        status = leaf_digest(added.others, column_required(&row, 0), column_required(&row, 1), err);
        if (status == CKL_OK)
            status = insight_keep(&added.path, &asked->texts, column_required(&row, 0), err);
        if (status == CKL_OK)
            status = insight_keep(&added.text, &asked->texts, column_required(&row, 1), err);
        if (status == CKL_OK)
            status = add_leaf(asked, &added, err);
        if (status != CKL_OK)
            return status;
        of->total[0] += added.others[0];
        of->total[1] += added.others[1];
    }
    if (status != CKL_DONE)
        return status;
    for (size_t at = first; at < asked->leaf_count; at++) {
        asked->leaves[at].others[0] = of->total[0] - asked->leaves[at].others[0];
        asked->leaves[at].others[1] = of->total[1] - asked->leaves[at].others[1];
    }
    leaf whole = {.state = index,
                  .model = of->model,
                  .data = of->data,
                  .others = {of->total[0], of->total[1]}};
    return add_leaf(asked, &whole, err);
}
