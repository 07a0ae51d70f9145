/* Pairs of experiments that differ in one thing alone. Those of one configuration path are found by
 * a sum of digests: what two configurations have beside that path sums up to the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "doc.h"
#include "insight_pairs.h"

#define CROWD 200 /* of more states that share the rest, only neighbours are paired */
#define CLOSE 32  /* of more, only neighbours are looked at for a single tag */

/* ---- one pair -------------------------------------------------------------------------------- */

/* The last step at which both have a value. */
static bool last_common(ckl_pair_row *out, const state *from, const state *to)
{
    size_t i = from->value_count, j = to->value_count;
    while (i > 0 && j > 0) {
        if (from->values[i - 1].step == to->values[j - 1].step) {
            out->step = from->values[i - 1].step;
            out->from_value = from->values[i - 1].value;
            out->to_value = to->values[j - 1].value;
            out->difference = out->to_value - out->from_value;
            return true;
        }
        if (from->values[i - 1].step > to->values[j - 1].step)
            i--;
        else
            j--;
    }
    return false;
}

static ckl_status add_pair(ckl_pairs *asked, const char *kind, const char *item, const char *from,
                           const char *to, size_t first, size_t second, ckl_error *err)
{
    pair added = {.from = first, .to = second};
    const state *one = &asked->states[first], *other = &asked->states[second];
    if (!last_common(&added.row, one, other))
        return CKL_OK;
    added.row.kind = kind;
    added.row.item = item;
    added.row.from = from;
    added.row.to = to;
    added.row.from_experiment = one->hash;
    added.row.to_experiment = other->hash;
    added.row.better = asked->sign * added.row.difference > 0;
    ckl_status status = insight_grow((void **)&asked->pairs, asked->count, &asked->capacity,
                                     sizeof *asked->pairs, err);
    if (status == CKL_OK)
        asked->pairs[asked->count++] = added;
    return status;
}

/* Numbers by size, other values as text, absent first. */
static int compare_texts(const char *left, const char *right)
{
    char *left_end = NULL, *right_end = NULL;
    if (left == NULL || right == NULL)
        return (left != NULL) - (right != NULL);
    double first = doc_strtod(left, &left_end), second = doc_strtod(right, &right_end);
    bool numbers =
        left_end != left && *left_end == '\0' && right_end != right && *right_end == '\0';
    if (numbers && (first < second || first > second))
        return first < second ? -1 : 1;
    return strcmp(left, right);
}

/* ---- by configuration path ------------------------------------------------------------------- */

static int compare_keys(const leaf *left, const leaf *right)
{
    if (left->model != right->model)
        return left->model < right->model ? -1 : 1;
    if (left->data != right->data)
        return left->data < right->data ? -1 : 1;
    if (left->others[0] != right->others[0])
        return left->others[0] < right->others[0] ? -1 : 1;
    return left->others[1] < right->others[1] ? -1 : left->others[1] > right->others[1];
}

/* The whole ones before those of a path, the paths one after the other. */
static int compare_leaves(const void *first, const void *second)
{
    const leaf *left = first, *right = second;
    int order = compare_keys(left, right);
    if (order == 0 && (left->path == NULL || right->path == NULL))
        order = (left->path != NULL) - (right->path != NULL);
    else if (order == 0)
        order = strcmp(left->path, right->path);
    return order != 0 ? order : left->state < right->state ? -1 : left->state > right->state;
}

static bool is_wanted(const ckl_pairs *asked, const char *path)
{
    return asked->path == NULL || strcmp(asked->path, path) == 0;
}

static ckl_status pair_leaves(ckl_pairs *asked, const leaf *one, const leaf *other, ckl_error *err)
{
    const char *path = one->path != NULL ? one->path : other->path;
    if (!is_wanted(asked, path) ||
        asked->states[one->state].config == asked->states[other->state].config)
        return CKL_OK;
    bool turned = compare_texts(one->text, other->text) > 0;
    const leaf *from = turned ? other : one, *to = turned ? one : other;
    return add_pair(asked, "config", path, from->text, to->text, from->state, to->state, err);
}

/* Leaves first … end-1 have all the same beside them. */
static ckl_status pair_group(ckl_pairs *asked, size_t first, size_t end, ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (size_t i = first; status == CKL_OK && i < end; i++) {
        for (size_t j = i + 1; status == CKL_OK && j < end; j++) {
            const leaf *one = &asked->leaves[i], *other = &asked->leaves[j];
            if (one->path == NULL && other->path == NULL)
                continue; /* the same configuration, with other models or data */
            if (one->path != NULL && strcmp(one->path, other->path) != 0)
                break; /* paths are sorted */
            status = pair_leaves(asked, one, other, err);
        }
    }
    return status;
}

static ckl_status pair_configs(ckl_pairs *asked, ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < asked->state_count; index++) {
        if (asked->states[index].content != 0)
            status = pairs_read_leaves(asked, index, err);
    }
    if (status != CKL_OK || asked->leaf_count == 0)
        return status;
    qsort(asked->leaves, asked->leaf_count, sizeof *asked->leaves, compare_leaves);
    for (size_t first = 0, end; status == CKL_OK && first < asked->leaf_count; first = end) {
        for (end = first + 1; end < asked->leaf_count &&
                              compare_keys(&asked->leaves[first], &asked->leaves[end]) == 0;)
            end++;
        status = pair_group(asked, first, end, err);
    }
    return status;
}

/* ---- by model, by data ----------------------------------------------------------------------- */

/* A state, by what it shares with others and by what it does not. */
typedef struct member {
    int64_t shared[2], own;
    size_t state;
} member;

static int compare_members(const void *first, const void *second)
{
    const member *left = first, *right = second;
    for (int index = 0; index < 2; index++) {
        if (left->shared[index] != right->shared[index])
            return left->shared[index] < right->shared[index] ? -1 : 1;
    }
    return left->state < right->state ? -1 : left->state > right->state;
}

/* Of a tag: from the state without it to the one with it. */
static ckl_status pair_data(ckl_pairs *asked, size_t first, size_t second, bool close,
                            ckl_error *err)
{
    const state *one = &asked->states[first], *other = &asked->states[second];
    const char *tag = NULL;
    bool gained = true;
    ckl_status status = CKL_OK;
    if (close && one->data != 0 && other->data != 0)
        status = pairs_single_tag(&tag, &gained, asked, one->data, other->data, err);
    if (status != CKL_OK)
        return status;
    if (tag == NULL)
        return asked->tag != NULL ? CKL_OK
                                  : add_pair(asked, "data", "data", one->data_segment,
                                             other->data_segment, first, second, err);
    if (asked->tag != NULL && strcmp(asked->tag, tag) != 0)
        return CKL_OK;
    return add_pair(asked, "tag", tag, "without", "with", gained ? first : second,
                    gained ? second : first, err);
}

static ckl_status pair_members(ckl_pairs *asked, const member *members, size_t count, bool of_model,
                               ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (size_t i = 0; status == CKL_OK && i < count; i++) {
        size_t end = count > CROWD && i + 2 < count ? i + 2 : count;
        for (size_t j = i + 1; status == CKL_OK && j < end; j++) {
            size_t one = members[i].state, other = members[j].state;
            if (members[i].own == members[j].own)
                continue;
            status = of_model ? add_pair(asked, "model", "model", asked->states[one].model_segment,
                                         asked->states[other].model_segment, one, other, err)
                              : pair_data(asked, one, other, count <= CLOSE || j == i + 1, err);
        }
    }
    return status;
}

static ckl_status pair_component(ckl_pairs *asked, bool of_model, ckl_error *err)
{
    member *members = calloc(asked->state_count, sizeof *members);
    ckl_status status = members != NULL ? CKL_OK : error_memory(err);
    for (size_t index = 0; status == CKL_OK && index < asked->state_count; index++) {
        const state *of = &asked->states[index];
        members[index] = (member){.shared = {of->config, of_model ? of->data : of->model},
                                  .own = of_model ? of->model : of->data,
                                  .state = index};
    }
    if (status == CKL_OK)
        qsort(members, asked->state_count, sizeof *members, compare_members);
    for (size_t first = 0, end; status == CKL_OK && first < asked->state_count; first = end) {
        for (end = first + 1; end < asked->state_count &&
                              members[end].shared[0] == members[first].shared[0] &&
                              members[end].shared[1] == members[first].shared[1];)
            end++;
        status = pair_members(asked, members + first, end - first, of_model, err);
    }
    free(members);
    return status;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static int compare_or_null(const char *left, const char *right)
{
    return left == NULL || right == NULL ? (left != NULL) - (right != NULL) : strcmp(left, right);
}

static int compare_changes(const void *first, const void *second)
{
    const ckl_pair_row *left = &((const pair *)first)->row, *right = &((const pair *)second)->row;
    int order = strcmp(left->kind, right->kind);
    if (order == 0)
        order = strcmp(left->item, right->item);
    if (order == 0)
        order = compare_or_null(left->from, right->from);
    return order != 0 ? order : compare_or_null(left->to, right->to);
}

static int compare_groups(const void *first, const void *second)
{
    const pair *left = first, *right = second;
    if (left->row.group_count != right->row.group_count)
        return left->row.group_count > right->row.group_count ? -1 : 1;
    double one = fabs(left->row.group_mean), other = fabs(right->row.group_mean);
    if (one < other || one > other)
        return one > other ? -1 : 1;
    int order = compare_changes(left, right);
    if (order != 0)
        return order;
    if (left->from != right->from)
        return left->from < right->from ? -1 : 1;
    return left->to < right->to ? -1 : left->to > right->to;
}

static void describe_group(pair *pairs, size_t count)
{
    double sum = 0, squares = 0;
    for (size_t index = 0; index < count; index++)
        sum += pairs[index].row.difference;
    double mean = sum / (double)count;
    for (size_t index = 0; index < count; index++)
        squares += (pairs[index].row.difference - mean) * (pairs[index].row.difference - mean);
    for (size_t index = 0; index < count; index++) {
        pairs[index].row.group_count = count;
        pairs[index].row.group_mean = mean;
        pairs[index].row.group_spread = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    }
}

static void group(ckl_pairs *asked)
{
    if (asked->count == 0)
        return;
    qsort(asked->pairs, asked->count, sizeof *asked->pairs, compare_changes);
    for (size_t first = 0, end; first < asked->count; first = end) {
        for (end = first + 1;
             end < asked->count && compare_changes(&asked->pairs[first], &asked->pairs[end]) == 0;)
            end++;
        describe_group(asked->pairs + first, end - first);
    }
    qsort(asked->pairs, asked->count, sizeof *asked->pairs, compare_groups);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* What is called loss, error or perplexity is better when it is lower. */
static int direction(const ckl_pairs_options *options)
{
    static const char *const LOWER[] = {"loss", "error", "perplexity", "mse", "mae", "ppl"};
    if (options->higher_is_better >= 0)
        return options->higher_is_better > 0 ? 1 : -1;
    for (size_t index = 0; index < sizeof LOWER / sizeof *LOWER; index++) {
        if (strstr(options->metric, LOWER[index]) != NULL)
            return -1;
    }
    return 1;
}

static ckl_status answer(ckl_pairs *asked, ckl_error *err)
{
    ckl_components wanted =
        asked->options->component != 0 ? asked->options->component : CKL_ALL_COMPONENTS;
    ckl_status status = db_begin(asked->manager->ledger, DB_READ, err);
    if (status != CKL_OK)
        return status;
    status = pairs_read_states(asked, err);
    if (status == CKL_OK && (wanted & CKL_CONFIG) && asked->tag == NULL)
        status = pair_configs(asked, err);
    if (status == CKL_OK && (wanted & CKL_MODEL) && asked->path == NULL && asked->tag == NULL)
        status = pair_component(asked, true, err);
    if (status == CKL_OK && (wanted & CKL_DATA) && asked->path == NULL)
        status = pair_component(asked, false, err);
    db_rollback(asked->manager->ledger);
    if (status == CKL_OK)
        group(asked);
    return status;
}

ckl_status ckl_pairs_open(ckl_pairs **out, ckl_manager *manager, const ckl_pairs_options *options,
                          ckl_error *err)
{
    if (options->metric == NULL)
        return error_set(err, CKL_INVALID, "pairs are compared by a metric: name one");
    ckl_pairs *asked = calloc(1, sizeof *asked);
    if (asked == NULL)
        return error_memory(err);
    asked->manager = manager;
    asked->options = options;
    asked->sign = direction(options);
    asked->tag = options->tag;
    ckl_status status =
        options->path != NULL ? canon_pointer(&asked->path, options->path, err) : CKL_OK;
    if (status == CKL_OK)
        status = answer(asked, err);
    asked->options = NULL;
    asked->tag = NULL;
    if (status != CKL_OK) {
        ckl_pairs_close(asked);
        return status;
    }
    *out = asked;
    return CKL_OK;
}

ckl_status ckl_pairs_next(const ckl_pair_row **out, ckl_pairs *pairs, ckl_error *err)
{
    (void)err;
    if (pairs->next == pairs->count)
        return CKL_DONE;
    *out = &pairs->pairs[pairs->next++].row;
    return CKL_OK;
}

void ckl_pairs_close(ckl_pairs *pairs)
{
    if (pairs == NULL)
        return;
    for (size_t index = 0; index < pairs->state_count; index++)
        free(pairs->states[index].values);
    insight_texts_free(&pairs->texts);
    free(pairs->states);
    free(pairs->leaves);
    free(pairs->pairs);
    free(pairs->path);
    free(pairs);
}
