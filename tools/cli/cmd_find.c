/* find: the states for which all conditions hold. */
#include <stdlib.h>
#include <string.h>

#include "table.h"

static const table_column COLUMNS[] = {
    {"experiment", LEFT}, {"at", LEFT},           {"run", LEFT},     {"name", LEFT},
    {"dumped", LEFT},     {"checkpoints", RIGHT}, {"metrics", LEFT},
};

static ckl_status collect(ckl_condition **out, size_t *count, const invocation *call,
                          ckl_error *err)
{
    static const struct {
        const char *option;
        ckl_condition_kind kind;
    } KINDS[] = {{"--config", CKL_WHERE_CONFIG},
                 {"--metric", CKL_WHERE_METRIC},
                 {"--model-module", CKL_WHERE_MODULE},
                 {"--tag", CKL_WHERE_TAG},
                 {"--changed", CKL_WHERE_CHANGED}};
    ckl_condition *conditions = calloc(call->repeated_count + 1, sizeof *conditions);
    if (conditions == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    for (size_t index = 0; index < call->repeated_count; index++) {
        for (size_t kind = 0; kind < sizeof KINDS / sizeof *KINDS; kind++) {
            if (repeated_is(call, index, KINDS[kind].option))
                conditions[(*count)++] = (ckl_condition){KINDS[kind].kind, call->repeated[index]};
        }
    }
    if (call->run != NULL)
        conditions[(*count)++] = (ckl_condition){CKL_WHERE_RUN, call->run};
    *out = conditions;
    return CKL_OK;
}

static void put_found(table *rows, const ckl_found *found)
{
    table_text(rows, found->experiment);
    table_time(rows, found->at_us);
    table_text(rows, found->run);
    table_text(rows, found->name);
    table_boolean(rows, found->dumped);
    table_integer(rows, (int64_t)found->checkpoint_count);
    table_json(rows, found->metrics);
}

ckl_status cmd_find(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_condition *conditions = NULL;
    size_t count = 0;
    ckl_found_cursor *cursor = NULL;
    ckl_found found;
    table *rows = NULL;
    int64_t limit = is_for_people(call) ? 20 : 0;
    const char *given = option_value(call, "--limit");
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK && given != NULL)
        status = parse_number(&limit, given, "limit", 0, err);
    if (status == CKL_OK)
        status = collect(&conditions, &count, call, err);
    if (status == CKL_OK)
        status = ckl_find(&cursor, manager, conditions, count, (uint64_t)limit, err);
    if (status == CKL_OK)
        status =
            table_open(&rows, call, "experiments", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, err);
    while (status == CKL_OK && (status = ckl_found_next(&found, cursor, err)) == CKL_OK)
        put_found(rows, &found);
    ckl_found_cursor_close(cursor);
    free(conditions);
    if (rows != NULL && table_row_count(rows) == 0)
        *exit_code = 1;
    return table_close(rows, status, err);
}
