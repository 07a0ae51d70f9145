/* Finding states: each condition becomes a query for the states that fit, and all must hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ckl/audit.h>

#include "canon.h"
#include "doc.h"
#include "manager_internal.h"

#define CONDITIONS_MOST 32

/* ---- reading a condition --------------------------------------------------------------------- */

typedef struct condition {
    ckl_condition_kind kind;
    char *name;            /* path, metric, tag, run, text */
    const char *operation; /* as in SQL; NULL: that it is there is enough */
    bool contains;         /* "~" */
    char *value;           /* canonical JSON, or for "~" the text; NULL: none */
    double number;
    bool is_number;
} condition;

typedef struct condition_list {
    condition items[CONDITIONS_MOST];
    size_t count;
} condition_list;

static void free_conditions(condition_list *list)
{
    for (size_t index = 0; index < list->count; index++) {
        free(list->items[index].name);
        free(list->items[index].value);
    }
}

#define CONDITIONS_AUTO __attribute__((cleanup(free_conditions))) condition_list

static char *trimmed(const char *text, size_t size)
{
    while (size > 0 && text[0] == ' ') {
        text++;
        size--;
    }
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return strndup(text, size);
}

/* Where the operator stands, and which it is. */
static const char *find_operator(const char *text, const char **operation, size_t *size)
{
    static const struct {
        const char *written, *sql;
    } OPERATORS[] = {{"<=", "<="}, {">=", ">="}, {"!=", "<>"}, {"==", "="},
                     {"<", "<"},   {">", ">"},   {"=", "="},   {"~", "~"}};
    const char *at = text + strcspn(text, "<>=!~");
    for (size_t index = 0; *at != '\0' && index < sizeof OPERATORS / sizeof *OPERATORS; index++) {
        *size = strlen(OPERATORS[index].written);
        if (strncmp(at, OPERATORS[index].written, *size) != 0)
            continue;
        *operation = OPERATORS[index].sql;
        return at;
    }
    return NULL;
}

/* A value as people type it, as canonical JSON: a number, true, false, null, or a text, which may
 * stand in quotes. */
static ckl_status read_value(condition *out, ckl_error *err)
{
    char *end = NULL, *typed = out->value;
    size_t size = strlen(typed);
    BUF_AUTO text = BUF_INIT;
    out->number = doc_strtod(typed, &end);
    out->is_number = size > 0 && *end == '\0' && strspn(typed, "+-.0123456789eE") == size;
    bool is_word =
        strcmp(typed, "true") == 0 || strcmp(typed, "false") == 0 || strcmp(typed, "null") == 0;
    if (out->is_number || is_word || out->contains)
        return CKL_OK;
    bool quoted = size >= 2 && typed[0] == '"' && typed[size - 1] == '"';
    canon_string(&text, quoted ? typed + 1 : typed, quoted ? size - 2 : size);
    free(typed);
    out->value = NULL;
    return buf_take(&out->value, NULL, &text, err);
}

static ckl_status bad_condition(const char *text, const char *why, ckl_error *err)
{
    error_set(err, CKL_INVALID, "'%s' is no condition: %s", text, why);
    error_hint(err, "write 'lr < 0.01': a name, one of < <= = != >= > ~, a value");
    return CKL_INVALID;
}

static ckl_status read_comparison(condition *out, const char *text, ckl_error *err)
{
    size_t size = 0;
    const char *at = find_operator(text, &out->operation, &size);
    out->contains = at != NULL && *at == '~';
    out->name = trimmed(text, at != NULL ? (size_t)(at - text) : strlen(text));
    out->value = at != NULL ? trimmed(at + size, strlen(at + size)) : NULL;
    if (out->name == NULL || (at != NULL && out->value == NULL))
        return error_memory(err);
    if (out->name[0] == '\0')
        return bad_condition(text, "it names nothing", err);
    if (at == NULL)
        return out->kind == CKL_WHERE_CONFIG ? CKL_OK
                                             : bad_condition(text, "it compares nothing", err);
    if (out->value[0] == '\0')
        return bad_condition(text, "the value is missing", err);
    ckl_status status = read_value(out, err);
    bool ordered = out->operation[0] == '<' || out->operation[0] == '>';
    if (status == CKL_OK && !out->is_number && ordered && strcmp(out->operation, "<>") != 0)
        return bad_condition(text, "only numbers are less or more", err);
    if (status == CKL_OK && out->kind == CKL_WHERE_METRIC && !out->is_number)
        return bad_condition(text, "a metric is a number", err);
    return status;
}

/* A path as people type it becomes a JSON Pointer. */
static ckl_status use_pointer(condition *out, ckl_error *err)
{
    char *pointer = NULL;
    ckl_status status = canon_pointer(&pointer, out->name, err);
    if (status != CKL_OK)
        return status;
    free(out->name);
    out->name = pointer;
    return CKL_OK;
}

static ckl_status read_condition(condition *out, const ckl_condition *given, ckl_error *err)
{
    *out = (condition){.kind = given->kind};
    bool compares = given->kind == CKL_WHERE_CONFIG || given->kind == CKL_WHERE_METRIC;
    ckl_status status = CKL_OK;
    if (!doc_valid_utf8(given->text, strlen(given->text)))
        return bad_condition(given->text, "it is not valid Unicode", err);
    if (compares)
        status = read_comparison(out, given->text, err);
    else if ((out->name = strdup(given->text)) == NULL)
        status = error_memory(err);
    if (status == CKL_OK && (given->kind == CKL_WHERE_CONFIG || given->kind == CKL_WHERE_CHANGED))
        status = use_pointer(out, err);
    return status;
}

/* ---- what was most likely mistyped ----------------------------------------------------------- */

/* Paths that end alike. */
static void hint_paths(ckl_manager *manager, const char *pointer, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    BUF_AUTO found = BUF_INIT;
    const char *last = strrchr(pointer, '/');
    if (last == NULL || db_query(&row, manager->ledger,
                                 "SELECT DISTINCT path FROM _config_leaf"
                                 " WHERE substr(path, -length(:last)) = :last LIMIT 3",
                                 NULL) != CKL_OK)
        return;
    bind_text(&row, ":last", last);
    while (statement_step(&row, NULL) == CKL_OK) {
        buf_add_text(&found, found.size > 0 ? ", " : "did you mean: ");
        buf_add_text(&found, column_required(&row, 0));
    }
    if (found.size > 0 && !found.failed)
        error_hint(err, "%s", found.data);
}

static ckl_status check_known(ckl_manager *manager, const condition *wanted, ckl_error *err)
{
    static const struct {
        const char *sql, *what;
    } KNOWN[] = {
        [CKL_WHERE_CONFIG] = {"SELECT 1 FROM _config_leaf WHERE path = :name", "configuration has"},
        [CKL_WHERE_METRIC] = {"SELECT 1 FROM _metric_name WHERE name = :name",
                              "state has a metric"},
        [CKL_WHERE_TAG] = {"SELECT 1 FROM _tag WHERE tag = :name", "sample has the tag"},
        [CKL_WHERE_CHANGED] = {"SELECT 1 FROM _config_leaf WHERE path = :name",
                               "configuration has"},
        [CKL_WHERE_RUN] = {"SELECT 1 FROM _run WHERE name = :name", "state is of a run"}};
    STATEMENT_AUTO row = {0};
    if (wanted->kind == CKL_WHERE_MODULE)
        return CKL_OK;
    ckl_status status = db_query_once(&row, manager->ledger, KNOWN[wanted->kind].sql, err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":name", wanted->name);
    status = statement_step(&row, err);
    if (status != CKL_DONE)
        return status;
    error_set(err, CKL_NOT_FOUND, "no recorded %s '%s'", KNOWN[wanted->kind].what, wanted->name);
    if (wanted->kind == CKL_WHERE_CONFIG || wanted->kind == CKL_WHERE_CHANGED)
        hint_paths(manager, wanted->name, err);
    return CKL_NOT_FOUND;
}

/* ---- as SQL ---------------------------------------------------------------------------------- */

/* How often the tag is in each data state, down the tree from its roots: what each edge adds is
 * counted by the pairs of sets that give or take it. */
#define STATES_WITH_TAG                                                                            \
    "WITH RECURSIVE delta (edge, count) AS ("                                                      \
    "  SELECT change.edge, sum(sign) FROM ("                                                       \
    "    SELECT pair.from_tagset AS old, pair.to_tagset AS new, 1 AS sign"                         \
    "    FROM _tag AS tag JOIN _tagset_tag AS member ON member.tag = tag.id"                       \
    "    JOIN _tagset_change AS pair ON pair.added = member.tagset WHERE tag.tag = :name%zu"       \
    "    UNION ALL"                                                                                \
    "    SELECT pair.from_tagset, pair.to_tagset, -1"                                              \
    "    FROM _tag AS tag JOIN _tagset_tag AS member ON member.tag = tag.id"                       \
    "    JOIN _tagset_change AS pair ON pair.removed = member.tagset WHERE tag.tag = :name%zu)"    \
    "    AS moved"                                                                                 \
    "  JOIN _edge_change AS change ON ifnull(change.new_tagset, 1) = +moved.new"                   \
    "    AND ifnull(change.old_tagset, 1) = +moved.old"                                            \
    "    AND ifnull(change.old_tagset, 1) <> ifnull(change.new_tagset, 1)"                         \
    "  GROUP BY change.edge),"                                                                     \
    " counted (component, count) AS ("                                                             \
    "  SELECT root.component, ifnull((SELECT count FROM delta WHERE edge = root.edge), 0)"         \
    "  FROM _data_state AS root WHERE root.base IS NULL"                                           \
    "  UNION ALL"                                                                                  \
    "  SELECT state.component,"                                                                    \
    "    counted.count + ifnull((SELECT count FROM delta WHERE edge = state.edge), 0)"             \
    "  FROM counted JOIN _data_state AS state ON state.base = counted.component)"                  \
    " SELECT state.id FROM counted JOIN _experiment AS state ON state.data = counted.component"    \
    " WHERE counted.count > 0"

/* The comparison of a value of a configuration. */
static void write_config(buf *sql, const condition *wanted, size_t index)
{
    buf_add_format(sql,
                   "SELECT state.id FROM _config_leaf AS leaf"
                   " JOIN _config AS config ON config.id = leaf.config"
                   " JOIN _experiment AS state ON state.config = config.component"
                   " WHERE leaf.path = :name%zu",
                   index);
    if (wanted->contains)
        buf_add_format(sql, " AND instr(leaf.value, :value%zu) > 0", index);
    else if (wanted->is_number && strcmp(wanted->operation, "<>") == 0)
        buf_add_format(sql, " AND leaf.number IS NOT :number%zu", index);
    else if (wanted->is_number)
        buf_add_format(sql, " AND leaf.number %s :number%zu", wanted->operation, index);
    else if (wanted->operation != NULL)
        buf_add_format(sql, " AND leaf.value %s :value%zu", wanted->operation, index);
}

static void write_condition(buf *sql, const condition *wanted, size_t index)
{
    switch (wanted->kind) {
    case CKL_WHERE_CONFIG:
        write_config(sql, wanted, index);
        break;
    case CKL_WHERE_METRIC:
        buf_add_format(sql,
                       "SELECT series.experiment FROM _metric_name AS name"
                       " JOIN _metric_series AS series ON series.name = name.id"
                       " JOIN _metric AS last ON last.run = series.run AND last.name = series.name"
                       "   AND last.step = series.last_step AND last.experiment = series.experiment"
                       " WHERE name.name = :name%zu AND last.value %s :number%zu",
                       index, wanted->operation, index);
        break;
    case CKL_WHERE_MODULE:
        buf_add_format(sql,
                       "SELECT state.id FROM _model_module AS module"
                       " JOIN _experiment AS state ON state.model = module.component"
                       " WHERE module.name = :name%zu OR instr(module.entry, :name%zu) > 0",
                       index, index);
        break;
    case CKL_WHERE_TAG:
        buf_add_format(sql, STATES_WITH_TAG, index, index);
        break;
    case CKL_WHERE_CHANGED:
        buf_add_format(sql,
                       "SELECT event.experiment FROM _event AS event"
                       " LEFT JOIN _config_leaf AS new"
                       "   ON new.config = event.config AND new.path = :name%zu"
                       " LEFT JOIN _config_leaf AS old"
                       "   ON old.config = event.from_config AND old.path = :name%zu"
                       " WHERE event.config <> event.from_config AND new.value IS NOT old.value"
                       "   AND event.kind = 'update'",
                       index, index);
        break;
    case CKL_WHERE_RUN:
        buf_add_format(sql,
                       "SELECT experiment FROM _event"
                       " WHERE run = (SELECT id FROM _run WHERE name = :name%zu)",
                       index);
        break;
    }
}

static ckl_status write_sql(buf *sql, const condition_list *list, ckl_error *err)
{
    buf_add_text(sql,
                 "SELECT state.hash, first.at_us, run.name,"
                 " (SELECT text FROM _label WHERE kind = 'name' AND _label.experiment = state.id"
                 "  ORDER BY event DESC LIMIT 1),"
                 " state.dumped IS NOT NULL,"
                 " (SELECT count(*) FROM _checkpoint AS saved"
                 "  WHERE saved.experiment = state.id AND saved.state = 'present'), state.id"
                 " FROM _experiment AS state"
                 " LEFT JOIN _event AS first ON first.seq ="
                 "   (SELECT min(seq) FROM _event WHERE _event.experiment = state.id)"
                 " LEFT JOIN _run AS run ON run.id = first.run WHERE 1");
    for (size_t index = 0; index < list->count; index++) {
        buf_add_text(sql, " AND state.id IN (");
        write_condition(sql, &list->items[index], index);
        buf_add_text(sql, ")");
    }
    buf_add_text(sql, " ORDER BY state.id DESC LIMIT :limit");
    return buf_check(sql, err);
}

/* ---- the cursor ------------------------------------------------------------------------------ */

struct ckl_found_cursor {
    ckl_manager *manager;
    statement row;
    condition_list conditions; /* their texts are bound */
    buf metrics;
};

static void bind_conditions(statement *row, const condition_list *list)
{
    char name[32];
    for (size_t index = 0; index < list->count; index++) {
        const condition *wanted = &list->items[index];
        snprintf(name, sizeof name, ":name%zu", index);
        bind_text(row, name, wanted->name);
        bool by_number = wanted->is_number && !wanted->contains;
        snprintf(name, sizeof name, "%s%zu", by_number ? ":number" : ":value", index);
        if (by_number)
            bind_real(row, name, wanted->number);
        else if (wanted->value != NULL)
            bind_text(row, name, wanted->value);
    }
}

static ckl_status open_cursor(ckl_found_cursor *cursor, const ckl_condition *conditions,
                              size_t count, uint64_t limit, ckl_error *err)
{
    BUF_AUTO sql = BUF_INIT;
    condition_list *list = &cursor->conditions;
    ckl_status status = CKL_OK;
    if (count > CONDITIONS_MOST)
        return error_set(err, CKL_INVALID, "%zu conditions: at most %d", count, CONDITIONS_MOST);
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        status = read_condition(&list->items[list->count++], &conditions[index], err);
        if (status == CKL_OK)
            status = check_known(cursor->manager, &list->items[index], err);
    }
    if (status == CKL_OK)
        status = write_sql(&sql, list, err);
    if (status == CKL_OK)
        status = db_query_once(&cursor->row, cursor->manager->ledger, sql.data, err);
    if (status != CKL_OK)
        return status;
    bind_conditions(&cursor->row, list);
    bind_integer(&cursor->row, ":limit", limit == 0 || limit > INT64_MAX ? -1 : (int64_t)limit);
    return CKL_OK;
}

ckl_status ckl_find(ckl_found_cursor **out, ckl_manager *manager, const ckl_condition *conditions,
                    size_t count, uint64_t limit, ckl_error *err)
{
    ckl_found_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_memory(err);
    cursor->manager = manager;
    ckl_status status = open_cursor(cursor, conditions, count, limit, err);
    if (status != CKL_OK) {
        ckl_found_cursor_close(cursor);
        return status;
    }
    *out = cursor;
    return CKL_OK;
}

/* The last value of each metric, whichever run logged it last. */
static ckl_status read_metrics(ckl_found_cursor *cursor, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, cursor->manager->ledger,
                 "SELECT name.name, last.value, max(last.at_us) FROM _metric_series AS series"
                 " JOIN _metric_name AS name ON name.id = series.name"
                 " JOIN _metric AS last ON last.run = series.run AND last.name = series.name"
                 "   AND last.step = series.last_step AND last.experiment = series.experiment"
                 " WHERE series.experiment = :experiment GROUP BY name.name ORDER BY name.name",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":experiment", column_integer(&cursor->row, 6));
    return query_metrics_json(&cursor->metrics, &row, err);
}

ckl_status ckl_found_next(ckl_found *out, ckl_found_cursor *cursor, ckl_error *err)
{
    const statement *row = &cursor->row;
    ckl_status status = STATEMENT_STEP_WITH(&cursor->row, err, 2);
    if (status == CKL_OK)
        status = read_metrics(cursor, err);
    if (status != CKL_OK)
        return status;
    *out = (ckl_found){.experiment = column_text(row, 0),
                       .at_us = column_integer(row, 1),
                       .run = column_required(row, 2),
                       .name = column_text(row, 3),
                       .dumped = column_integer(row, 4) != 0,
                       .checkpoint_count = (uint64_t)column_integer(row, 5),
                       .metrics = cursor->metrics.data};
    return CKL_OK;
}

void ckl_found_cursor_close(ckl_found_cursor *cursor)
{
    if (cursor == NULL)
        return;
    statement_done(&cursor->row);
    free_conditions(&cursor->conditions);
    buf_free(&cursor->metrics);
    free(cursor);
}
