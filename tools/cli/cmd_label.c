/* name, note: what people call states, and write to them. */
#include <string.h>

#include "table.h"

static const table_column NAMES[] = {
    {"experiment", LEFT}, {"name", LEFT},  {"at", LEFT},
    {"current", LEFT},    {"actor", LEFT}, {"reason", LEFT},
};
static const table_column NOTES[] = {
    {"experiment", LEFT}, {"at", LEFT},     {"current", LEFT},
    {"actor", LEFT},      {"reason", LEFT}, {"note", LEFT},
};

static void put_label(table *rows, const ckl_label *label, ckl_label_kind kind)
{
    table_text(rows, label->experiment);
    if (kind == CKL_NAMES)
        table_text(rows, label->text);
    table_time(rows, label->at_us);
    table_boolean(rows, label->current);
    table_text(rows, label->actor);
    table_text(rows, label->reason);
    if (kind == CKL_NOTES)
        table_text(rows, label->text);
}

static ckl_status list_labels(const invocation *call, ckl_manager *manager, ckl_label_kind kind,
                              ckl_error *err)
{
    ckl_label_cursor *cursor = NULL;
    ckl_label label;
    table *rows = NULL;
    const char *hash = call->argument_count > 0 ? call->arguments[0] : NULL;
    ckl_status status =
        ckl_labels(&cursor, manager, kind, hash, option_given(call, "--history"), err);
    if (status == CKL_OK)
        status = kind == CKL_NAMES
                     ? table_open(&rows, call, "names", NAMES, sizeof NAMES / sizeof *NAMES, err)
                     : table_open(&rows, call, "notes", NOTES, sizeof NOTES / sizeof *NOTES, err);
    while (status == CKL_OK && (status = ckl_label_next(&label, cursor, err)) == CKL_OK)
        put_label(rows, &label, kind);
    ckl_label_cursor_close(cursor);
    return table_close(rows, status, err);
}

static ckl_status set_label(const invocation *call, ckl_label_kind kind, const char *text,
                            ckl_error *err)
{
    ckl_manager *manager = NULL;
    ckl_hash experiment;
    bool changed = false;
    const char *hash = call->arguments[0], *reason = option_value(call, "--reason");
    ckl_status status = open_to_change(&manager, call, err);
    if (status == CKL_OK)
        status = ckl_manager_resolve(&experiment, manager, hash, err);
    if (status == CKL_OK)
        status = kind == CKL_NAMES
                     ? ckl_manager_name(&changed, manager, experiment.text, text, reason, err)
                     : ckl_manager_note(&changed, manager, experiment.text, text, reason, err);
    ckl_manager_close(manager);
    if (status != CKL_OK)
        return status;
    if (call->json) {
        emit_begin();
        emit_text("experiment", experiment.text);
        emit_text(kind == CKL_NAMES ? "name" : "note", text);
        emit_boolean("changed", changed);
        emit_end();
        return CKL_OK;
    }
    puts(experiment.text);
    put_line(kind == CKL_NAMES ? "name" : "note", text != NULL ? text : "taken off");
    return CKL_OK;
}

/* HASH TEXT, HASH --remove, or, to read, [HASH] [--history]. */
static ckl_status name_or_note(const invocation *call, ckl_label_kind kind, ckl_error *err)
{
    bool removes = option_given(call, "--remove"), history = option_given(call, "--history");
    ckl_manager *manager = NULL;
    ckl_status status = check_arguments(call, removes ? 1 : 0, removes ? 1 : 2, err);
    if (status != CKL_OK)
        return status;
    bool sets = removes || call->argument_count == 2;
    if (sets && history)
        return usage_error(call, err, "--history is for reading");
    if (!sets && option_given(call, "--reason"))
        return usage_error(call, err, "--reason goes with a text, or with --remove");
    if (sets)
        return set_label(call, kind, removes ? NULL : call->arguments[1], err);
    status = open_if_there(&manager, call, err);
    if (status == CKL_OK)
        status = list_labels(call, manager, kind, err);
    ckl_manager_close(manager);
    return status;
}

ckl_status cmd_name(invocation *call, ckl_manager *none, int *exit_code, ckl_error *err)
{
    (void)none;
    (void)exit_code;
    return name_or_note(call, CKL_NAMES, err);
}

ckl_status cmd_note(invocation *call, ckl_manager *none, int *exit_code, ckl_error *err)
{
    (void)none;
    (void)exit_code;
    return name_or_note(call, CKL_NOTES, err);
}
