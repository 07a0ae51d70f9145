/* A replay of the events: where every run stands, what is ignored, how sessions ended. */
#include "check_replay.h"
#include "doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ckl_status replay_complain(replay *work, const replay_event *event, const char *what,
                           ckl_error *err)
{
    return check_add_row(work->job, "chain", "_event", event->seq, err, "%s", what);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static ckl_status read_runs(replay *work, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    size_t capacity = 0;
    ckl_status status = db_query(&row, work->job->ledger, "SELECT id FROM _run ORDER BY id", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        if (work->run_count == capacity) {
            capacity = capacity == 0 ? 16 : capacity * 2;
            replay_run *grown = realloc(work->runs, capacity * sizeof *grown);
            if (grown == NULL)
                return error_memory(err);
            work->runs = grown;
        }
        work->runs[work->run_count++] =
            (replay_run){.row = {.id = column_integer(&row, 0), .first_step = -1}};
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static replay_run *find_run(replay *work, int64_t id)
{
    size_t low = 0, high = work->run_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (work->runs[middle].row.id == id)
            return &work->runs[middle];
        if (work->runs[middle].row.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

ckl_status replay_checkpoint_of(int64_t *out, replay *work, int64_t event, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *out = 0;
    ckl_status status =
        db_query(&row, work->job->ledger,
                 "SELECT id FROM temp.expected_checkpoint WHERE event = :event", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":event", event);
    status = ledger_first_integer(out, &row, err);
    return status == CKL_NOT_FOUND ? CKL_OK : status;
}

ckl_status replay_origin(ledger_run *out, replay *work, const replay_event *event, ckl_error *err)
{
    json_t *origin = json_object_get(event->detail, "origin");
    json_t *from = json_object_get(event->detail, "from_checkpoint");
    json_t *first = json_object_get(event->detail, "first_step");
    if (!json_is_string(origin))
        return replay_complain(work, event, "does not say where weights come from", err);
    out->origin = ledger_origin_of(json_string_value(origin));
    out->first_step = json_is_integer(first) ? json_integer_value(first) : -1;
    out->from_checkpoint = 0;
    return json_is_integer(from)
               ? replay_checkpoint_of(&out->from_checkpoint, work, json_integer_value(from), err)
               : CKL_OK;
}

/* What pending is measured against after the head moved there, as manager_baseline_of finds it:
 * the experiment when it was dumped by then, else its nearest ancestor that was. */
static ckl_status baseline_of(int64_t *out, replay *work, const replay_event *event, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *out = 0;
    ckl_status status =
        db_query(&row, work->job->ledger,
                 "WITH RECURSIVE ancestor (id) AS ("
                 "  SELECT :experiment"
                 "  UNION"
                 "  SELECT event.from_experiment FROM ancestor"
                 "  JOIN _event AS event ON event.experiment = ancestor.id AND event.seq < :seq"
                 "  WHERE event.from_experiment IS NOT NULL AND event.kind <> 'switch'"
                 "    AND event.experiment <> event.from_experiment)"
                 " SELECT ancestor.id FROM ancestor"
                 " JOIN temp.first_dump AS dump ON dump.experiment = ancestor.id LIMIT 1",
                 err);
    if (status != CKL_OK)
        return status;
    bind_id(&row, ":experiment", event->columns.experiment);
    bind_integer(&row, ":seq", event->seq);
    status = ledger_first_integer(out, &row, err);
    return status == CKL_NOT_FOUND ? CKL_OK : status;
}

/* ---- what else events leave behind ----------------------------------------------------------- */

static ckl_status replay_ignore(replay *work, const replay_event *event, bool ignored,
                                ckl_error *err)
{
    const char *path = json_string_value(json_object_get(event->detail, "path"));
    STATEMENT_AUTO running = {0};
    if (path == NULL)
        return replay_complain(work, event, "does not say which path", err);
    ckl_status status = ignored
                            ? db_query(&running, work->job->ledger,
                                       "INSERT INTO temp.expected_ignored_path (path, from_event)"
                                       " VALUES (:path, :event)",
                                       err)
                            : db_query(&running, work->job->ledger,
                                       "UPDATE temp.expected_ignored_path SET to_event = :event"
                                       " WHERE path = :path AND to_event IS NULL",
                                       err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":path", path);
    bind_integer(&running, ":event", event->seq);
    return statement_run(&running, err);
}

/* Naming and noting: the state by its hash, since what an event has there is the head. */
static ckl_status replay_label(replay *work, const replay_event *event, ckl_error *err)
{
    const char *kind = event->columns.kind;
    const char *hash = json_string_value(json_object_get(event->detail, "experiment"));
    json_t *text = json_object_get(event->detail, kind);
    STATEMENT_AUTO running = {0};
    if (hash == NULL || text == NULL)
        return replay_complain(work, event, "does not say what it calls which state", err);
    ckl_status status = db_query(&running, work->job->ledger,
                                 "INSERT INTO temp.expected_label (event, kind, experiment, text)"
                                 " SELECT :event, :kind, id, :text FROM _experiment"
                                 " WHERE hash = :hash",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":event", event->seq);
    bind_text(&running, ":kind", kind);
    bind_text(&running, ":text", json_string_value(text));
    bind_text(&running, ":hash", hash);
    return statement_run(&running, err);
}

/* What came from another ledger brings what its states are called there. */
static ckl_status replay_aliases(replay *work, const replay_event *event, ckl_error *err)
{
    const char *hash;
    json_t *experiment;
    json_object_foreach(json_object_get(event->detail, "aliases"), hash, experiment)
    {
        STATEMENT_AUTO running = {0};
        ckl_status status = db_query(&running, work->job->ledger,
                                     "INSERT OR IGNORE INTO temp.expected_alias"
                                     " (hash, experiment, event)"
                                     " SELECT :hash, id, :event FROM _experiment"
                                     " WHERE hash = :experiment",
                                     err);
        if (status != CKL_OK)
            return status;
        bind_text(&running, ":hash", hash);
        bind_text(&running, ":experiment", json_string_value(experiment));
        bind_integer(&running, ":event", event->seq);
        status = statement_run(&running, err);
        if (status != CKL_OK)
            return status;
    }
    return CKL_OK;
}

static ckl_status replay_end(replay *work, const replay_event *event, ckl_error *err)
{
    const char *outcome = json_string_value(json_object_get(event->detail, "outcome"));
    STATEMENT_AUTO running = {0};
    if (outcome == NULL || event->columns.session == 0)
        return replay_complain(work, event, "does not say how which session ended", err);
    ckl_status status = db_query(&running, work->job->ledger,
                                 "UPDATE temp.expected_session"
                                 " SET ended_us = :at_us, outcome = :outcome WHERE id = :session",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":at_us", event->columns.at_us);
    bind_text(&running, ":outcome", outcome);
    bind_integer(&running, ":session", event->columns.session);
    return statement_run(&running, err);
}

/* When a configuration was recorded decides which of its paths did not count. */
static ckl_status note_config(replay *work, const replay_event *event, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    if (event->columns.config == 0)
        return CKL_OK;
    ckl_status status = db_query(&running, work->job->ledger,
                                 "INSERT OR IGNORE INTO temp.first_config (config, seq)"
                                 " VALUES (:config, :seq)",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":config", event->columns.config);
    bind_integer(&running, ":seq", event->seq);
    return statement_run(&running, err);
}

/* The bytes to save as architecture.pkl: those given when the model was recorded, or later, as long
 * as it was not dumped. `known` is 0 where events of version 1 did not say. */
static ckl_status note_architecture(replay *work, const replay_event *event, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    const char *given = json_string_value(json_object_get(event->detail, "architecture"));
    if (event->columns.experiment == 0)
        return CKL_OK;
    ckl_status status =
        db_query(&running, work->job->ledger,
                 "INSERT INTO temp.architecture (model, digest, known)"
                 " SELECT model, :digest, :known FROM _experiment"
                 " WHERE id = :experiment AND model IS NOT NULL"
                 " ON CONFLICT (model) DO UPDATE SET digest = excluded.digest"
                 " WHERE architecture.digest IS NULL AND excluded.digest IS NOT NULL"
                 "   AND NOT EXISTS (SELECT 1 FROM temp.expected_file AS file"
                 "                   WHERE file.component = excluded.model)",
                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":digest", given);
    bind_integer(&running, ":known", !event->first_version);
    bind_integer(&running, ":experiment", event->columns.experiment);
    return statement_run(&running, err);
}

/* ---- one event ------------------------------------------------------------------------------- */

typedef enum event_role { ROLE_MOVES, ROLE_STANDS, ROLE_ASIDE } event_role;

typedef struct event_kind {
    const char *name;
    event_role role;  /* it moves the head; it does not; it is about another state */
    bool says_origin; /* where weights come from */
    bool sets_baseline;
} event_kind;

static const event_kind KINDS[] = {
    {"update", ROLE_MOVES, false, false},     {"discard", ROLE_MOVES, false, false},
    {"restore", ROLE_MOVES, false, false},    {"tag", ROLE_MOVES, false, false},
    {"untag", ROLE_MOVES, false, false},      {"switch", ROLE_MOVES, true, true},
    {"run", ROLE_MOVES, true, true},          {"resume", ROLE_STANDS, true, false},
    {"train", ROLE_STANDS, true, false},      {"end", ROLE_STANDS, false, false},
    {"ignore", ROLE_STANDS, false, false},    {"unignore", ROLE_STANDS, false, false},
    {"name", ROLE_STANDS, false, false},      {"note", ROLE_STANDS, false, false},
    {"merge", ROLE_STANDS, false, false},     {"import", ROLE_STANDS, false, false},
    {"repair", ROLE_STANDS, false, false},    {"dump", ROLE_ASIDE, false, false},
    {"checkpoint", ROLE_ASIDE, false, false}, {"remove", ROLE_ASIDE, false, false},
    {"missing", ROLE_ASIDE, false, false},
};

static const event_kind *kind_of(const char *name)
{
    for (size_t index = 0; index < sizeof KINDS / sizeof *KINDS; index++) {
        if (strcmp(KINDS[index].name, name) == 0)
            return &KINDS[index];
    }
    return NULL;
}

static ckl_status check_head(replay *work, const replay_run *run, const replay_event *event,
                             const event_kind *kind, ckl_error *err)
{
    const ledger_event *columns = &event->columns;
    bool follows =
        columns->from_experiment == run->row.head && columns->from_config == run->row.head_config;
    bool stands =
        columns->experiment == columns->from_experiment && columns->config == columns->from_config;
    if (json_object_get(event->detail, "elsewhere") != NULL)
        return CKL_OK;
    if (kind->role != ROLE_ASIDE && !follows)
        return replay_complain(work, event, "does not begin where its run stood", err);
    if (kind->role == ROLE_STANDS && !stands)
        return replay_complain(work, event, "moves the head, which its kind does not", err);
    return CKL_OK;
}

static ckl_status move_run(replay *work, replay_run *run, const replay_event *event,
                           const event_kind *kind, ckl_error *err)
{
    ckl_status status = CKL_OK;
    if (!run->begun && !event->first_version && kind->role == ROLE_MOVES &&
        work->checkpoint_count == 0)
        run->row.origin = ORIGIN_START;
    run->begun = true;
    if (kind->role == ROLE_MOVES) {
        run->row.head = event->columns.experiment;
        run->row.head_config = event->columns.config;
    }
    if (kind->sets_baseline)
        status = baseline_of(&run->row.baseline, work, event, err);
    if (kind->says_origin && event->first_version)
        run->open_origin = true;
    else if (kind->says_origin && status == CKL_OK) {
        run->open_origin = false;
        status = replay_origin(&run->row, work, event, err);
    }
    return status;
}

static ckl_status replay_effect(replay *work, replay_run *run, const replay_event *event,
                                ckl_error *err)
{
    const char *kind = event->columns.kind;
    bool elsewhere = json_object_get(event->detail, "elsewhere") != NULL;
    if (elsewhere && strcmp(kind, "checkpoint") != 0)
        return CKL_OK; /* it is about another tree */
    if (strcmp(kind, "dump") == 0) {
        run->row.baseline = event->columns.experiment;
        return replay_dump(work, event, err);
    }
    if (strcmp(kind, "checkpoint") == 0)
        return replay_checkpoint(work, run, event, err);
    if (strcmp(kind, "remove") == 0 || strcmp(kind, "missing") == 0)
        return replay_removal(work, event, err);
    if (strcmp(kind, "ignore") == 0 || strcmp(kind, "unignore") == 0)
        return replay_ignore(work, event, strcmp(kind, "ignore") == 0, err);
    if (strcmp(kind, "name") == 0 || strcmp(kind, "note") == 0)
        return replay_label(work, event, err);
    if (strcmp(kind, "merge") == 0 || strcmp(kind, "import") == 0)
        return replay_aliases(work, event, err);
    return strcmp(kind, "end") == 0 ? replay_end(work, event, err) : CKL_OK;
}

static ckl_status replay_one(replay *work, const replay_event *event, ckl_error *err)
{
    replay_run *run = find_run(work, event->columns.run);
    const event_kind *kind = kind_of(event->columns.kind);
    if (run == NULL || kind == NULL)
        return replay_complain(work, event, "is of a kind or of a run that there is not", err);
    ckl_status status = check_head(work, run, event, kind, err);
    if (status == CKL_OK)
        status = note_config(work, event, err);
    if (status == CKL_OK)
        status = note_architecture(work, event, err);
    if (status == CKL_OK)
        status = move_run(work, run, event, kind, err);
    return status == CKL_OK ? replay_effect(work, run, event, err) : status;
}

/* ---- all events ------------------------------------------------------------------------------ */

static ckl_status replay_all(replay *work, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, work->job->ledger,
                 "SELECT seq, chain_version, at_us, run, session, kind, experiment,"
                 " from_experiment, config, from_config, step, detail FROM _event ORDER BY seq",
                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        replay_event event = {
            .columns = {.at_us = column_integer(&row, 2),
                        .run = column_integer(&row, 3),
                        .session = column_integer(&row, 4),
                        .kind = column_required(&row, 5),
                        .experiment = column_integer(&row, 6),
                        .from_experiment = column_integer(&row, 7),
                        .config = column_integer(&row, 8),
                        .from_config = column_integer(&row, 9),
                        .step = column_is_null(&row, 10) ? -1 : column_integer(&row, 10)},
            .seq = column_integer(&row, 0),
            .first_version = column_integer(&row, 1) == 1};
        if (!column_is_null(&row, 11))
            status = doc_json_load(&event.detail, column_required(&row, 11), err);
        if (status == CKL_INVALID)
            status = replay_complain(work, &event, "says something that cannot be read", err);
        if (status == CKL_OK)
            status = replay_one(work, &event, err);
        json_decref(event.detail);
        check_progress(work->job, "the events", (uint64_t)event.seq, work->job->counts.events);
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status put_run(replay *work, const replay_run *run, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status =
        run->open_origin
            ? db_query(&running, work->job->ledger,
                       "INSERT INTO temp.expected_run SELECT id, name, :head, :head_config,"
                       " :baseline, from_checkpoint, first_step, origin FROM _run WHERE id = :id",
                       err)
            : db_query(&running, work->job->ledger,
                       "INSERT INTO temp.expected_run SELECT id, name, :head, :head_config,"
                       " :baseline, :from_checkpoint, :first_step, :origin FROM _run"
                       " WHERE id = :id",
                       err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":id", run->row.id);
    bind_id(&running, ":head", run->row.head);
    bind_id(&running, ":head_config", run->row.head_config);
    bind_id(&running, ":baseline", run->row.baseline);
    if (!run->open_origin) {
        bind_id(&running, ":from_checkpoint", run->row.from_checkpoint);
        if (run->row.first_step < 0)
            bind_null(&running, ":first_step");
        else
            bind_integer(&running, ":first_step", run->row.first_step);
        bind_text(&running, ":origin", ledger_origin_name(run->row.origin));
    }
    return statement_run(&running, err);
}

static ckl_status begin(ckl_check *job, ckl_error *err)
{
    static const char *const TABLES[] = {"_run",     "_ignored_path", "_file",  "_checkpoint",
                                         "_session", "_experiment",   "_label", "_alias"};
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < sizeof TABLES / sizeof *TABLES; index++)
        status = check_expect(job, TABLES[index], err);
    if (status == CKL_OK)
        status = check_run(job,
                           "CREATE INDEX temp.expected_checkpoint_event"
                           " ON expected_checkpoint (event)",
                           err);
    if (status == CKL_OK)
        status = check_run(job,
                           "CREATE INDEX temp.expected_checkpoint_path"
                           " ON expected_checkpoint (path, state)",
                           err);
    if (status == CKL_OK)
        status = check_run(job,
                           "CREATE INDEX temp.expected_file_component"
                           " ON expected_file (component)",
                           err);
    if (status == CKL_OK)
        status =
            check_run(job, "CREATE TEMP TABLE first_config (config INTEGER PRIMARY KEY, seq)", err);
    if (status == CKL_OK)
        status = check_run(
            job, "CREATE TEMP TABLE first_dump (experiment INTEGER PRIMARY KEY, seq)", err);
    if (status == CKL_OK)
        status = check_run(
            job, "CREATE TEMP TABLE architecture (model INTEGER PRIMARY KEY, digest, known)", err);
    if (status == CKL_OK)
        status = check_run(job, "INSERT INTO temp.expected_session SELECT * FROM _session", err);
    return status == CKL_OK
               ? check_run(job, "UPDATE temp.expected_session SET ended_us = NULL, outcome = NULL",
                           err)
               : status;
}

/* An experiment's hash is made of the segments of its components. */
static const char EXPERIMENTS[] =
    "INSERT INTO temp.expected_experiment SELECT it.id,"
    " coalesce(model.segment, '00000000') || coalesce(config.segment, '00000000')"
    " || coalesce(data.segment, '00000000'), it.model, it.config, it.data, dump.seq"
    " FROM _experiment AS it"
    " LEFT JOIN _component AS model ON model.id = it.model"
    " LEFT JOIN _component AS config ON config.id = it.config"
    " LEFT JOIN _component AS data ON data.id = it.data"
    " LEFT JOIN temp.first_dump AS dump ON dump.experiment = it.id";

ckl_status check_replay(ckl_check *job, ckl_error *err)
{
    replay work = {.job = job};
    ckl_status status = begin(job, err);
    if (status == CKL_OK)
        status = read_runs(&work, err);
    if (status == CKL_OK)
        status = replay_all(&work, err);
    for (size_t index = 0; status == CKL_OK && index < work.run_count; index++)
        status = put_run(&work, &work.runs[index], err);
    if (status == CKL_OK)
        status = check_run(job, EXPERIMENTS, err);
    free(work.runs);
    return status;
}
