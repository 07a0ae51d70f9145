/* ckl_diff and its relatives: how two states differ, in models, configurations and samples. */
#include <string.h>

#include "extension.h"

enum { ARGUMENT_A, ARGUMENT_B, ARGUMENT_RUN };

typedef enum diff_part { PART_MODEL, PART_CONFIG, PART_DATA, PART_END } diff_part;

typedef enum change_kind { KIND_ADDED, KIND_REMOVED, KIND_CHANGED, KIND_COUNT } change_kind;

typedef struct diff_cursor {
    extension_cursor base;
    extension_experiment from, to;
    diff_part part;
    sqlite3_stmt *entries; /* of models or configurations: name, change, from, to */
    sample_stream samples;
    sample_change sample;
    int64_t modules[KIND_COUNT], values[KIND_COUNT]; /* of ckl_diff_stat */
    int64_t added, removed, discarded, restored, tagged, untagged;
} diff_cursor;

/* ---- which two states ------------------------------------------------------------------------ */

int extension_find_sides(extension_experiment *from, extension_experiment *to,
                         extension_reader *reader, const extension_sides *sides, ckl_error *err)
{
    extension_experiment head = {0}, baseline = {0};
    bool pending = sides->from_given && !sides->to_given && sides->from != NULL &&
                   strcmp(sides->from, "PENDING") == 0;
    *from = *to = (extension_experiment){0};
    int result = SQLITE_OK;
    if (!sides->from_given || !sides->to_given)
        result = reader_head(&head, &baseline, reader, sides->run, err);
    if (result == SQLITE_OK && (!sides->from_given || pending))
        *from = baseline;
    else if (result == SQLITE_OK && sides->from != NULL)
        result = reader_resolve(from, reader, sides->from, sides->run, err);
    if (result == SQLITE_OK && !sides->to_given)
        *to = head;
    else if (result == SQLITE_OK && sides->to != NULL)
        result = reader_resolve(to, reader, sides->to, sides->run, err);
    return result;
}

/* ---- models and configurations --------------------------------------------------------------- */

static const char SELECT_MODULES[] =
    "SELECT CASE new.name WHEN '' THEN '(class)' ELSE new.name END,"
    "       CASE WHEN old.name IS NULL THEN 'added' ELSE 'changed' END, old.entry, new.entry"
    " FROM main._model_module AS new"
    " LEFT JOIN main._model_module AS old ON old.component = ?1 AND old.name = new.name"
    " WHERE new.component = ?2 AND old.entry IS NOT new.entry"
    " UNION ALL"
    " SELECT CASE old.name WHEN '' THEN '(class)' ELSE old.name END, 'removed', old.entry, NULL"
    " FROM main._model_module AS old"
    " LEFT JOIN main._model_module AS new ON new.component = ?2 AND new.name = old.name"
    " WHERE old.component = ?1 AND new.name IS NULL";

/* What is ignored on both sides does not count. */
static const char SELECT_VALUES[] =
    "SELECT new.path, CASE WHEN old.path IS NULL THEN 'added' ELSE 'changed' END,"
    "       old.value, new.value"
    " FROM main._config_leaf AS new"
    " LEFT JOIN main._config_leaf AS old ON old.config = ?1 AND old.path = new.path"
    " WHERE new.config = ?2 AND old.value IS NOT new.value"
    "   AND NOT (new.ignored AND ifnull(old.ignored, 1))"
    " UNION ALL"
    " SELECT old.path, 'removed', old.value, NULL"
    " FROM main._config_leaf AS old"
    " LEFT JOIN main._config_leaf AS new ON new.config = ?2 AND new.path = old.path"
    " WHERE old.config = ?1 AND new.path IS NULL AND NOT old.ignored";

static int open_entries(diff_cursor *cursor, const char *sql, int64_t from, int64_t to,
                        ckl_error *err)
{
    int result = reader_prepare(&cursor->entries, cursor->base.reader, sql, err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(cursor->entries, 1, from);
    sqlite3_bind_int64(cursor->entries, 2, to);
    return SQLITE_OK;
}

static int open_values(diff_cursor *cursor, ckl_error *err)
{
    const char *run = cursor_text(&cursor->base, ARGUMENT_RUN);
    int64_t from = 0, to = 0;
    int result = reader_content(&from, cursor->base.reader, &cursor->from, run, err);
    if (result == SQLITE_OK)
        result = reader_content(&to, cursor->base.reader, &cursor->to, run, err);
    return result == SQLITE_OK ? open_entries(cursor, SELECT_VALUES, from, to, err) : result;
}

/* ---- going on -------------------------------------------------------------------------------- */

static void close_part(diff_cursor *cursor)
{
    sqlite3_finalize(cursor->entries);
    cursor->entries = NULL;
    stream_close(&cursor->samples);
}

/* Opens what `part` reads; where the component is the same there is nothing. */
static int open_part(diff_cursor *cursor, diff_part part, ckl_error *err)
{
    close_part(cursor);
    cursor->part = part;
    if (part == PART_MODEL && cursor->from.model != cursor->to.model)
        return open_entries(cursor, SELECT_MODULES, cursor->from.model, cursor->to.model, err);
    if (part == PART_CONFIG && cursor->from.config != cursor->to.config)
        return open_values(cursor, err);
    if (part == PART_DATA)
        return stream_open(&cursor->samples, cursor->base.reader, cursor->from.data,
                           cursor->to.data, cursor->base.uid, err);
    return SQLITE_OK;
}

/* SQLITE_ROW: the next difference of the open part. */
static int next_of_part(diff_cursor *cursor, ckl_error *err)
{
    if (cursor->part == PART_DATA)
        return stream_next(&cursor->sample, &cursor->samples, err);
    if (cursor->entries == NULL)
        return SQLITE_DONE;
    return reader_step(cursor->base.reader, cursor->entries, err);
}

/* The next row of the parts up to `last`. */
static int next_up_to(diff_cursor *cursor, diff_part last, ckl_error *err)
{
    for (;;) {
        int result = next_of_part(cursor, err);
        if (result == SQLITE_ROW)
            return SQLITE_OK;
        if (result == SQLITE_DONE && cursor->part == last) {
            close_part(cursor);
            cursor->base.at_end = true;
            return SQLITE_OK;
        }
        if (result == SQLITE_DONE)
            result = open_part(cursor, cursor->part + 1, err);
        if (result != SQLITE_OK)
            return result;
    }
}

static int find_states(diff_cursor *cursor, ckl_error *err)
{
    const extension_sides sides = {.from = cursor_text(&cursor->base, ARGUMENT_A),
                                   .to = cursor_text(&cursor->base, ARGUMENT_B),
                                   .run = cursor_text(&cursor->base, ARGUMENT_RUN),
                                   .from_given = cursor->base.arguments[ARGUMENT_A] != NULL,
                                   .to_given = cursor->base.arguments[ARGUMENT_B] != NULL};
    return extension_find_sides(&cursor->from, &cursor->to, cursor->base.reader, &sides, err);
}

static int begin(extension_cursor *base, diff_part first, diff_part last, ckl_error *err)
{
    diff_cursor *cursor = (diff_cursor *)base;
    int result = find_states(cursor, err);
    if (result == SQLITE_OK)
        result = open_part(cursor, first, err);
    return result == SQLITE_OK ? next_up_to(cursor, last, err) : result;
}

static void diff_close(extension_cursor *base)
{
    close_part((diff_cursor *)base);
}

static int entry_column(diff_cursor *cursor, sqlite3_context *result, int column)
{
    sqlite3_result_value(result, sqlite3_column_value(cursor->entries, column));
    return SQLITE_OK;
}

static int result_name(sqlite3_context *result, diff_cursor *cursor, ckl_error *err)
{
    const char *name = NULL;
    int found = sample_change_name(&name, cursor->base.reader, &cursor->sample, err);
    if (found == SQLITE_OK)
        sqlite3_result_text(result, name, -1, SQLITE_STATIC);
    return found;
}

/* ---- ckl_diff -------------------------------------------------------------------------------- */

static int diff_filter(extension_cursor *cursor, ckl_error *err)
{
    return begin(cursor, PART_MODEL, PART_DATA, err);
}

static int diff_next(extension_cursor *cursor, ckl_error *err)
{
    return next_up_to((diff_cursor *)cursor, PART_DATA, err);
}

static int diff_column(extension_cursor *base, sqlite3_context *result, int column, ckl_error *err)
{
    static const char *const NAMES[] = {"model", "config", "data"};
    diff_cursor *cursor = (diff_cursor *)base;
    const sample_change *sample = &cursor->sample;
    if (column == 0) {
        sqlite3_result_text(result, NAMES[cursor->part], -1, SQLITE_STATIC);
        return SQLITE_OK;
    }
    if (cursor->part != PART_DATA)
        return entry_column(cursor, result, column - 1);
    switch (column) {
    case 1:
        return result_uid(result, base->reader, sample->sample, err);
    case 2:
        return result_name(result, cursor, err);
    case 3:
        return result_record(result, base->reader, sample->old_discarded, sample->old_tagset, err);
    default:
        return result_record(result, base->reader, sample->new_discarded, sample->new_tagset, err);
    }
}

#define ARGUMENTS_OF_DIFF "a HIDDEN, b HIDDEN, run HIDDEN"

const extension_kind EXTENSION_DIFF = {
    .name = "ckl_diff",
    .declaration = "CREATE TABLE ckl_diff (component TEXT, item TEXT, change TEXT,"
                   " value_from TEXT, value_to TEXT, " ARGUMENTS_OF_DIFF ")",
    .visible = 5,
    .arguments = 3,
    .uid_column = -1,
    .cursor_size = sizeof(diff_cursor),
    .filter = diff_filter,
    .next = diff_next,
    .column = diff_column,
    .close = diff_close,
};

/* ---- ckl_model_diff, ckl_config_diff --------------------------------------------------------- */

static int model_filter(extension_cursor *cursor, ckl_error *err)
{
    return begin(cursor, PART_MODEL, PART_MODEL, err);
}

static int config_filter(extension_cursor *cursor, ckl_error *err)
{
    return begin(cursor, PART_CONFIG, PART_CONFIG, err);
}

static int entry_next(extension_cursor *base, ckl_error *err)
{
    diff_cursor *cursor = (diff_cursor *)base;
    return next_up_to(cursor, cursor->part, err);
}

static int entries_column(extension_cursor *cursor, sqlite3_context *result, int column,
                          ckl_error *err)
{
    (void)err;
    return entry_column((diff_cursor *)cursor, result, column);
}

const extension_kind EXTENSION_MODEL_DIFF = {
    .name = "ckl_model_diff",
    .declaration = "CREATE TABLE ckl_model_diff (module TEXT, change TEXT, entry_from TEXT,"
                   " entry_to TEXT, " ARGUMENTS_OF_DIFF ")",
    .visible = 4,
    .arguments = 3,
    .uid_column = -1,
    .cursor_size = sizeof(diff_cursor),
    .filter = model_filter,
    .next = entry_next,
    .column = entries_column,
    .close = diff_close,
};

const extension_kind EXTENSION_CONFIG_DIFF = {
    .name = "ckl_config_diff",
    .declaration = "CREATE TABLE ckl_config_diff (path TEXT, change TEXT, value_from TEXT,"
                   " value_to TEXT, " ARGUMENTS_OF_DIFF ")",
    .visible = 4,
    .arguments = 3,
    .uid_column = -1,
    .cursor_size = sizeof(diff_cursor),
    .filter = config_filter,
    .next = entry_next,
    .column = entries_column,
    .close = diff_close,
};

/* ---- ckl_sample_diff ------------------------------------------------------------------------- */

static int sample_filter(extension_cursor *cursor, ckl_error *err)
{
    return begin(cursor, PART_DATA, PART_DATA, err);
}

static int sample_column(extension_cursor *base, sqlite3_context *result, int column,
                         ckl_error *err)
{
    diff_cursor *cursor = (diff_cursor *)base;
    const sample_change *sample = &cursor->sample;
    switch (column) {
    case 0:
        return result_uid(result, base->reader, sample->sample, err);
    case 1:
        return result_name(result, cursor, err);
    case 2:
    case 3:
        result_discarded(result, column == 2 ? sample->old_discarded : sample->new_discarded);
        return SQLITE_OK;
    case 4:
        return result_tags_without(result, base->reader, sample->new_tagset, sample->old_tagset,
                                   err);
    case 5:
        return result_tags_without(result, base->reader, sample->old_tagset, sample->new_tagset,
                                   err);
    default:
        return result_tags(result, base->reader,
                           column == 6 ? sample->old_tagset : sample->new_tagset, err);
    }
}

const extension_kind EXTENSION_SAMPLE_DIFF = {
    .name = "ckl_sample_diff",
    .declaration = "CREATE TABLE ckl_sample_diff (uid TEXT, change TEXT, discarded_from INTEGER,"
                   " discarded_to INTEGER, tags_added TEXT, tags_removed TEXT, tags_from TEXT,"
                   " tags_to TEXT, " ARGUMENTS_OF_DIFF ")",
    .visible = 8,
    .arguments = 3,
    .uid_column = 0,
    .cursor_size = sizeof(diff_cursor),
    .filter = sample_filter,
    .next = entry_next,
    .column = sample_column,
    .close = diff_close,
};

/* ---- ckl_diff_stat --------------------------------------------------------------------------- */

static int count_sample(diff_cursor *cursor, ckl_error *err)
{
    const sample_change *sample = &cursor->sample;
    bool came = false, went = false;
    if (sample->old_discarded < 0 || sample->new_discarded < 0) {
        cursor->added += sample->old_discarded < 0;
        cursor->removed += sample->new_discarded < 0;
        return SQLITE_OK;
    }
    int result = sample_tags_moved(&came, &went, cursor->base.reader, sample, err);
    cursor->discarded += sample->old_discarded < sample->new_discarded;
    cursor->restored += sample->old_discarded > sample->new_discarded;
    cursor->tagged += came;
    cursor->untagged += went;
    return result;
}

static int count_entry(diff_cursor *cursor)
{
    int64_t *counts = cursor->part == PART_MODEL ? cursor->modules : cursor->values;
    if (sqlite3_column_type(cursor->entries, 2) == SQLITE_NULL)
        counts[KIND_ADDED]++;
    else if (sqlite3_column_type(cursor->entries, 3) == SQLITE_NULL)
        counts[KIND_REMOVED]++;
    else
        counts[KIND_CHANGED]++;
    return SQLITE_OK;
}

static int stat_filter(extension_cursor *base, ckl_error *err)
{
    diff_cursor *cursor = (diff_cursor *)base;
    memset(cursor->modules, 0, sizeof cursor->modules);
    memset(cursor->values, 0, sizeof cursor->values);
    cursor->added = cursor->removed = cursor->discarded = 0;
    cursor->restored = cursor->tagged = cursor->untagged = 0;
    int result = begin(base, PART_MODEL, PART_DATA, err);
    while (result == SQLITE_OK && !base->at_end) {
        result = cursor->part == PART_DATA ? count_sample(cursor, err) : count_entry(cursor);
        if (result == SQLITE_OK)
            result = next_up_to(cursor, PART_DATA, err);
    }
    base->at_end = false; /* one row */
    return result;
}

static int stat_next(extension_cursor *cursor, ckl_error *err)
{
    (void)err;
    cursor->at_end = true;
    return SQLITE_OK;
}

static void result_changed(sqlite3_context *result, const diff_cursor *cursor)
{
    char text[24] = "";
    if (cursor->from.model != cursor->to.model)
        strcat(text, ",model");
    if (cursor->from.config != cursor->to.config)
        strcat(text, ",config");
    if (cursor->from.data != cursor->to.data)
        strcat(text, ",data");
    sqlite3_result_text(result, text[0] == ',' ? text + 1 : text, -1, SQLITE_TRANSIENT);
}

static int stat_column(extension_cursor *base, sqlite3_context *result, int column, ckl_error *err)
{
    const diff_cursor *cursor = (const diff_cursor *)base;
    const int64_t counts[] = {cursor->modules[KIND_ADDED],
                              cursor->modules[KIND_REMOVED],
                              cursor->modules[KIND_CHANGED],
                              cursor->values[KIND_ADDED],
                              cursor->values[KIND_REMOVED],
                              cursor->values[KIND_CHANGED],
                              cursor->added,
                              cursor->removed,
                              cursor->discarded,
                              cursor->restored,
                              cursor->tagged,
                              cursor->untagged};
    const char *hash = column == 0 ? cursor->from.hash : cursor->to.hash;
    (void)err;
    if (column >= 3)
        sqlite3_result_int64(result, counts[column - 3]);
    else if (column == 2)
        result_changed(result, cursor);
    else if (hash[0] != '\0')
        sqlite3_result_text(result, hash, -1, SQLITE_TRANSIENT);
    return SQLITE_OK;
}

const extension_kind EXTENSION_DIFF_STAT = {
    .name = "ckl_diff_stat",
    .declaration =
        "CREATE TABLE ckl_diff_stat (from_experiment TEXT, to_experiment TEXT, changed TEXT,"
        " modules_added INTEGER, modules_removed INTEGER, modules_changed INTEGER,"
        " values_added INTEGER, values_removed INTEGER, values_changed INTEGER,"
        " samples_added INTEGER, samples_removed INTEGER, samples_discarded INTEGER,"
        " samples_restored INTEGER, samples_tagged INTEGER, samples_untagged INTEGER,"
        " " ARGUMENTS_OF_DIFF ")",
    .visible = 15,
    .arguments = 3,
    .uid_column = -1,
    .cursor_size = sizeof(diff_cursor),
    .filter = stat_filter,
    .next = stat_next,
    .column = stat_column,
    .close = diff_close,
};
