/* merge: histories of other ledgers. */
#include <stdlib.h>

#include "table.h"

static const table_column COLUMNS[] = {{"ledger", LEFT},       {"runs", RIGHT},
                                       {"events", RIGHT},      {"new_events", RIGHT},
                                       {"experiments", RIGHT}, {"aliases", RIGHT}};

static ckl_status print_results(const invocation *call, const ckl_merge_result *results,
                                ckl_error *err)
{
    table *rows = NULL;
    ckl_status status =
        table_open(&rows, call, "merged", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, err);
    for (size_t index = 0; status == CKL_OK && index < call->argument_count; index++) {
        table_text(rows, call->arguments[index]);
        table_integer(rows, (int64_t)results[index].run_count);
        table_integer(rows, (int64_t)results[index].event_count);
        table_integer(rows, (int64_t)results[index].new_event_count);
        table_integer(rows, (int64_t)results[index].experiment_count);
        table_integer(rows, (int64_t)results[index].alias_count);
    }
    return table_close(rows, status, err);
}

ckl_status cmd_merge(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_merge_options options = {.as = option_value(call, "--as"),
                                 .reason = option_value(call, "--reason")};
    ckl_status status = CKL_OK;
    size_t done = 0;
    (void)exit_code;
    if (call->argument_count == 0)
        return usage_error(call, err, "ckl merge needs the folder of another ledger");
    if (options.as != NULL && call->argument_count > 1)
        return usage_error(call, err, "--as names the runs of one ledger, not of %zu",
                           call->argument_count);
    ckl_merge_result *results = calloc(call->argument_count, sizeof *results);
    if (results == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    while (status == CKL_OK && done < call->argument_count) {
        status = ckl_merge(&results[done], manager, call->arguments[done], &options, err);
        done += status == CKL_OK;
    }
    if (status == CKL_OK)
        status = print_results(call, results, err);
    else if (done > 0 && err->hint[0] == '\0')
        snprintf(err->hint, sizeof err->hint, "the %zu before it were merged", done);
    free(results);
    return status;
}
