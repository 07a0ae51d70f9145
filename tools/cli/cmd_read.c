/* status, log, runs, run new, checkpoints, switch, path. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "table.h"

/* ---- status ---------------------------------------------------------------------------------- */

static void status_json(ckl_manager *manager, const ckl_status_info *info)
{
    emit_begin();
    emit_text("root", ckl_manager_root(manager));
    emit_text("run", ckl_manager_run(manager));
    emit_text("experiment", info->experiment.text[0] != '\0' ? info->experiment.text : NULL);
    emit_components("pending", info->pending);
    emit_text("degraded", info->degraded[0] != '\0' ? info->degraded : NULL);
    emit_text("trainer", info->trainer[0] != '\0' ? info->trainer : NULL);
    emit_text("last_dumped", info->last_dumped.text[0] != '\0' ? info->last_dumped.text : NULL);
    if (info->last_checkpoint_step < 0) {
        emit_null("last_checkpoint");
    } else {
        emit_open_object("last_checkpoint");
        emit_integer("step", info->last_checkpoint_step);
        emit_text("path", info->last_checkpoint_path);
        emit_close_object();
    }
    emit_open_object("samples");
    emit_integer("total", (int64_t)info->samples.total);
    emit_integer("discarded", (int64_t)info->samples.discarded);
    emit_integer("tagged", (int64_t)info->samples.tagged);
    emit_close_object();
    emit_end();
}

static void status_text(ckl_manager *manager, const ckl_status_info *info)
{
    char text[512];
    put_line("root", ckl_manager_root(manager));
    put_line("run", ckl_manager_run(manager));
    put_line("experiment",
             info->experiment.text[0] != '\0' ? info->experiment.text : "nothing recorded yet");
    put_line("pending", components_text(info->pending));
    put_line("last dumped", info->last_dumped.text[0] != '\0' ? info->last_dumped.text : "never");
    if (info->last_checkpoint_step >= 0) {
        snprintf(text, sizeof text, "step %lld  %s", (long long)info->last_checkpoint_step,
                 info->last_checkpoint_path);
        put_line("last checkpoint", text);
    }
    snprintf(text, sizeof text, "%llu, %llu discarded, %llu tagged",
             (unsigned long long)info->samples.total, (unsigned long long)info->samples.discarded,
             (unsigned long long)info->samples.tagged);
    put_line("samples", text);
    if (info->trainer[0] != '\0')
        put_line("trainer", info->trainer);
    if (info->degraded[0] != '\0')
        put_line("degraded", info->degraded);
}

static ckl_status print_status(const invocation *call, ckl_manager *manager, ckl_error *err)
{
    ckl_status_info info;
    ckl_status status = ckl_manager_status(&info, manager, err);
    if (status != CKL_OK)
        return status;
    if (call->json)
        status_json(manager, &info);
    else
        status_text(manager, &info);
    return CKL_OK;
}

ckl_status cmd_status(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 0, err);
    return status == CKL_OK ? print_status(call, manager, err) : status;
}

/* ---- switch ---------------------------------------------------------------------------------- */

ckl_status parse_target(char **out, int64_t *step, const char *text, ckl_error *err)
{
    const char *at = strchr(text + (text[0] == '@'), '@');
    *step = -1;
    if (at != NULL) {
        ckl_status status = parse_number(step, at + 1, "step", 0, err);
        if (status != CKL_OK)
            return status;
    }
    *out = strndup(text, at != NULL ? (size_t)(at - text) : strlen(text));
    return *out != NULL ? CKL_OK : fail(err, CKL_NO_MEMORY, "out of memory");
}

ckl_status cmd_switch(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    char *hash = NULL;
    ckl_switch_result result;
    int64_t step = -1;
    (void)exit_code;
    ckl_status status = check_arguments(call, 1, 1, err);
    if (status == CKL_OK)
        status = parse_target(&hash, &step, call->arguments[0], err);
    if (status == CKL_OK)
        status = ckl_manager_switch(&result, manager, hash, step, err);
    if (status == CKL_OK)
        status = print_status(call, manager, err);
    if (status == CKL_OK && result.from.text[0] != '\0' &&
        strcmp(result.from.text, result.experiment.text) != 0)
        fprintf(stderr, "to come back: ckl switch %s\n", result.from.text);
    free(hash);
    return status;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static const table_column RUNS[] = {
    {"name", LEFT}, {"experiment", LEFT}, {"pending", LEFT}, {"last_event_at", LEFT}};

ckl_status cmd_runs(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_run_cursor *cursor = NULL;
    ckl_run_row run;
    table *rows = NULL;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK)
        status = ckl_runs(&cursor, manager, err);
    if (status == CKL_OK)
        status = table_open(&rows, call, "runs", RUNS, sizeof RUNS / sizeof *RUNS, err);
    while (status == CKL_OK && (status = ckl_run_next(&run, cursor, err)) == CKL_OK) {
        table_text(rows, run.name);
        table_text(rows, run.experiment);
        table_components(rows, run.pending);
        table_time(rows, run.last_event_at_us);
    }
    ckl_run_cursor_close(cursor);
    return table_close(rows, status, err);
}

/* Without a first state it can be the first thing that is done in a root; opened by its own name, a
 * bad one shows before a ledger is made. */
static ckl_status open_for_run(ckl_manager **out, const invocation *call, const char *name,
                               bool with_source, ckl_error *err)
{
    invocation by_name = *call;
    by_name.run = name;
    return with_source ? open_to_change(out, call, err) : open_to_write(out, &by_name, err);
}

ckl_status cmd_run(invocation *call, ckl_manager *none, int *exit_code, ckl_error *err)
{
    ckl_hash from = {""};
    char *hash = NULL;
    int64_t step = -1;
    ckl_manager *manager = NULL;
    const char *source = option_value(call, "--from"), *name = NULL;
    (void)none;
    (void)exit_code;
    ckl_status status = check_arguments(call, 2, 2, err);
    if (status == CKL_OK && strcmp(call->arguments[0], "new") != 0)
        status = usage_error(call, err, "ckl run knows 'new', not '%s'", call->arguments[0]);
    if (status == CKL_OK) {
        name = call->arguments[1];
        status = open_for_run(&manager, call, name, source != NULL, err);
    }
    if (status == CKL_OK && source != NULL)
        status = parse_target(&hash, &step, source, err);
    if (status == CKL_OK && source != NULL)
        status = ckl_manager_resolve(&from, manager, hash, err);
    if (status == CKL_OK)
        status = ckl_manager_new_run(manager, name, source, err);
    free(hash);
    ckl_manager_close(manager);
    if (status != CKL_OK)
        return status;
    if (call->json) {
        emit_begin();
        emit_text("name", name);
        emit_text("experiment", source != NULL ? from.text : NULL);
        emit_end();
        return CKL_OK;
    }
    put_line("run", name);
    put_line("experiment", source != NULL ? from.text : "nothing recorded yet");
    return CKL_OK;
}

/* ---- checkpoints, path ----------------------------------------------------------------------- */

static void checkpoint_json(const ckl_checkpoint_row *row)
{
    emit_open_object(NULL);
    emit_integer("seq", row->seq);
    emit_time("at", row->at_us);
    emit_text("run", row->run);
    emit_text("experiment", row->experiment);
    emit_integer("step", row->step);
    emit_text("path", row->path);
    emit_text("state", row->state);
    emit_integer("bytes", row->bytes);
    emit_text("sha256", row->sha256);
    emit_raw("metrics", row->metrics);
    emit_raw("note", row->note);
    emit_text("from_checkpoint", row->from_checkpoint);
    if (row->first_step < 0)
        emit_null("first_step");
    else
        emit_integer("first_step", row->first_step);
    emit_components("pending", row->pending);
    emit_text("origin", row->origin);
    emit_text("file_name", row->file_name);
    emit_close_object();
}

ckl_status print_checkpoints(const invocation *call, ckl_manager *manager, const char *hash,
                             bool all_runs, ckl_error *err)
{
    ckl_checkpoint_cursor *cursor = NULL;
    ckl_checkpoint_row row;
    ckl_status status = ckl_checkpoints(&cursor, manager, hash, all_runs, err);
    if (status != CKL_OK)
        return status;
    if (call->json)
        emit_open_array("checkpoints");
    while ((status = ckl_checkpoint_next(&row, cursor, err)) == CKL_OK) {
        if (call->json) {
            checkpoint_json(&row);
            continue;
        }
        printf("  %8lld  %-9s%12lld bytes  ", (long long)row.step, row.state, (long long)row.bytes);
        put(row.metrics);
        fputs("  ", stdout);
        put(row.path);
        putchar('\n');
    }
    ckl_checkpoint_cursor_close(cursor);
    if (call->json)
        emit_close_array();
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status cmd_checkpoints(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_hash found;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 1, err);
    const char *hash = call->argument_count > 0 ? call->arguments[0] : NULL;
    if (status == CKL_OK && hash != NULL)
        status = ckl_manager_resolve(&found, manager, hash, err);
    if (status != CKL_OK)
        return status;
    if (call->json)
        emit_begin();
    status = print_checkpoints(call, manager, hash != NULL ? found.text : NULL,
                               hash != NULL || option_given(call, "--all"), err);
    if (call->json)
        emit_end();
    return status;
}

static const char *below_root(const char *path, const char *root)
{
    size_t size = strlen(root);
    if (strncmp(path, root, size) == 0)
        path += size;
    return path + strspn(path, "/");
}

ckl_status cmd_path(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *text = option_value(call, "--step"), *best = option_value(call, "--best");
    const char *near = option_value(call, "--nearest");
    bool latest = option_given(call, "--latest");
    int64_t step = 0;
    char *path = NULL, *copy = NULL;
    ckl_choice choice = CKL_LATEST;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 1, err);
    if (status == CKL_OK && (text != NULL) + (near != NULL) + (best != NULL) + latest != 1)
        status =
            usage_error(call, err, "ckl path needs one of --step, --nearest, --latest and --best");
    if (status == CKL_OK && best == NULL && option_given(call, "--highest"))
        status = usage_error(call, err, "--highest goes with --best METRIC");
    if (status == CKL_OK && (text != NULL || near != NULL)) {
        choice = text != NULL ? CKL_AT_STEP : CKL_NEAREST;
        status = parse_number(&step, text != NULL ? text : near, "step", 0, err);
    }
    if (best != NULL)
        choice = option_given(call, "--highest") ? CKL_BEST_HIGHEST : CKL_BEST_LOWEST;
    const char *hash = call->argument_count > 0 ? call->arguments[0] : NULL;
    const char *to = option_value(call, "-o");
    if (status == CKL_OK)
        status = ckl_manager_checkpoint_path(&path, manager, hash, choice, step, best, err);
    if (status == CKL_OK && to != NULL)
        status = ckl_manager_copy_checkpoint(&copy, manager, hash, choice, step, best, to, err);
    if (status == CKL_OK && call->json) {
        emit_begin();
        emit_text("path", below_root(path, ckl_manager_root(manager)));
        if (to != NULL)
            emit_text("copy", copy);
        emit_end();
    } else if (status == CKL_OK) {
        printf("%s\n", to != NULL ? copy : path);
    }
    ckl_free(copy);
    ckl_free(path);
    return status;
}
