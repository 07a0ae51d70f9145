/* The part of the replay that is about files: dumps, checkpoints, and what was taken away. */
#include <stdio.h>
#include <string.h>

#include "check_replay.h"

static bool read_hex(digest *out, const char *hex)
{
    if (strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64)
        return false;
    for (size_t index = 0; index < sizeof out->bytes; index++) {
        unsigned byte = 0;
        (void)sscanf(hex + 2 * index, "%2x", &byte);
        out->bytes[index] = (unsigned char)byte;
    }
    return true;
}

/* One file as a detail names it. */
typedef struct named_file {
    const char *path;
    json_int_t size;
    digest sha256;
} named_file;

static bool read_file(named_file *out, json_t *value)
{
    const char *hex = NULL;
    return json_unpack(value, "{s:s, s:I, s:s}", "path", &out->path, "size", &out->size, "sha256",
                       &hex) == 0 &&
           read_hex(&out->sha256, hex);
}

/* ---- dumps ----------------------------------------------------------------------------------- */

/* What kind of file it is shows in its name. */
static ckl_status put_file(replay *work, const replay_event *event, const named_file *file,
                           ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status =
        db_query(&running, work->job->ledger,
                 "INSERT OR REPLACE INTO temp.expected_file"
                 " (path, experiment, component, config, size, sha256, event)"
                 " SELECT :path, id, CASE WHEN :path LIKE '%_architecture.pkl' THEN model"
                 "  WHEN :path LIKE '%_config.yaml' THEN config ELSE data END,"
                 " CASE WHEN :path LIKE '%_config.yaml' THEN :config END, :size, :sha256, :event"
                 " FROM _experiment WHERE id = :experiment",
                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":path", file->path);
    bind_id(&running, ":config", event->columns.config);
    bind_integer(&running, ":size", file->size);
    bind_digest(&running, ":sha256", &file->sha256);
    bind_integer(&running, ":event", event->seq);
    bind_integer(&running, ":experiment", event->columns.experiment);
    return statement_run(&running, err);
}

/* Events of version 1 do not name their files: path, size and SHA-256 of what stands under them are
 * taken as they are (the chain covers the SHA-256). */
static ckl_status take_files(replay *work, const replay_event *event, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(
        &running, work->job->ledger,
        "INSERT OR REPLACE INTO temp.expected_file"
        " (path, experiment, component, config, size, sha256, event)"
        " SELECT file.path, it.id, CASE WHEN file.path LIKE '%_architecture.pkl' THEN it.model"
        "  WHEN file.path LIKE '%_config.yaml' THEN it.config ELSE it.data END,"
        " CASE WHEN file.path LIKE '%_config.yaml' THEN :config END, file.size, file.sha256, :event"
        " FROM _file AS file JOIN _experiment AS it ON it.id = :experiment"
        " WHERE file.event = :event",
        err);
    if (status != CKL_OK)
        return status;
    bind_id(&running, ":config", event->columns.config);
    bind_integer(&running, ":event", event->seq);
    bind_integer(&running, ":experiment", event->columns.experiment);
    return statement_run(&running, err);
}

static ckl_status note_dump(replay *work, const replay_event *event, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, work->job->ledger,
                                 "INSERT OR IGNORE INTO temp.first_dump (experiment, seq)"
                                 " VALUES (:experiment, :seq)",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":experiment", event->columns.experiment);
    bind_integer(&running, ":seq", event->seq);
    return statement_run(&running, err);
}

ckl_status replay_dump(replay *work, const replay_event *event, ckl_error *err)
{
    json_t *files = json_object_get(event->detail, "files");
    ckl_status status = note_dump(work, event, err);
    if (status == CKL_OK && event->first_version && files == NULL)
        return take_files(work, event, err);
    if (status == CKL_OK && !json_is_array(files))
        return replay_complain(work, event, "does not name its files", err);
    for (size_t index = 0; status == CKL_OK && index < json_array_size(files); index++) {
        named_file file;
        if (read_file(&file, json_array_get(files, index)))
            status = put_file(work, event, &file, err);
        else
            status = replay_complain(work, event, "names a file that is none", err);
    }
    return status;
}

/* ---- checkpoints ----------------------------------------------------------------------------- */

static ckl_status replace_present(replay *work, const char *path, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, work->job->ledger,
                                 "UPDATE temp.expected_checkpoint SET state = 'replaced'"
                                 " WHERE path = :path AND state = 'present'",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":path", path);
    return statement_run(&running, err);
}

static ckl_status put_checkpoint(replay *work, const replay_event *event, const named_file *file,
                                 const ledger_run *origin, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(
        &running, work->job->ledger,
        "INSERT INTO temp.expected_checkpoint (id, event, run, experiment, step, path,"
        " size, sha256, state, note, from_checkpoint, first_step, pending, origin, removed)"
        " VALUES (:id, :event, :run, :experiment, :step, :path, :size, :sha256,"
        " CASE WHEN :elsewhere THEN 'removed' ELSE 'present' END, :note, :from_checkpoint,"
        " :first_step, :pending, :origin, CASE WHEN :elsewhere THEN :event END)",
        err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":elsewhere", json_object_get(event->detail, "elsewhere") != NULL);
    bind_integer(&running, ":id", work->checkpoint_count);
    bind_integer(&running, ":event", event->seq);
    bind_integer(&running, ":run", event->columns.run);
    bind_integer(&running, ":experiment", event->columns.experiment);
    bind_integer(&running, ":step", event->columns.step);
    bind_text(&running, ":path", file->path);
    bind_integer(&running, ":size", file->size);
    bind_digest(&running, ":sha256", &file->sha256);
    bind_text(&running, ":note", json_string_value(json_object_get(event->detail, "note")));
    bind_id(&running, ":from_checkpoint", origin->from_checkpoint);
    if (origin->first_step < 0)
        bind_null(&running, ":first_step");
    else
        bind_integer(&running, ":first_step", origin->first_step);
    bind_integer(&running, ":pending",
                 json_integer_value(json_object_get(event->detail, "pending")));
    bind_text(&running, ":origin", ledger_origin_name(origin->origin));
    return statement_run(&running, err);
}

/* Of version 1 the row is taken as it is, but for what later events do to it. */
static ckl_status take_checkpoint(replay *work, const replay_event *event, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    STATEMENT_AUTO running = {0};
    ckl_status status =
        db_query(&row, work->job->ledger, "SELECT path FROM _checkpoint WHERE event = :event", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":event", event->seq);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        return CKL_OK;
    if (status == CKL_OK)
        status = replace_present(work, column_required(&row, 0), err);
    if (status == CKL_OK)
        status = db_query(&running, work->job->ledger,
                          "INSERT INTO temp.expected_checkpoint (id, event, run, experiment, step,"
                          " path, size, sha256, state, note, from_checkpoint, first_step, pending,"
                          " origin) SELECT :id, event, :run, :experiment, :step, path, size,"
                          " sha256, 'present', note, from_checkpoint, first_step, pending, origin"
                          " FROM _checkpoint WHERE event = :event",
                          err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":id", work->checkpoint_count);
    bind_integer(&running, ":run", event->columns.run);
    bind_integer(&running, ":experiment", event->columns.experiment);
    bind_integer(&running, ":step", event->columns.step);
    bind_integer(&running, ":event", event->seq);
    return statement_run(&running, err);
}

ckl_status replay_checkpoint(replay *work, replay_run *run, const replay_event *event,
                             ckl_error *err)
{
    ledger_run origin = {.first_step = -1};
    named_file file;
    json_t *files = json_object_get(event->detail, "files");
    int64_t id = ++work->checkpoint_count;
    ckl_status status = CKL_OK;
    if (event->first_version && files == NULL) {
        status = take_checkpoint(work, event, err);
    } else if (json_array_size(files) != 1 || !read_file(&file, json_array_get(files, 0))) {
        status = replay_complain(work, event, "does not name the file that it saved", err);
    } else {
        status = replay_origin(&origin, work, event, err);
        if (status == CKL_OK && json_object_get(event->detail, "elsewhere") == NULL)
            status = replace_present(work, file.path, err);
        if (status == CKL_OK)
            status = put_checkpoint(work, event, &file, &origin, err);
    }
    int64_t step = event->columns.step;
    run->row.from_checkpoint = id;
    run->row.first_step = step < INT64_MAX ? step + 1 : step;
    run->row.origin = ORIGIN_CHECKPOINT;
    run->open_origin = false;
    return status;
}

/* ---- what was taken away --------------------------------------------------------------------- */

ckl_status replay_removal(replay *work, const replay_event *event, ckl_error *err)
{
    const char *path = json_string_value(json_object_get(event->detail, "path"));
    STATEMENT_AUTO weights = {0};
    STATEMENT_AUTO dumped = {0};
    if (path == NULL)
        return replay_complain(work, event, "does not name what was taken away", err);
    ckl_status status =
        db_query(&weights, work->job->ledger,
                 "UPDATE temp.expected_checkpoint SET state = 'removed', removed = :event"
                 " WHERE path = :path AND state = 'present'",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&weights, ":event", event->seq);
    bind_text(&weights, ":path", path);
    status = statement_run(&weights, err);
    if (status == CKL_OK)
        status = db_query(&dumped, work->job->ledger,
                          "DELETE FROM temp.expected_file WHERE path = :path", err);
    if (status != CKL_OK)
        return status;
    bind_text(&dumped, ":path", path);
    return statement_run(&dumped, err);
}
