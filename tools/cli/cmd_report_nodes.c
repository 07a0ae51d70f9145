/* report: what states hold. Each distinct model, configuration and data state is a node, which has
 * only what differs from the node above it: the one that it was changed from. */
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* What a row takes besides its texts. */
#define ROW_COST 12u

static const char ABSENT[] = CKL_ABSENT_SEGMENT;

/* One statement for all nodes of a part, for each opens the ledger anew: ?1 is a JSON array of the
 * pairs of states, null for a root. */
#define PAIRS                                                                                      \
    "WITH pair (node, before, after) AS (SELECT key, json_extract(value, '$[0]'),"                 \
    " json_extract(value, '$[1]') FROM json_each(?1)) "

static const struct {
    const char *changes; /* node, name, value, flag */
    size_t budget;
} PARTS[PART_COUNT] = {
    [PART_MODEL] = {PAIRS "SELECT node, new.module, new.entry, 0"
                          " FROM pair CROSS JOIN model_modules AS new ON new.experiment = after"
                          " WHERE NOT EXISTS (SELECT 1 FROM model_modules AS old"
                          "   WHERE old.experiment = before AND old.module = new.module"
                          "     AND old.entry = new.entry)"
                          " UNION ALL SELECT node, old.module, NULL, 0"
                          " FROM pair CROSS JOIN model_modules AS old ON old.experiment = before"
                          " WHERE NOT EXISTS (SELECT 1 FROM model_modules AS new"
                          "   WHERE new.experiment = after AND new.module = old.module)",
                    MODEL_BYTES_MAX},
    [PART_CONFIG] = {PAIRS "SELECT node, new.path, new.value, new.ignored"
                           " FROM pair CROSS JOIN config_values AS new ON new.experiment = after"
                           " WHERE NOT EXISTS (SELECT 1 FROM config_values AS old"
                           "   WHERE old.experiment = before AND old.path = new.path"
                           "     AND old.value = new.value AND old.ignored = new.ignored)"
                           " UNION ALL SELECT node, old.path, NULL, 0"
                           " FROM pair CROSS JOIN config_values AS old ON old.experiment = before"
                           " WHERE NOT EXISTS (SELECT 1 FROM config_values AS new"
                           "   WHERE new.experiment = after AND new.path = old.path)",
                     CONFIG_BYTES_MAX},
    [PART_DATA] = {PAIRS
                   "SELECT node, uid, CASE WHEN discarded_to IS NULL THEN NULL ELSE tags_to END,"
                   " discarded_to FROM pair CROSS JOIN ckl_sample_diff(before, after)",
                   SAMPLE_BYTES_MAX}};

/* ---- the trees ------------------------------------------------------------------------------- */

ckl_status report_add_node(report *page, part which, int32_t state, int32_t from, ckl_error *err)
{
    report_tree *tree = &page->trees[which];
    const text_row *hash = &page->hashes.rows[state];
    const char *segment = hash->text + (size_t)which * CKL_SEGMENT_LENGTH;
    int32_t *place = &page->states[state].nodes[which];
    bool is_new = false;
    *place = -1;
    if (hash->size != CKL_HASH_LENGTH || strncmp(segment, ABSENT, CKL_SEGMENT_LENGTH) == 0)
        return CKL_OK;
    ckl_status status = grow((void **)&tree->nodes, &tree->capacity, tree->segments.count,
                             sizeof *tree->nodes, err);
    if (status == CKL_OK)
        status = text_intern(place, &is_new, &tree->segments, segment, CKL_SEGMENT_LENGTH, err);
    if (status == CKL_OK && is_new)
        tree->nodes[*place] =
            (report_node){.parent = from < 0 ? -1 : page->states[from].nodes[which],
                          .state = state,
                          .from = from};
    return status;
}

/* A data state that begins a run is most often near to one that is known: then it hangs there, so
 * that both can be compared. */
static ckl_status hang_root(report *page, int32_t index, ckl_error *err)
{
    report_node *nodes = page->trees[PART_DATA].nodes;
    ckl_diff *diff = NULL;
    ckl_diff_info info = {0};
    if (index == 0 || nodes[index].parent >= 0)
        return CKL_OK;
    int32_t other = nodes[index - 1].state;
    ckl_status status = ckl_diff_open(&diff, page->manager, page->hashes.rows[other].text,
                                      page->hashes.rows[nodes[index].state].text, err);
    if (status == CKL_OK)
        status = ckl_diff_summary(&info, diff, err);
    ckl_diff_close(diff);
    uint64_t changes =
        info.added + info.removed + info.discarded + info.restored + info.tagged + info.untagged;
    if (status == CKL_OK && changes * 2 < (uint64_t)page->states[nodes[index].state].total) {
        nodes[index].parent = index - 1;
        nodes[index].from = other;
    }
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Rows that can never be in the page are counted only. */
static ckl_status add_row(report *page, part which, report_node *node, const ckl_sql_value *values,
                          ckl_error *err)
{
    node_row row = {.value = -1,
                    .flag = values[2].type == CKL_SQL_INTEGER ? (int32_t)values[2].integer : -1};
    bool hangs = node->parent >= 0;
    node->total++;
    if (hangs && node->row_count >= PARTS[which].budget / ROW_COST)
        return CKL_OK;
    ckl_status status =
        grow((void **)&node->rows, &node->row_capacity, node->row_count, sizeof *node->rows, err);
    if (status == CKL_OK)
        status = text_intern(&row.name, NULL, &page->texts, values[0].text, values[0].size, err);
    if (status == CKL_OK && values[1].type == CKL_SQL_TEXT)
        status = text_intern(&row.value, NULL, &page->texts, values[1].text, values[1].size, err);
    if (status != CKL_OK)
        return status;
    node->rows[node->row_count++] = row;
    return CKL_OK;
}

/* The pairs of states whose differences the nodes hold: JSON, the caller's (free). */
static ckl_status list_pairs(char **out, size_t *size, const report *page, part which,
                             ckl_error *err)
{
    const report_tree *tree = &page->trees[which];
    FILE *text = open_memstream(out, size);
    if (text == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    for (size_t index = 0; index < tree->segments.count; index++) {
        const report_node *node = &tree->nodes[index];
        fputs(index == 0 ? "[[" : ",[", text);
        if (node->parent >= 0)
            page_text(text, page->hashes.rows[node->from].text, CKL_HASH_LENGTH);
        else
            fputs("null", text);
        putc(',', text);
        page_text(text, page->hashes.rows[node->state].text, CKL_HASH_LENGTH);
        putc(']', text);
    }
    fputs(tree->segments.count == 0 ? "[]" : "]", text);
    bool failed = ferror(text) != 0;
    return fclose(text) != 0 || failed ? fail(err, CKL_NO_MEMORY, "out of memory") : CKL_OK;
}

static ckl_status read_rows(report *page, part which, ckl_error *err)
{
    static const ckl_sql_options PATIENT = {.time_limit_ms = -1};
    report_tree *tree = &page->trees[which];
    ckl_sql *rows = NULL;
    const ckl_sql_value *values = NULL;
    ckl_sql_value pairs = {.type = CKL_SQL_TEXT};
    char *text = NULL;
    ckl_status status = list_pairs(&text, &pairs.size, page, which, err);
    pairs.text = text;
    if (status == CKL_OK)
        status = ckl_sql_open(&rows, page->manager, PARTS[which].changes, &PATIENT, err);
    if (status == CKL_OK)
        status = ckl_sql_bind(rows, 1, &pairs, err);
    while (status == CKL_OK && (status = ckl_sql_next(&values, rows, err)) == CKL_OK) {
        if (values[1].type == CKL_SQL_TEXT)
            status = add_row(page, which, &tree->nodes[values[0].integer], values + 1, err);
    }
    ckl_sql_close(rows);
    free(text);
    return status == CKL_DONE ? CKL_OK : status;
}

/* ---- choosing what the page has room for ----------------------------------------------------- */

static size_t weigh_text(report *page, int32_t text, int32_t by)
{
    text_row *row = text < 0 ? NULL : &page->texts.rows[text];
    if (row == NULL || row->is_chosen || row->weighed == by)
        return 0;
    row->weighed = by;
    return row->cost;
}

static void choose_row(report *page, report_node *node, size_t index)
{
    const node_row *row = &node->rows[index];
    page->texts.rows[row->name].is_chosen = true;
    page->texts.rows[row->name].is_touched |= node->parent >= 0;
    if (row->value >= 0)
        page->texts.rows[row->value].is_chosen = true;
    node->is_chosen[index] = true;
    node->chosen_count++;
}

/* All rows or none: with some of them a comparison would be wrong. */
static void choose_changes(report *page, report_tree *tree, report_node *node, int32_t by)
{
    size_t cost = 0;
    for (size_t index = 0; index < node->row_count; index++)
        cost += ROW_COST + weigh_text(page, node->rows[index].name, by) +
                weigh_text(page, node->rows[index].value, by);
    if (node->row_count < node->total || cost > tree->budget)
        return;
    tree->budget -= cost;
    for (size_t index = 0; index < node->row_count; index++)
        choose_row(page, node, index);
}

/* First what some change is about: comparisons need that; then what there is room for. */
static void choose_whole(report *page, report_tree *tree, report_node *node, int32_t by)
{
    node->has_touched = true;
    for (int round = 0; round < 2; round++) {
        for (size_t index = 0; index < node->row_count; index++) {
            const node_row *row = &node->rows[index];
            if (page->texts.rows[row->name].is_touched != (round == 0))
                continue;
            size_t cost =
                ROW_COST + weigh_text(page, row->name, by) + weigh_text(page, row->value, by);
            if (cost > tree->budget) {
                node->has_touched = node->has_touched && round > 0;
                continue;
            }
            tree->budget -= cost;
            choose_row(page, node, index);
        }
    }
}

/* The newest changes first, then the roots. `by` tells the rounds of weighing apart. */
static ckl_status choose_rows(report *page, part which, int32_t *by, ckl_error *err)
{
    report_tree *tree = &page->trees[which];
    tree->budget = PARTS[which].budget;
    for (int round = 0; round < 2; round++) {
        for (size_t index = tree->segments.count; index-- > 0;) {
            report_node *node = &tree->nodes[index];
            if ((node->parent < 0) != (round > 0))
                continue;
            node->is_chosen = calloc(node->row_count + 1, sizeof *node->is_chosen);
            if (node->is_chosen == NULL)
                return fail(err, CKL_NO_MEMORY, "out of memory");
            if (round == 0)
                choose_changes(page, tree, node, ++*by);
            else
                choose_whole(page, tree, node, ++*by);
            tree->left_out += node->total - node->chosen_count;
        }
    }
    return CKL_OK;
}

ckl_status report_read_nodes(report *page, ckl_error *err)
{
    int32_t by = 0;
    ckl_status status = CKL_OK;
    for (part which = PART_MODEL; status == CKL_OK && which < PART_COUNT; which++) {
        size_t count = page->trees[which].segments.count;
        for (size_t index = 0; status == CKL_OK && which == PART_DATA && index < count; index++)
            status = hang_root(page, (int32_t)index, err);
        if (status == CKL_OK)
            status = read_rows(page, which, err);
        if (status == CKL_OK)
            status = choose_rows(page, which, &by, err);
    }
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* [parent, state, rows in the ledger, 1 when what changes are about is there, rows…] */
void report_write_nodes(report *page, part which)
{
    static const char *const NAMES[] = {"model", "config", "data"};
    const report_tree *tree = &page->trees[which];
    fprintf(page->out, ",\n\"%s\":[", NAMES[which]);
    for (size_t index = 0; index < tree->segments.count; index++) {
        const report_node *node = &tree->nodes[index];
        bool whole = node->chosen_count == node->total;
        fprintf(page->out, "%s[%d,%d,%zu,%d", index > 0 ? "," : "", node->parent, node->state,
                node->total, whole || node->has_touched);
        for (size_t row = 0; row < node->row_count; row++) {
            if (!node->is_chosen[row])
                continue;
            putc(',', page->out);
            page_number_of(page, node->rows[row].name);
            putc(',', page->out);
            page_number_of(page, node->rows[row].value);
            fprintf(page->out, ",%d", node->rows[row].flag);
        }
        putc(']', page->out);
    }
    putc(']', page->out);
}
