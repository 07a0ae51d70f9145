/* Merging: opening the other ledger, naming its runs, and the event that says what was done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "merge_internal.h"

#define RUN_NAME_MOST 64

/* ---- the names of runs ----------------------------------------------------------------------- */

/* What a run's name may be made of; the rest becomes '-'. */
static void clean_name(char out[RUN_NAME_MOST + 1], const char *text)
{
    size_t size = 0;
    for (; text[size] != '\0' && size < 40; size++) {
        char letter = text[size];
        bool good = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                    (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' ||
                    letter == '-';
        out[size] = good ? letter : '-';
    }
    out[size] = '\0';
}

/* Not taken by a run of ours. */
static ckl_status free_run_name(char out[RUN_NAME_MOST + 1], db *ours, const char *wanted,
                                ckl_error *err)
{
    ledger_run there;
    snprintf(out, RUN_NAME_MOST + 1, "%.*s", RUN_NAME_MOST, wanted);
    for (unsigned number = 2;; number++) {
        ckl_status status = ledger_run_find(&there, ours, out, err);
        if (status != CKL_OK || there.id == 0)
            return status;
        snprintf(out, RUN_NAME_MOST + 1, "%.*s-%u", RUN_NAME_MOST - 11, wanted, number);
    }
}

static const char *folder_name(const char *folder)
{
    const char *slash = strrchr(folder, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : folder;
}

ckl_status merge_add_run(merge_run *run, merge *job, const char *name, ckl_error *err)
{
    char base[RUN_NAME_MOST + 1], wanted[2 * RUN_NAME_MOST + 4], chosen[RUN_NAME_MOST + 1];
    const char *as = job->options->as;
    clean_name(base, as != NULL ? as : folder_name(job->folder));
    if (base[0] == '\0')
        snprintf(base, sizeof base, "merged");
    snprintf(wanted, sizeof wanted, "%s%s%s", base, strcmp(name, "main") == 0 ? "" : ".",
             strcmp(name, "main") == 0 ? "" : name);
    ckl_status status = free_run_name(chosen, job->ours, wanted, err);
    if (status == CKL_OK)
        status = ledger_run_add(&run->row.id, job->ours, chosen, err);
    run->row.first_step = -1;
    return status;
}

/* The run that has one of its operations already. */
static ckl_status find_known_run(merge_run *run, merge *job, const char *op, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ours,
                                 "SELECT run.name FROM _event AS event"
                                 " JOIN _run AS run ON run.id = event.run WHERE event.op = :op",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":op", op);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_OK)
        status = ledger_run_find(&run->row, job->ours, column_required(&row, 0), err);
    run->begun = run->row.id != 0;
    return status == CKL_DONE ? CKL_OK : status;
}

/* Every run that has events. */
static ckl_status map_runs(merge *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    size_t capacity = 0;
    ckl_status status = db_query(&row, job->other,
                                 "SELECT run.id, run.name, (SELECT op FROM _event AS event"
                                 "  WHERE event.run = run.id ORDER BY seq LIMIT 1) AS first"
                                 " FROM _run AS run WHERE first IS NOT NULL ORDER BY run.id",
                                 err);
    while (status == CKL_OK && (status = STATEMENT_STEP_WITH(&row, err, 1, 2)) == CKL_OK) {
        if (job->run_count == capacity) {
            capacity = capacity == 0 ? 8 : capacity * 2;
            merge_run *grown = realloc(job->runs, capacity * sizeof *grown);
            if (grown == NULL)
                return error_memory(err);
            job->runs = grown;
        }
        merge_run *run = &job->runs[job->run_count++];
        *run = (merge_run){.other = column_integer(&row, 0), .row = {.first_step = -1}};
        status = find_known_run(run, job, column_required(&row, 2), err);
        if (status == CKL_OK && run->row.id == 0)
            status = merge_add_run(run, job, column_required(&row, 1), err);
    }
    job->result.run_count = job->run_count;
    return status == CKL_DONE ? CKL_OK : status;
}

/* ---- aliases, and the event that brings them ------------------------------------------------- */

/* What the other ledger called states that came to it from elsewhere. */
static ckl_status take_aliases(merge *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->other, "SELECT hash, experiment FROM _alias ORDER BY hash", err);
    while (status == CKL_OK && (status = STATEMENT_STEP_WITH(&row, err, 0)) == CKL_OK) {
        int64_t here = 0;
        ledger_experiment experiment;
        status = merge_experiment(&here, job, column_integer(&row, 1), 0, err);
        if (status == CKL_OK)
            status = ledger_experiment_get(&experiment, job->ours, here, err);
        if (status == CKL_OK && json_object_get(job->aliases, column_required(&row, 0)) == NULL &&
            json_object_set_new(job->aliases, column_required(&row, 0),
                                json_string(experiment.hash.text)) != 0)
            status = error_memory(err);
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status add_aliases(merge *job, int64_t event, ckl_error *err)
{
    const char *there;
    json_t *here;
    json_object_foreach(job->aliases, there, here)
    {
        ckl_status status = ledger_alias_add(job->ours, there, json_string_value(here), event, err);
        if (status != CKL_OK)
            return status;
    }
    return CKL_OK;
}

static ckl_status make_detail(char **out, const merge *job, ckl_error *err)
{
    json_t *detail = json_pack("{s:s, s:I, s:O}", "ledger", job->other_name, "events",
                               (json_int_t)job->result.new_event_count, "aliases", job->aliases);
    *out = doc_json_text(detail);
    json_decref(detail);
    return *out != NULL ? CKL_OK : error_memory(err);
}

/* In the manager's run, whose head it leaves. */
ckl_status merge_say_so(merge *job, const char *kind, ckl_error *err)
{
    manager_view view;
    char op[33], *detail = NULL;
    int64_t seq = 0;
    ckl_status status = make_detail(&detail, job, err);
    if (status == CKL_OK)
        status = fs_random_name(op, err);
    if (status == CKL_OK)
        status = manager_view_read(&view, job->manager, err);
    if (status == CKL_OK)
        status = manager_ensure_run(&view, job->manager, err);
    if (status == CKL_OK) {
        ledger_event event = {.op = op,
                              .run = view.run.id,
                              .kind = kind,
                              .experiment = view.head.id,
                              .from_experiment = view.head.id,
                              .config = view.run.head_config,
                              .from_config = view.run.head_config,
                              .step = -1,
                              .actor = job->manager->actor,
                              .reason = job->options->reason,
                              .detail = detail};
        status = ledger_event_add(&seq, job->ours, &event, err);
    }
    free(detail);
    return status == CKL_OK ? add_aliases(job, seq, err) : status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static ckl_status read_name(char out[64], db *ledger, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT value FROM _meta WHERE key = 'ledger'", err);
    if (status == CKL_OK)
        status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_OK)
        snprintf(out, 64, "%s", column_required(&row, 0));
    return status == CKL_DONE ? error_set(err, CKL_DAMAGED, "the ledger has lost its name")
                              : status;
}

/* In the folder, or the file itself, which then names its folder. */
static ckl_status find_ledger(buf *path, merge *job, ckl_error *err)
{
    uint64_t size = 0;
    buf_add_format(path, "%s/ledger.db", job->folder);
    ckl_status status = buf_check(path, err);
    if (status != CKL_OK || fs_exists(path->data))
        return status;
    if (fs_file_size(&size, job->folder, NULL) != CKL_OK)
        return error_set(err, CKL_NOT_FOUND, "there is no ledger in '%s'", job->folder);
    buf_clear(path);
    buf_add_text(path, job->folder);
    char *slash = strrchr(job->folder, '/');
    if (slash != NULL && slash != job->folder)
        *slash = '\0';
    return buf_check(path, err);
}

static ckl_status open_other(merge *job, const char *folder, ckl_error *err)
{
    char name[64];
    bool created = false;
    BUF_AUTO path = BUF_INIT;
    ckl_error inner = {0};
    ckl_status status = fs_real_path(&job->folder, folder, &inner);
    if (status != CKL_OK)
        return error_set(err, status, "there is no folder or ledger '%s'", folder);
    status = find_ledger(&path, job, err);
    if (status == CKL_OK) {
        db_options settings = {.path = path.data, .read_only = true, .busy_timeout_ms = 5000};
        status = db_open(&job->other, &created, &settings, err);
    }
    if (status == CKL_OK)
        status = read_name(job->other_name, job->other, err);
    if (status == CKL_OK)
        status = read_name(name, job->ours, err);
    if (status == CKL_OK && strcmp(name, job->other_name) == 0)
        status = error_set(err, CKL_INVALID, "'%s' is this ledger, or a copy of it", folder);
    return status;
}

/* In a write transaction here, and at one moment there. */
static ckl_status take_over(merge *job, ckl_error *err)
{
    ckl_status status = ledger_ignored_paths(&job->ignored, &job->ignored_count, job->ours, err);
    if (status == CKL_OK)
        status = map_runs(job, err);
    if (status == CKL_OK)
        status = merge_events(job, err);
    if (status == CKL_OK && job->result.new_event_count > 0)
        status = merge_metrics(job, err);
    if (status == CKL_OK)
        status = take_aliases(job, err);
    return status == CKL_OK && job->result.new_event_count > 0 ? merge_say_so(job, "merge", err)
                                                               : status;
}

void merge_release(merge *job)
{
    db_close(job->other);
    free(job->folder);
    free(job->runs);
    free(job->ignored);
    free(job->components.ids);
    free(job->configs.ids);
    free(job->experiments.ids);
    free(job->sessions.ids);
    free(job->events.ids);
    ckl_data_state_free(job->state);
    json_decref(job->aliases);
}

ckl_status ckl_merge(ckl_merge_result *out, ckl_manager *manager, const char *other,
                     const ckl_merge_options *options, ckl_error *err)
{
    static const ckl_merge_options NONE = {0};
    merge job = {.manager = manager,
                 .ours = manager->ledger,
                 .options = options != NULL ? options : &NONE,
                 .aliases = json_object()};
    ckl_status status = manager_check_writable(manager, err);
    if (status == CKL_OK)
        status = manager_check_reason(job.options->reason, err);
    if (status == CKL_OK && job.aliases == NULL)
        status = error_memory(err);
    if (status == CKL_OK)
        status = open_other(&job, other, err);
    if (status == CKL_OK)
        status = db_begin(job.other, DB_READ, err);
    if (status == CKL_OK)
        status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status == CKL_OK) {
        status = take_over(&job, err);
        if (status == CKL_OK && job.result.new_event_count == 0)
            db_rollback(manager->ledger); /* nothing is new: nothing is written */
        else
            status = manager_end(manager, status, err);
    }
    if (status == CKL_OK)
        *out = job.result;
    merge_release(&job);
    return status;
}
