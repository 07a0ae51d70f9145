/* Was this tried before: recorded states, by how little they differ from what is given. */
#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "insight_internal.h"

#define LIMIT       10
#define NAMED_PATHS 3

typedef struct seen_line {
    ckl_seen_row row;
    int64_t id, model, config, data, content, total;
    unsigned differing; /* how many components */
} seen_line;

/* What is given: components as the ledger knows them, 0 where it does not. */
typedef struct wanted {
    const ckl_model *model;
    const ckl_config *config;
    ckl_data_state *data;
    int64_t model_id, config_id, data_id;
    json_t *leaves; /* path to JSON text, of the configuration */
} wanted;

struct ckl_seen {
    ckl_manager *manager;
    seen_line *lines;
    size_t count, capacity, next;
    insight_texts texts;
};

/* ---- what is given --------------------------------------------------------------------------- */

static ckl_status find_component(int64_t *out, db *ledger, const char *kind, const digest *value,
                                 ckl_error *err)
{
    ledger_component found = {0};
    ckl_status status = ledger_component_find(&found, ledger, kind, value, err);
    *out = status == CKL_OK ? found.id : 0;
    return status == CKL_NOT_FOUND ? CKL_OK : status;
}

static ckl_status find_model(wanted *given, db *ledger, ckl_error *err)
{
    digest value;
    BUF_AUTO text = BUF_INIT;
    if (given->model == NULL)
        return CKL_OK;
    ckl_status status = model_canonical(&text, given->model, err);
    if (status == CKL_OK)
        status = hash_bytes(&value, text.data != NULL ? text.data : "", text.size, err);
    return status == CKL_OK ? find_component(&given->model_id, ledger, "model", &value, err)
                            : status;
}

/* Every value that counts, as _config_leaf has them. */
static ckl_status add_leaves(json_t *out, buf *path, const json_t *value,
                             const char *const *ignored, size_t count, ckl_error *err);

static ckl_status add_leaf(json_t *out, const buf *path, const json_t *value, ckl_error *err)
{
    BUF_AUTO text = BUF_INIT;
    canon_value(&text, value);
    ckl_status status = buf_check(&text, err);
    if (status != CKL_OK)
        return status;
    return json_object_set_new(out, path->data, json_string(text.data)) == 0 ? CKL_OK
                                                                             : error_memory(err);
}

static ckl_status add_child(json_t *out, buf *path, const char *key, const json_t *value,
                            const char *const *ignored, size_t count, ckl_error *err)
{
    size_t size = path->size;
    buf_add_char(path, '/');
    for (; *key != '\0'; key++) {
        if (*key == '~' || *key == '/')
            buf_add_text(path, *key == '~' ? "~0" : "~1");
        else
            buf_add_char(path, *key);
    }
    ckl_status status = buf_check(path, err);
    if (status == CKL_OK && !ledger_leaf_is_ignored(path->data, ignored, count))
        status = add_leaves(out, path, value, ignored, count, err);
    path->size = size;
    path->data[size] = '\0';
    return status;
}

static ckl_status add_leaves(json_t *out, buf *path, const json_t *value,
                             const char *const *ignored, size_t count, ckl_error *err)
{
    const char *key;
    json_t *item;
    size_t index;
    ckl_status status = CKL_OK;
    bool holds = (json_is_object(value) && json_object_size(value) > 0) ||
                 (json_is_array(value) && json_array_size(value) > 0);
    if (!holds)
        return path->size == 0 ? CKL_OK : add_leaf(out, path, value, err);
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        if (status == CKL_OK)
            status = add_child(out, path, key, item, ignored, count, err);
    }
    json_array_foreach((json_t *)(uintptr_t)value, index, item)
    {
        char number[32];
        snprintf(number, sizeof number, "%zu", index);
        if (status == CKL_OK)
            status = add_child(out, path, number, item, ignored, count, err);
    }
    return status;
}

static ckl_status find_config(wanted *given, db *ledger, ckl_error *err)
{
    digest value;
    char **ignored = NULL;
    size_t count = 0;
    BUF_AUTO text = BUF_INIT;
    BUF_AUTO path = BUF_INIT;
    if (given->config == NULL)
        return CKL_OK;
    given->leaves = json_object();
    buf_add_text(&path, "");
    ckl_status status = given->leaves != NULL ? CKL_OK : error_memory(err);
    if (status == CKL_OK)
        status = ledger_ignored_paths(&ignored, &count, ledger, err);
    if (status == CKL_OK)
        status = config_canonical(&text, given->config, (const char *const *)ignored, count, err);
    if (status == CKL_OK)
        status = hash_bytes(&value, text.data, text.size, err);
    if (status == CKL_OK)
        status = find_component(&given->config_id, ledger, "config", &value, err);
    if (status == CKL_OK)
        status = add_leaves(given->leaves, &path, given->config->tree, (const char *const *)ignored,
                            count, err);
    free(ignored);
    return status;
}

static ckl_status find_data(wanted *given, db *ledger, ckl_error *err)
{
    digest value;
    if (given->data == NULL)
        return CKL_OK;
    ckl_status status = ckl_data_state_finish(given->data, err);
    if (status == CKL_OK)
        status = state_hash(&value, given->data, err);
    return status == CKL_OK ? find_component(&given->data_id, ledger, "data", &value, err) : status;
}

/* ---- what was recorded ----------------------------------------------------------------------- */

static ckl_status read_lines(ckl_seen *asked, const wanted *given, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, asked->manager->ledger,
                                 "SELECT state.id, ifnull(state.model, 0), ifnull(state.config, 0),"
                                 " ifnull(state.data, 0), ifnull((SELECT max(id) FROM _config"
                                 "   WHERE component = state.config), 0), ifnull(data.total, 0)"
                                 " FROM _experiment AS state"
                                 " LEFT JOIN _data_state AS data ON data.component = state.data"
                                 " ORDER BY state.id DESC",
                                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        status = insight_grow((void **)&asked->lines, asked->count, &asked->capacity,
                              sizeof *asked->lines, err);
        if (status != CKL_OK)
            return status;
        seen_line *line = &asked->lines[asked->count++];
        *line = (seen_line){.id = column_integer(&row, 0),
                            .model = column_integer(&row, 1),
                            .config = column_integer(&row, 2),
                            .data = column_integer(&row, 3),
                            .content = column_integer(&row, 4),
                            .total = column_integer(&row, 5),
                            .row = {.paths = "", .metrics = "{}"}};
        bool model =
            given->model != NULL && (given->model_id == 0 || line->model != given->model_id);
        bool config =
            given->config != NULL && (given->config_id == 0 || line->config != given->config_id);
        bool data = given->data != NULL && (given->data_id == 0 || line->data != given->data_id);
        line->row.different =
            (model ? CKL_MODEL : 0) | (config ? CKL_CONFIG : 0) | (data ? CKL_DATA : 0);
        line->differing = (unsigned)model + config + data;
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status name_path(buf *names, uint64_t *count, const char *path)
{
    if (++*count <= NAMED_PATHS)
        buf_add_format(names, "%s%s", names->size > 0 ? "," : "", path);
    return CKL_OK;
}

/* In how many paths its configuration differs from the given one. */
static ckl_status compare_config(seen_line *line, ckl_seen *asked, const wanted *given,
                                 ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    BUF_AUTO names = BUF_INIT;
    size_t common = 0;
    if ((line->row.different & CKL_CONFIG) == 0)
        return CKL_OK;
    ckl_status status = db_query(&row, asked->manager->ledger,
                                 "SELECT path, value FROM _config_leaf"
                                 " WHERE config = :config AND NOT ignored",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":config", line->content);
    while ((status = STATEMENT_STEP_WITH(&row, err, 0, 1)) == CKL_OK) {
        const char *path = column_required(&row, 0);
        const char *text = json_string_value(json_object_get(given->leaves, path));
        common += text != NULL;
        if (text == NULL || strcmp(text, column_required(&row, 1)) != 0)
            name_path(&names, &line->row.path_count, path);
    }
    line->row.path_count += json_object_size(given->leaves) - common;
    if (status == CKL_DONE)
        status = buf_check(&names, err);
    return status == CKL_OK && names.size > 0
               ? insight_keep(&line->row.paths, &asked->texts, names.data, err)
               : status;
}

static int compare_lines(const void *first, const void *second)
{
    const seen_line *left = first, *right = second;
    if (left->differing != right->differing)
        return left->differing < right->differing ? -1 : 1;
    if (left->row.path_count != right->row.path_count)
        return left->row.path_count < right->row.path_count ? -1 : 1;
    int64_t one = left->row.sample_difference, other = right->row.sample_difference;
    one = one < 0 ? -one : one;
    other = other < 0 ? -other : other;
    if (one != other)
        return one < other ? -1 : 1;
    return left->id > right->id ? -1 : left->id < right->id;
}

/* Of those that are as near by their components, the configurations are looked into. */
static ckl_status rank(ckl_seen *asked, const wanted *given, ckl_error *err)
{
    ckl_sample_counts counts = {0};
    unsigned least = 4;
    ckl_status status = CKL_OK;
    if (given->data != NULL)
        counts = ckl_data_state_counts(given->data);
    for (size_t index = 0; index < asked->count; index++)
        least = asked->lines[index].differing < least ? asked->lines[index].differing : least;
    for (size_t index = 0; status == CKL_OK && index < asked->count; index++) {
        seen_line *line = &asked->lines[index];
        if (line->row.different & CKL_DATA)
            line->row.sample_difference = line->total - (int64_t)counts.total;
        if (line->differing <= least + 1)
            status = compare_config(line, asked, given, err);
    }
    if (status == CKL_OK && asked->count > 1)
        qsort(asked->lines, asked->count, sizeof *asked->lines, compare_lines);
    return status;
}

/* ---- how they did ---------------------------------------------------------------------------- */

static ckl_status describe(seen_line *line, ckl_seen *asked, ckl_error *err)
{
    ledger_experiment state;
    STATEMENT_AUTO values = {0};
    STATEMENT_AUTO saved = {0};
    BUF_AUTO metrics = BUF_INIT;
    int64_t count = 0;
    db *ledger = asked->manager->ledger;
    ckl_status status = ledger_experiment_get(&state, ledger, line->id, err);
    if (status == CKL_OK)
        status = insight_keep(&line->row.experiment, &asked->texts, state.hash.text, err);
    if (status == CKL_OK)
        status = db_query(&values, ledger,
                          "SELECT name.name, last.value, max(last.at_us) FROM _metric_series AS one"
                          " JOIN _metric_name AS name ON name.id = one.name"
                          " JOIN _metric AS last ON last.run = one.run AND last.name = one.name"
                          "   AND last.step = one.last_step AND last.experiment = one.experiment"
                          " WHERE one.experiment = :id GROUP BY name.name ORDER BY name.name",
                          err);
    if (status != CKL_OK)
        return status;
    bind_integer(&values, ":id", line->id);
    status = query_metrics_json(&metrics, &values, err);
    if (status == CKL_OK)
        status = insight_keep(&line->row.metrics, &asked->texts, metrics.data, err);
    if (status == CKL_OK)
        status = db_query(&saved, ledger, "SELECT count(*) FROM _checkpoint WHERE experiment = :id",
                          err);
    if (status != CKL_OK)
        return status;
    bind_integer(&saved, ":id", line->id);
    status = ledger_first_integer(&count, &saved, err);
    line->row.checkpoint_count = (uint64_t)count;
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static ckl_status answer(ckl_seen *asked, wanted *given, uint64_t limit, ckl_error *err)
{
    db *ledger = asked->manager->ledger;
    ckl_status status = db_begin(ledger, DB_READ, err);
    if (status != CKL_OK)
        return status;
    status = find_model(given, ledger, err);
    if (status == CKL_OK)
        status = find_config(given, ledger, err);
    if (status == CKL_OK)
        status = find_data(given, ledger, err);
    if (status == CKL_OK)
        status = read_lines(asked, given, err);
    if (status == CKL_OK)
        status = rank(asked, given, err);
    size_t most = limit == 0 ? LIMIT : limit < asked->count ? (size_t)limit : asked->count;
    bool exact = asked->count > 0 && asked->lines[0].differing == 0;
    for (size_t index = 0; status == CKL_OK && index < asked->count; index++) {
        if (index >= most || (exact && asked->lines[index].differing > 0)) {
            asked->count = index;
            break;
        }
        status = describe(&asked->lines[index], asked, err);
    }
    db_rollback(ledger);
    return status;
}

ckl_status ckl_seen_open(ckl_seen **out, ckl_manager *manager, const ckl_model *model,
                         const ckl_config *config, ckl_data_state *data, uint64_t limit,
                         ckl_error *err)
{
    wanted given = {.model = model, .config = config, .data = data};
    if (model == NULL && config == NULL && data == NULL)
        return error_set(err, CKL_INVALID, "nothing is given to look for");
    ckl_seen *asked = calloc(1, sizeof *asked);
    if (asked == NULL)
        return error_memory(err);
    asked->manager = manager;
    ckl_status status = answer(asked, &given, limit, err);
    json_decref(given.leaves);
    if (status != CKL_OK) {
        ckl_seen_close(asked);
        return status;
    }
    *out = asked;
    return CKL_OK;
}

ckl_status ckl_seen_next(const ckl_seen_row **out, ckl_seen *seen, ckl_error *err)
{
    (void)err;
    if (seen->next == seen->count)
        return CKL_DONE;
    *out = &seen->lines[seen->next++].row;
    return CKL_OK;
}

void ckl_seen_close(ckl_seen *seen)
{
    if (seen == NULL)
        return;
    insight_texts_free(&seen->texts);
    free(seen->lines);
    free(seen);
}
