/* sample, audit: what happened to samples. */
#include <string.h>

#include "table.h"

static const table_column COLUMNS[] = {
    {"seq", RIGHT},   {"at", LEFT},         {"run", LEFT},          {"uid", LEFT},
    {"change", LEFT}, {"tags_added", LEFT}, {"tags_removed", LEFT}, {"experiment", LEFT},
    {"actor", LEFT},  {"reason", LEFT},
};
static const table_column LIFE[] = {
    {"seq", RIGHT},       {"at", LEFT},    {"run", LEFT},        {"change", LEFT},
    {"discarded", LEFT},  {"tags", LEFT},  {"tags_added", LEFT}, {"tags_removed", LEFT},
    {"experiment", LEFT}, {"actor", LEFT}, {"reason", LEFT},
};

/* People see nothing where there is nothing; programs an empty text. */
static void put_tags(table *rows, const invocation *call, const char *tags)
{
    table_text(rows, tags != NULL && tags[0] == '\0' && is_for_people(call) ? NULL : tags);
}

static void put_change(table *rows, const invocation *call, const ckl_sample_change *change)
{
    table_integer(rows, change->seq);
    table_time(rows, change->at_us);
    table_text(rows, change->run);
    table_text(rows, change->uid);
    table_text(rows, change->change);
    put_tags(rows, call, change->tags_added);
    put_tags(rows, call, change->tags_removed);
    table_text(rows, change->experiment);
    table_text(rows, change->actor);
    table_text(rows, change->reason);
}

static void put_life(table *rows, const invocation *call, const ckl_sample_change *change)
{
    table_integer(rows, change->seq);
    table_time(rows, change->at_us);
    table_text(rows, change->run);
    table_text(rows, change->change);
    if (change->discarded_to < 0)
        table_null(rows);
    else
        table_boolean(rows, change->discarded_to == 1);
    put_tags(rows, call, change->tags);
    put_tags(rows, call, change->tags_added);
    put_tags(rows, call, change->tags_removed);
    table_text(rows, change->experiment);
    table_text(rows, change->actor);
    table_text(rows, change->reason);
}

ckl_status cmd_sample(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_sample_change_filter filter = {.oldest_first = true};
    ckl_sample_change_cursor *cursor = NULL;
    ckl_sample_change change;
    table *rows = NULL;
    (void)exit_code;
    ckl_status status = check_arguments(call, 1, 1, err);
    if (status != CKL_OK)
        return status;
    filter.uid = call->arguments[0];
    filter.run = call->run;
    status = ckl_sample_changes(&cursor, manager, &filter, err);
    if (status == CKL_OK)
        status = table_open(&rows, call, "history", LIFE, sizeof LIFE / sizeof *LIFE, err);
    while (status == CKL_OK && (status = ckl_sample_change_next(&change, cursor, err)) == CKL_OK)
        put_life(rows, call, &change);
    ckl_sample_change_cursor_close(cursor);
    return table_close(rows, status, err);
}

static ckl_status read_filter(ckl_sample_change_filter *out, const invocation *call, ckl_error *err)
{
    const char *since = option_value(call, "--since"), *until = option_value(call, "--until");
    const char *limit = option_value(call, "--limit");
    int64_t number = is_for_people(call) ? 50 : 0;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK && since != NULL)
        status = ckl_time_parse(&out->since_us, since, err);
    if (status == CKL_OK && until != NULL)
        status = ckl_time_parse(&out->until_us, until, err);
    if (status == CKL_OK && limit != NULL)
        status = parse_number(&number, limit, "limit", 0, err);
    out->uid = option_value(call, "--uid");
    out->tag = option_value(call, "--tag");
    out->action = option_value(call, "--action");
    out->actor = option_value(call, "--actor");
    out->run = call->run;
    out->limit = (uint64_t)number;
    return status;
}

ckl_status cmd_audit(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_sample_change_filter filter = {0};
    ckl_sample_change_cursor *cursor = NULL;
    ckl_sample_change change;
    table *rows = NULL;
    (void)exit_code;
    ckl_status status = read_filter(&filter, call, err);
    if (status == CKL_OK)
        status = ckl_sample_changes(&cursor, manager, &filter, err);
    if (status == CKL_OK)
        status = table_open(&rows, call, "changes", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, err);
    while (status == CKL_OK && (status = ckl_sample_change_next(&change, cursor, err)) == CKL_OK)
        put_change(rows, call, &change);
    ckl_sample_change_cursor_close(cursor);
    bool more = rows != NULL && filter.limit > 0 && table_row_count(rows) == filter.limit;
    status = table_close(rows, status, err);
    if (status == CKL_OK && more && is_for_people(call) && option_value(call, "--limit") == NULL)
        fprintf(stderr, "the newest %llu; more: --limit N, 0 for all\n",
                (unsigned long long)filter.limit);
    return status;
}
