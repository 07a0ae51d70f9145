/* gc: gives the space of weights back. */
#include <stdlib.h>
#include <string.h>

#include "command.h"

/* "10M", "2G": powers of 1024. */
static ckl_status parse_bytes(uint64_t *out, const char *text, ckl_error *err)
{
    static const char UNITS[] = "KMGT";
    char *end = NULL;
    unsigned long long amount = strtoull(text, &end, 10);
    const char *unit = end != text && *end != '\0' ? strchr(UNITS, *end) : NULL;
    unsigned shift = unit != NULL ? 10u * (unsigned)(unit - UNITS + 1) : 0;
    bool good = end != text && text[0] != '-' &&
                (*end == '\0' || (unit != NULL && end[1] == '\0')) &&
                amount <= (UINT64_MAX >> shift);
    if (!good)
        return fail(err, CKL_INVALID, "'%s' is no size: write 500M or 20G", text);
    *out = (uint64_t)amount << shift;
    return CKL_OK;
}

static ckl_status read_rules(ckl_gc_options *out, const invocation *call, ckl_error *err)
{
    int64_t last = 0;
    const char *text;
    ckl_status status = CKL_OK;
    if ((text = option_value(call, "--keep-last")) != NULL)
        status = parse_number(&last, text, "number of checkpoints", 1, err);
    out->keep_last = (uint64_t)last;
    if (status == CKL_OK && (text = option_value(call, "--keep-every")) != NULL)
        status = parse_number(&out->keep_every, text, "multiple of steps", 1, err);
    if (status == CKL_OK && (text = option_value(call, "--max-bytes")) != NULL) {
        out->limit_bytes = true;
        status = parse_bytes(&out->max_bytes, text, err);
    }
    out->keep_best = option_value(call, "--keep-best");
    out->highest = option_given(call, "--highest");
    out->all_runs = option_given(call, "--all");
    out->dry_run = option_given(call, "--dry-run");
    out->reason = option_value(call, "--reason");
    bool nothing = last == 0 && out->keep_every == 0 && !out->limit_bytes &&
                   out->keep_best == NULL && call->argument_count == 0;
    if (status == CKL_OK && nothing)
        return usage_error(call, err, "ckl gc needs a rule, or a checkpoint: HASH@STEP");
    return status;
}

static ckl_status read_names(ckl_gc_name **out, const invocation *call, ckl_error *err)
{
    *out = calloc(call->argument_count + 1, sizeof **out);
    if (*out == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    for (size_t index = 0; index < call->argument_count; index++) {
        char *hash = NULL;
        ckl_gc_name *name = &(*out)[index];
        ckl_status status = parse_target(&hash, &name->step, call->arguments[index], err);
        name->hash = hash;
        if (status == CKL_OK && name->step < 0)
            status =
                usage_error(call, err, "'%s' names no step: HASH@STEP", call->arguments[index]);
        if (status != CKL_OK)
            return status;
    }
    return CKL_OK;
}

static void print_row(const invocation *call, const ckl_gc_row *row, bool dry_run)
{
    if (call->json) {
        emit_open_object(NULL);
        emit_text("run", row->run);
        emit_text("experiment", row->experiment);
        emit_integer("step", row->step);
        emit_text("path", row->path);
        emit_integer("bytes", (int64_t)row->bytes);
        emit_text("why", row->why);
        emit_boolean("unrecoverable", row->copy == NULL);
        emit_text("copy", row->copy);
        emit_close_object();
        return;
    }
    printf("  %s  step %-8lld %12lld bytes  ", dry_run ? "would remove" : "removed",
           (long long)row->step, (long long)row->bytes);
    put(row->path);
    printf("  (%s", row->why);
    if (row->copy != NULL) {
        printf("; the same bytes stay in ");
        put(row->copy);
    } else {
        printf("; nothing brings it back");
    }
    printf(")\n");
}

static ckl_status print_rows(const invocation *call, ckl_gc *done, bool dry_run, ckl_error *err)
{
    ckl_gc_row row;
    ckl_status status;
    uint64_t removed = 0, freed = 0, kept = 0, kept_bytes = 0;
    if (call->json) {
        emit_begin();
        emit_open_array("removed");
    }
    while ((status = ckl_gc_next(&row, done, err)) == CKL_OK) {
        if (row.removed)
            print_row(call, &row, dry_run);
        removed += row.removed;
        freed += row.removed ? row.bytes : 0;
        kept += !row.removed;
        kept_bytes += row.removed ? 0 : row.bytes;
    }
    if (call->json) {
        emit_close_array();
        emit_integer("bytes", (int64_t)freed);
        emit_integer("kept", (int64_t)kept);
        emit_integer("kept_bytes", (int64_t)kept_bytes);
        emit_boolean("dry_run", dry_run);
        emit_end();
    } else {
        printf("%s %llu of %llu checkpoints, %llu bytes; %llu bytes stay\n",
               dry_run ? "would remove" : "removed", (unsigned long long)removed,
               (unsigned long long)(removed + kept), (unsigned long long)freed,
               (unsigned long long)kept_bytes);
    }
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status cmd_gc(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_gc_options options = {0};
    ckl_gc_name *names = NULL;
    ckl_gc *done = NULL;
    (void)exit_code;
    ckl_status status = read_rules(&options, call, err);
    if (status == CKL_OK)
        status = read_names(&names, call, err);
    options.names = names;
    options.name_count = call->argument_count;
    if (status == CKL_OK)
        status = ckl_gc_run(&done, manager, &options, err);
    if (status == CKL_OK)
        status = print_rows(call, done, options.dry_run, err);
    ckl_gc_close(done);
    for (size_t index = 0; names != NULL && index < call->argument_count; index++)
        free((char *)names[index].hash);
    free(names);
    return status;
}
