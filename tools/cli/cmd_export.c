/* export, schema: the views, whole or explained. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "table.h"

static ckl_status bind_view(ckl_sql *rows, const char *view, ckl_error *err)
{
    ckl_sql_value value = {.type = CKL_SQL_TEXT, .text = view, .size = strlen(view)};
    return ckl_sql_bind(rows, 1, &value, err);
}

/* The names of views: only those that stand in `about`. */
static ckl_status check_view(ckl_manager *manager, const char *view, ckl_error *err)
{
    ckl_sql *rows = NULL;
    const ckl_sql_value *row = NULL;
    ckl_status status =
        ckl_sql_open(&rows, manager, "SELECT 1 FROM about WHERE \"view\" = ?", NULL, err);
    if (status == CKL_OK)
        status = bind_view(rows, view, err);
    if (status == CKL_OK)
        status = ckl_sql_next(&row, rows, err);
    ckl_sql_close(rows);
    if (status != CKL_DONE)
        return status;
    fail(err, CKL_NOT_FOUND, "there is no view '%s'", view);
    snprintf(err->hint, sizeof err->hint, "see which there are: ckl schema");
    return CKL_NOT_FOUND;
}

/* ---- schema ---------------------------------------------------------------------------------- */

ckl_status cmd_schema(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_sql *rows = NULL;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 1, err);
    const char *view = call->argument_count > 0 ? call->arguments[0] : NULL;
    if (status == CKL_OK && view != NULL)
        status = check_view(manager, view, err);
    if (status == CKL_OK)
        status = ckl_sql_open(&rows, manager,
                              view == NULL ? "SELECT \"view\", meaning FROM about"
                                             " WHERE \"column\" IS NULL ORDER BY \"view\""
                                           : "SELECT \"column\", meaning FROM about"
                                             " WHERE \"view\" = ? AND \"column\" IS NOT NULL",
                              NULL, err);
    if (status == CKL_OK && view != NULL)
        status = bind_view(rows, view, err);
    if (status == CKL_OK)
        status = print_sql_rows(call, rows, err);
    ckl_sql_close(rows);
    return status;
}

/* ---- export ---------------------------------------------------------------------------------- */

/* All rows, ordered by all columns: the same history gives the same bytes. */
static ckl_status print_view(const invocation *call, ckl_manager *manager, const char *view,
                             ckl_error *err)
{
    static const ckl_sql_options PATIENT = {.time_limit_ms = -1};
    char sql[512];
    ckl_sql *rows = NULL;
    int size = snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", view);
    ckl_status status = ckl_sql_open(&rows, manager, sql, &PATIENT, err);
    if (status != CKL_OK)
        return status;
    for (size_t column = 1; column <= ckl_sql_column_count(rows); column++)
        size += snprintf(sql + size, sizeof sql - (size_t)size, "%s%zu",
                         column == 1 ? " ORDER BY " : ", ", column);
    ckl_sql_close(rows);
    status = ckl_sql_open(&rows, manager, sql, &PATIENT, err);
    if (status == CKL_OK)
        status = print_sql_rows(call, rows, err);
    ckl_sql_close(rows);
    return status;
}

static ckl_status cannot_write(const char *path, ckl_error *err)
{
    return fail(err, errno == ENOSPC || errno == EDQUOT ? CKL_NO_SPACE : CKL_IO,
                "could not write '%s': %s", path, strerror(errno));
}

/* One view as a file: written beside it, and renamed into place when it is whole. */
static ckl_status export_to_file(const invocation *call, ckl_manager *manager, const char *view,
                                 const char *folder, ckl_error *err)
{
    char path[4096], part[4110];
    const char *ending = call->format == FORMAT_JSON_LINES ? "jsonl"
                         : call->format == FORMAT_TSV      ? "tsv"
                         : call->format == FORMAT_MARKDOWN ? "md"
                                                           : "csv";
    if ((size_t)snprintf(path, sizeof path, "%s/%s.%s", folder, view, ending) >= sizeof path)
        return fail(err, CKL_INVALID, "the name of the folder is too long");
    snprintf(part, sizeof part, "%s.part", path);
    if (freopen(part, "w", stdout) == NULL)
        return cannot_write(part, err);
    ckl_status status = print_view(call, manager, view, err);
    if (status == CKL_OK && (!emit_finish() || fsync(STDOUT_FILENO) != 0))
        status = cannot_write(part, err);
    if (status == CKL_OK && rename(part, path) != 0)
        status = cannot_write(path, err);
    if (status != CKL_OK)
        unlink(part);
    return status;
}

/* The views that are named, or all. *out is one block, the caller's (free). */
static ckl_status list_views(char (**out)[64], size_t *count, const invocation *call,
                             ckl_manager *manager, ckl_error *err)
{
    ckl_sql *rows = NULL;
    const ckl_sql_value *row = NULL;
    size_t most = call->argument_count > 0 ? call->argument_count : 200;
    char(*views)[64] = calloc(most, sizeof *views);
    ckl_status status = views != NULL ? CKL_OK : fail(err, CKL_NO_MEMORY, "out of memory");
    for (size_t index = 0; status == CKL_OK && index < call->argument_count; index++) {
        status = check_view(manager, call->arguments[index], err);
        snprintf(views[(*count)++], sizeof *views, "%s", call->arguments[index]);
    }
    if (status == CKL_OK && call->argument_count == 0)
        status = ckl_sql_open(&rows, manager,
                              "SELECT DISTINCT \"view\" FROM about ORDER BY \"view\"", NULL, err);
    while (rows != NULL && status == CKL_OK && *count < most &&
           (status = ckl_sql_next(&row, rows, err)) == CKL_OK)
        snprintf(views[(*count)++], sizeof *views, "%s", row[0].text);
    ckl_sql_close(rows);
    *out = views;
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status cmd_export(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *folder = option_value(call, "--output");
    char(*views)[64] = NULL;
    size_t count = 0;
    (void)exit_code;
    if (folder == NULL && call->argument_count != 1)
        return usage_error(call, err, "ckl export needs one view, or --output FOLDER for several");
    if (!call->format_given && !call->json)
        call->format = FORMAT_CSV;
    if (folder != NULL && call->json)
        return usage_error(call, err, "--output goes with --format, not with --json");
    ckl_status status = list_views(&views, &count, call, manager, err);
    if (status == CKL_OK && folder != NULL && mkdir(folder, 0777) != 0 && errno != EEXIST)
        status = fail(err, CKL_IO, "could not make the folder '%s': %s", folder, strerror(errno));
    for (size_t index = 0; status == CKL_OK && index < count; index++)
        status = folder != NULL ? export_to_file(call, manager, views[index], folder, err)
                                : print_view(call, manager, views[index], err);
    free(views);
    if (status == CKL_OK && folder != NULL)
        fprintf(stderr, "%zu views written to %s\n", count, folder);
    return status;
}
