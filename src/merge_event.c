/* The events of the other ledger, one after the other, with what they leave behind here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "merge_internal.h"

/* What an event does here. */
typedef enum merge_role {
    MERGE_MOVES,  /* moves the head, or says where weights come from */
    MERGE_STANDS, /* leaves everything as it is, or is about a session */
    MERGE_LABEL,
    MERGE_SAVES,    /* a checkpoint: a row without its file */
    MERGE_ELSEWHERE /* about files, or what does not count, there */
} merge_role;

static const struct {
    const char *kind;
    merge_role role;
    bool says_origin, sets_baseline;
} ROLES[] = {
    {"update", MERGE_MOVES, false, false},
    {"discard", MERGE_MOVES, false, false},
    {"restore", MERGE_MOVES, false, false},
    {"tag", MERGE_MOVES, false, false},
    {"untag", MERGE_MOVES, false, false},
    {"switch", MERGE_MOVES, true, true},
    {"run", MERGE_MOVES, true, true},
    {"resume", MERGE_STANDS, true, false},
    {"train", MERGE_STANDS, true, false},
    {"end", MERGE_STANDS, false, false},
    {"name", MERGE_LABEL, false, false},
    {"note", MERGE_LABEL, false, false},
    {"checkpoint", MERGE_SAVES, true, false},
    {"dump", MERGE_ELSEWHERE, false, false},
    {"remove", MERGE_ELSEWHERE, false, false},
    {"missing", MERGE_ELSEWHERE, false, false},
    {"repair", MERGE_ELSEWHERE, false, false},
    {"ignore", MERGE_ELSEWHERE, false, false},
    {"unignore", MERGE_ELSEWHERE, false, false},
    {"merge", MERGE_ELSEWHERE, false, false},
    {"import", MERGE_ELSEWHERE, false, false},
};

/* ---- where weights come from ----------------------------------------------------------------- */

/* Reads the origin that a detail tells, with the checkpoint's number as it is here, and puts that
 * number into the detail. What events of version 1 do not tell is unknown. */
static ckl_status take_origin(ledger_run *out, merge *job, foreign_event *from, ckl_error *err)
{
    json_t *origin = json_object_get(from->detail, "origin");
    json_t *first = json_object_get(from->detail, "first_step");
    int64_t saved = 0;
    out->origin =
        json_is_string(origin) ? ledger_origin_of(json_string_value(origin)) : ORIGIN_UNKNOWN;
    out->first_step = json_is_integer(first) ? json_integer_value(first) : -1;
    out->from_checkpoint = 0;
    json_t *number = json_object_get(from->detail, "from_checkpoint");
    if (json_is_integer(number))
        saved = id_map_get(&job->events, json_integer_value(number));
    if (saved != 0) {
        STATEMENT_AUTO row = {0};
        ckl_status status =
            db_query(&row, job->ours, "SELECT id FROM _checkpoint WHERE event = :event", err);
        if (status != CKL_OK)
            return status;
        bind_integer(&row, ":event", saved);
        status = ledger_first_integer(&out->from_checkpoint, &row, err);
        if (status != CKL_OK && status != CKL_NOT_FOUND)
            return status;
    }
    if (out->from_checkpoint == 0 && out->origin == ORIGIN_CHECKPOINT)
        out->origin = ORIGIN_UNKNOWN;
    if (from->detail == NULL)
        from->detail = json_object();
    bool put =
        json_object_set_new(from->detail, "origin", json_string(ledger_origin_name(out->origin))) ==
            0 &&
        json_object_set_new(from->detail, "from_checkpoint",
                            out->from_checkpoint != 0 ? json_integer(saved) : json_null()) == 0 &&
        json_object_set_new(from->detail, "first_step",
                            out->first_step >= 0 ? json_integer(out->first_step) : json_null()) ==
            0;
    return put ? CKL_OK : error_memory(err);
}

/* ---- what an event leaves behind ------------------------------------------------------------- */

/* The file that a checkpoint event names; for events of version 1, as its row has it. */
static ckl_status complete_files(merge *job, foreign_event *from, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    char hex[65];
    digest sha256;
    if (json_object_get(from->detail, "files") != NULL)
        return CKL_OK;
    ckl_status status = db_query(
        &row, job->other,
        "SELECT path, size, sha256, pending, note FROM _checkpoint WHERE event = :event", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":event", from->seq);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_OK)
        status = column_digest(&sha256, &row, 2, err);
    if (status != CKL_OK)
        return status == CKL_DONE ? error_set(err, CKL_DAMAGED, "'%s': event %lld saved nothing",
                                              job->folder, (long long)from->seq)
                                  : status;
    digest_hex(hex, &sha256);
    json_t *added =
        json_pack("{s:[{s:s, s:I, s:s}], s:I, s:s?}", "files", "path", column_required(&row, 0),
                  "size", (json_int_t)column_integer(&row, 1), "sha256", hex, "pending",
                  (json_int_t)column_integer(&row, 3), "note", column_text(&row, 4));
    bool put = added != NULL && json_object_update(from->detail, added) == 0;
    json_decref(added);
    return put ? CKL_OK : error_memory(err);
}

static bool read_hex(digest *out, const char *hex)
{
    if (hex == NULL || strlen(hex) != 64)
        return false;
    for (size_t index = 0; index < sizeof out->bytes; index++) {
        unsigned byte = 0;
        if (sscanf(hex + 2 * index, "%2x", &byte) != 1)
            return false;
        out->bytes[index] = (unsigned char)byte;
    }
    return true;
}

static ckl_status mark_removed(merge *job, int64_t checkpoint, int64_t event, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, job->ours,
                                 "UPDATE _checkpoint SET state = 'removed', removed = :event"
                                 " WHERE id = :id",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":event", event);
    bind_integer(&running, ":id", checkpoint);
    return statement_run(&running, err);
}

/* The row of a checkpoint whose file stays where it is. */
static ckl_status put_checkpoint(merge *job, merge_run *run, const foreign_event *from,
                                 const ledger_run *origin, int64_t event, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    json_t *file = json_array_get(json_object_get(from->detail, "files"), 0);
    const char *path = json_string_value(json_object_get(file, "path"));
    json_int_t size = json_integer_value(json_object_get(file, "size"));
    digest sha256;
    if (path == NULL || size < 0 ||
        !read_hex(&sha256, json_string_value(json_object_get(file, "sha256"))))
        return error_set(err, CKL_DAMAGED, "'%s': event %lld does not name the file that it saved",
                         job->folder, (long long)from->seq);
    ckl_status status = db_query(
        &running, job->ours,
        "INSERT INTO _checkpoint (event, run, experiment, step, path, size, sha256, state, note,"
        " from_checkpoint, first_step, pending, origin)"
        " VALUES (:event, :run, :experiment, :step, :path, :size, :sha256, 'removed', :note,"
        " :from_checkpoint, :first_step, :pending, :origin)",
        err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":event", event);
    bind_integer(&running, ":run", run->row.id);
    bind_integer(&running, ":experiment", from->event.experiment);
    bind_integer(&running, ":step", from->event.step);
    bind_text(&running, ":path", path);
    bind_integer(&running, ":size", size);
    bind_digest(&running, ":sha256", &sha256);
    bind_text(&running, ":note", json_string_value(json_object_get(from->detail, "note")));
    bind_id(&running, ":from_checkpoint", origin->from_checkpoint);
    if (origin->first_step < 0)
        bind_null(&running, ":first_step");
    else
        bind_integer(&running, ":first_step", origin->first_step);
    bind_integer(&running, ":pending",
                 json_integer_value(json_object_get(from->detail, "pending")));
    bind_text(&running, ":origin", ledger_origin_name(origin->origin));
    status = statement_run(&running, err);
    int64_t id = db_last_id(job->ours), step = from->event.step;
    if (status == CKL_OK)
        status = mark_removed(job, id, event, err);
    run->row.from_checkpoint = id;
    run->row.first_step = step < INT64_MAX ? step + 1 : step;
    run->row.origin = ORIGIN_CHECKPOINT;
    return status;
}

/* ---- one event ------------------------------------------------------------------------------- */

static ckl_status map_columns(merge *job, const merge_run *run, foreign_event *from, ckl_error *err)
{
    ckl_status status = merge_experiment(&from->event.from_experiment, job, from->from_experiment,
                                         from->from_config, err);
    if (status == CKL_OK)
        status =
            merge_experiment(&from->event.experiment, job, from->experiment, from->config, err);
    if (status == CKL_OK)
        status = merge_config(&from->event.config, job, from->config, err);
    if (status == CKL_OK)
        status = merge_config(&from->event.from_config, job, from->from_config, err);
    if (status == CKL_OK)
        status = merge_session(&from->event.session, job, from->session, run, err);
    from->event.run = run->row.id;
    return status;
}

/* Somebody went on with the run here: then what came after it there has no place. */
static ckl_status check_follows(merge *job, const merge_run *run, const foreign_event *from,
                                ckl_error *err)
{
    char *name = NULL;
    if (from->event.from_experiment == run->row.head &&
        from->event.from_config == run->row.head_config)
        return CKL_OK;
    ckl_status status = ledger_run_name(&name, job->ours, run->row.id, err);
    if (status == CKL_OK) {
        status = error_set(err, CKL_INVALID, "run '%s' went on here since '%s' was merged", name,
                           job->folder);
        error_hint(err, "nothing was taken over; begin a run of your own from it next time: ckl run"
                        " new NAME --from HASH");
    }
    free(name);
    return status;
}

static ckl_status move_head(merge *job, merge_run *run, foreign_event *from, ckl_error *err)
{
    ledger_experiment before = {0}, after = {0};
    ckl_status status = CKL_OK;
    if (from->event.from_experiment != 0)
        status = ledger_experiment_get(&before, job->ours, from->event.from_experiment, err);
    if (status == CKL_OK && from->event.experiment != 0)
        status = ledger_experiment_get(&after, job->ours, from->event.experiment, err);
    if (status == CKL_OK)
        status = manager_move_samples(&from->event, job->manager, before.data, after.data, err);
    if (status == CKL_OK && ROLES[from->role].sets_baseline)
        status = manager_baseline_of(&run->row.baseline, job->manager, &after, err);
    run->row.head = from->event.experiment;
    run->row.head_config = from->event.config;
    return status;
}

static ckl_status add_event(int64_t *seq, merge *job, foreign_event *from, ckl_error *err)
{
    char *text = NULL;
    if (from->detail != NULL) {
        text = doc_json_text(from->detail);
        if (text == NULL)
            return error_memory(err);
    }
    from->event.detail = text;
    ckl_status status = ledger_event_add(seq, job->ours, &from->event, err);
    from->event.detail = NULL;
    free(text);
    return status == CKL_OK ? id_map_put(&job->events, from->seq, *seq, err) : status;
}

/* Says in the detail that it is about another tree. */
static ckl_status mark_elsewhere(merge *job, foreign_event *from, ckl_error *err)
{
    if (from->detail == NULL)
        from->detail = json_object();
    if (json_object_get(from->detail, "elsewhere") != NULL)
        return CKL_OK; /* it came to the other ledger with a merge */
    return json_object_set_new(from->detail, "elsewhere", json_string(job->other_name)) == 0
               ? CKL_OK
               : error_memory(err);
}

static ckl_status begin_run(merge *job, merge_run *run, const foreign_event *from, ckl_error *err)
{
    bool any = true;
    if (run->begun)
        return CKL_OK;
    run->begun = true;
    ckl_status status = ledger_has_checkpoints(&any, job->ours, err);
    if (status == CKL_OK && !any && ROLES[from->role].role == MERGE_MOVES)
        run->row.origin = ORIGIN_START;
    return status;
}

/* The rows that the event makes here; `labelled`: the state that gets a name or a note, or 0. */
static ckl_status leave_behind(merge *job, merge_run *run, const foreign_event *from,
                               const ledger_run *origin, int64_t seq, int64_t labelled,
                               ckl_error *err)
{
    const char *outcome = json_string_value(json_object_get(from->detail, "outcome"));
    const char *kind = from->event.kind;
    if (ROLES[from->role].role == MERGE_SAVES)
        return put_checkpoint(job, run, from, origin, seq, err);
    if (ROLES[from->role].says_origin) {
        run->row.origin = origin->origin;
        run->row.from_checkpoint = origin->from_checkpoint;
        run->row.first_step = origin->first_step;
    }
    if (labelled != 0)
        return ledger_label_add(job->ours, seq, kind, labelled,
                                json_string_value(json_object_get(from->detail, kind)), err);
    if (strcmp(kind, "end") == 0 && outcome != NULL)
        return ledger_session_end(job->ours, from->event.session, outcome, from->event.at_us, err);
    return CKL_OK;
}

/* An architecture.pkl that does not count here, because the model has another one, or that was
 * given there when it was too late, is not named. */
static ckl_status check_architecture(merge *job, foreign_event *from, ckl_error *err)
{
    const char *given = json_string_value(json_object_get(from->detail, "architecture"));
    STATEMENT_AUTO row = {0};
    if (given == NULL)
        return CKL_OK;
    ckl_status status = db_query(&row, job->ours,
                                 "SELECT 1 FROM _experiment AS state"
                                 " JOIN _model AS model ON model.component = state.model"
                                 " JOIN _blob AS blob ON blob.id = model.architecture"
                                 " WHERE state.id = :id AND lower(hex(blob.digest)) = :given",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", from->event.experiment);
    bind_text(&row, ":given", given);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        json_object_del(from->detail, "architecture");
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status take_event(merge *job, merge_run *run, foreign_event *from, ckl_error *err)
{
    merge_role role = ROLES[from->role].role;
    ledger_run origin = {.first_step = -1};
    int64_t seq = 0, labelled = 0;
    bool ours_stands = false;
    ckl_status status = map_columns(job, run, from, err);
    if (status == CKL_OK && role != MERGE_ELSEWHERE && role != MERGE_SAVES)
        status = check_follows(job, run, from, err);
    if (status == CKL_OK)
        status = begin_run(job, run, from, err);
    if (status == CKL_OK)
        status = check_architecture(job, from, err);
    if (status == CKL_OK && ROLES[from->role].says_origin)
        status = take_origin(&origin, job, from, err);
    if (status == CKL_OK && role == MERGE_SAVES)
        status = complete_files(job, from, err);
    if (status == CKL_OK && (role == MERGE_SAVES || role == MERGE_ELSEWHERE))
        status = mark_elsewhere(job, from, err);
    if (status == CKL_OK && role == MERGE_LABEL)
        status = merge_read_label(&labelled, job, from, err);
    if (status == CKL_OK && role == MERGE_LABEL)
        status = merge_is_labelled_here(&ours_stands, job, run, from->event.kind, labelled, err);
    if (status == CKL_OK && ours_stands)
        status = mark_elsewhere(job, from, err);
    if (status == CKL_OK && role == MERGE_MOVES)
        status = move_head(job, run, from, err);
    if (status == CKL_OK)
        status = add_event(&seq, job, from, err);
    return status == CKL_OK
               ? leave_behind(job, run, from, &origin, seq, ours_stands ? 0 : labelled, err)
               : status;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static merge_run *run_of(merge *job, int64_t other)
{
    for (size_t index = 0; index < job->run_count; index++) {
        if (job->runs[index].other == other)
            return &job->runs[index];
    }
    return NULL;
}

static ckl_status read_event(foreign_event *out, merge *job, const statement *row, ckl_error *err)
{
    const char *detail = column_text(row, 13);
    *out = (foreign_event){.seq = column_integer(row, 0),
                           .run = column_integer(row, 3),
                           .session = column_integer(row, 4),
                           .experiment = column_integer(row, 6),
                           .from_experiment = column_integer(row, 7),
                           .config = column_integer(row, 8),
                           .from_config = column_integer(row, 9),
                           .event = {.op = column_required(row, 1),
                                     .at_us = column_integer(row, 2),
                                     .kind = column_required(row, 5),
                                     .step = column_is_null(row, 10) ? -1 : column_integer(row, 10),
                                     .actor = column_required(row, 11),
                                     .reason = column_text(row, 12)}};
    size_t count = sizeof ROLES / sizeof *ROLES;
    while (out->role < count && strcmp(ROLES[out->role].kind, out->event.kind) != 0)
        out->role++;
    ckl_status status = detail != NULL ? doc_json_load(&out->detail, detail, err) : CKL_OK;
    if (status == CKL_NO_MEMORY)
        return status;
    if (out->role == count || (detail != NULL && !json_is_object(out->detail)) ||
        strlen(out->event.op) != 32) {
        json_decref(out->detail);
        out->detail = NULL;
        return error_set(err, CKL_DAMAGED, "'%s': event %lld cannot be read", job->folder,
                         (long long)out->seq);
    }
    return CKL_OK;
}

/* An event that is here already: what it is about is, too. */
static ckl_status note_known(merge *job, const foreign_event *from, int64_t seq, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->ours, "SELECT session FROM _event WHERE seq = :seq", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":seq", seq);
    status = statement_step(&row, err);
    if (status == CKL_OK && from->session != 0 && !column_is_null(&row, 0))
        status = id_map_put(&job->sessions, from->session, column_integer(&row, 0), err);
    return status == CKL_OK ? id_map_put(&job->events, from->seq, seq, err) : status;
}

static ckl_status merge_one(merge *job, const statement *row, ckl_error *err)
{
    foreign_event from;
    int64_t known = 0;
    ckl_status status = read_event(&from, job, row, err);
    if (status != CKL_OK)
        return status;
    merge_run *run = run_of(job, from.run);
    job->result.event_count++;
    status = ledger_event_of_operation(&known, job->ours, from.event.op, err);
    if (status == CKL_OK) {
        status = note_known(job, &from, known, err);
    } else if (status == CKL_NOT_FOUND && run == NULL) {
        status = error_set(err, CKL_DAMAGED, "'%s': event %lld is of no run", job->folder,
                           (long long)from.seq);
    } else if (status == CKL_NOT_FOUND) {
        job->result.new_event_count++;
        status = take_event(job, run, &from, err);
        if (status == CKL_OK)
            status = ledger_run_save(job->ours, &run->row, err);
    }
    json_decref(from.detail);
    return status;
}

ckl_status merge_events(merge *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->other,
                 "SELECT seq, op, at_us, run, session, kind, experiment, from_experiment, config,"
                 " from_config, step, actor, reason, detail FROM _event ORDER BY seq",
                 err);
    while (status == CKL_OK && (status = STATEMENT_STEP_WITH(&row, err, 1, 5, 11)) == CKL_OK)
        status = merge_one(job, &row, err);
    return status == CKL_DONE ? CKL_OK : status;
}
