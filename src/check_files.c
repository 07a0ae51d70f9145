/* The tree: every recorded file, and what else lies there. */
#include "check_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define SETTLING_US 50000 /* what a living process does between two of its steps takes less */

/* A file that a row speaks of. */
typedef struct tree_row {
    char *path;
    uint64_t size;
    digest sha256;
    bool weights;
} tree_row;

typedef struct tree_look {
    ckl_check *job;
    tree_row *rows; /* by path */
    size_t count, capacity;
    uint64_t bytes; /* of all */
} tree_look;

/* ---- rows ------------------------------------------------------------------------------------ */

static ckl_status add_row(tree_look *look, const statement *row, ckl_error *err)
{
    if (look->count == look->capacity) {
        size_t capacity = look->capacity == 0 ? 64 : look->capacity * 2;
        tree_row *grown = realloc(look->rows, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        look->rows = grown;
        look->capacity = capacity;
    }
    tree_row *entry = &look->rows[look->count++];
    *entry = (tree_row){.path = strdup(column_required(row, 0)),
                        .size = (uint64_t)column_integer(row, 1),
                        .weights = column_integer(row, 3) != 0};
    look->bytes += entry->size;
    return entry->path != NULL ? column_digest(&entry->sha256, row, 2, err) : error_memory(err);
}

/* In memory, so that no reader holds up the log while files are read. */
static ckl_status read_rows(tree_look *look, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, look->job->ledger,
                                 "SELECT path, size, sha256, 0 FROM _file UNION ALL"
                                 " SELECT path, size, sha256, 1 FROM _checkpoint"
                                 " WHERE state = 'present' ORDER BY path",
                                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = add_row(look, &row, err);
    return status == CKL_DONE ? CKL_OK : status;
}

/* Whether a row speaks of the path, or of something below it. */
static bool has_row(const tree_look *look, const char *path)
{
    size_t low = 0, high = look->count, size = strlen(path);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(look->rows[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    /* Between "hp" and "hp/x" there may be "hp-", but no name in the tree is like that. */
    return low < look->count && strncmp(look->rows[low].path, path, size) == 0 &&
           (look->rows[low].path[size] == '\0' || look->rows[low].path[size] == '/');
}

/* Others may work meanwhile: whether the ledger says about a path what it said before (`row` NULL:
 * nothing), and nobody is busy with it. */
static ckl_status is_still_so(bool *out, tree_look *look, const char *path, const tree_row *row,
                              ckl_error *err)
{
    STATEMENT_AUTO asked = {0};
    int64_t any = 0;
    ckl_status status = db_query(
        &asked, look->job->ledger,
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM _intent WHERE instr(detail, :path) > 0) THEN 0"
        " WHEN EXISTS (SELECT 1 FROM _file WHERE path = :path AND sha256 = :sha256)"
        "   OR EXISTS (SELECT 1 FROM _checkpoint WHERE path = :path AND sha256 = :sha256"
        "              AND state = 'present') THEN 1"
        " WHEN EXISTS (SELECT 1 FROM _file WHERE path = :path)"
        "   OR EXISTS (SELECT 1 FROM _checkpoint WHERE path = :path AND state = 'present') THEN 2"
        " ELSE 3 END",
        err);
    if (status != CKL_OK)
        return status;
    bind_text(&asked, ":path", path);
    bind_digest(&asked, ":sha256", row != NULL ? &row->sha256 : NULL);
    status = ledger_first_integer(&any, &asked, err);
    *out = any == (row != NULL ? 1 : 3);
    return status;
}

/* ---- one file -------------------------------------------------------------------------------- */

ckl_status check_obstacle(char **out, const ckl_check *job, const char *relative, ckl_error *err)
{
    ckl_status status = CKL_OK;
    *out = NULL;
    for (const char *slash = strchr(relative, '/'); status == CKL_OK && slash != NULL && !*out;
         slash = strchr(slash + 1, '/')) {
        char *absolute = NULL, *folder = strndup(relative, (size_t)(slash - relative));
        status =
            folder != NULL ? storage_path(&absolute, job->tree, folder, err) : error_memory(err);
        if (status == CKL_OK && fs_exists(absolute) && !fs_is_directory(absolute)) {
            *out = folder;
            folder = NULL;
        }
        free(absolute);
        free(folder);
    }
    return status;
}

/* What is wrong with a file: *kind is NULL when nothing is. */
static ckl_status judge(const char **kind, char *message, size_t room, tree_look *look,
                        const tree_row *row, ckl_error *err)
{
    char *path = NULL, *obstacle = NULL;
    digest found;
    uint64_t size = 0;
    ckl_status status = storage_path(&path, look->job->tree, row->path, err);
    if (status == CKL_OK)
        status = check_obstacle(&obstacle, look->job, row->path, err);
    *kind = "changed";
    if (status != CKL_OK) {
        free(path);
        return status;
    }
    ckl_error unread = {0};
    ckl_status read = CKL_OK;
    if (obstacle != NULL) {
        snprintf(message, room, "'%s' is no folder, but a link or a file", obstacle);
    } else if (!fs_exists(path)) {
        *kind = "missing";
        snprintf(message, room, "is not there");
    } else if ((read = fs_file_size(&size, path, &unread)) == CKL_INVALID) {
        snprintf(message, room, "is no regular file");
    } else if (read == CKL_OK && size != row->size) {
        snprintf(message, room, "has %llu bytes, not %llu", (unsigned long long)size,
                 (unsigned long long)row->size);
    } else if (read == CKL_OK && (read = fs_hash_file(&found, &size, path, &unread)) == CKL_OK) {
        if (digest_equal(&found, &row->sha256))
            *kind = NULL;
        snprintf(message, room, "has other bytes than were recorded: its SHA-256 differs");
    } else {
        *kind = "unreadable";
        snprintf(message, room, "%.*s", (int)room - 1, unread.message);
    }
    free(path);
    free(obstacle);
    return CKL_OK;
}

static ckl_status look_at_row(tree_look *look, const tree_row *row, ckl_error *err)
{
    const char *kind = NULL;
    char message[512];
    bool still = false;
    ckl_check *job = look->job;
    ckl_status status = judge(&kind, message, sizeof message, look, row, err);
    job->counts.files++;
    job->counts.bytes += row->size;
    check_progress(job, "the files", job->counts.bytes, look->bytes);
    if (status != CKL_OK || kind == NULL)
        return status;
    status = is_still_so(&still, look, row->path, row, err);
    if (status != CKL_OK || !still)
        return status;
    return check_add(job, row->weights ? FIX_WEIGHTS : FIX_FILE, kind, row->path, err, "%s",
                     message);
}

/* ---- what else lies there -------------------------------------------------------------------- */

static ckl_status add_unknown(tree_look *look, const char *path, bool folder, ckl_error *err)
{
    bool still = false;
    ckl_status status = is_still_so(&still, look, path, NULL, err);
    if (status != CKL_OK || !still)
        return status;
    return check_add(look->job, FIX_NONE, "unknown", path, err,
                     folder ? "is a folder that no experiment of this ledger has"
                            : "is there, but nothing in the ledger names it");
}

static ckl_status is_experiment(bool *out, tree_look *look, const char *name, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    int64_t any = 0;
    ckl_status status =
        db_query(&row, look->job->ledger,
                 "SELECT EXISTS (SELECT 1 FROM _experiment WHERE hash = :hash)", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":hash", name);
    status = ledger_first_integer(&any, &row, err);
    *out = any != 0;
    return status;
}

/* Folders: checkpoints/, {hash}/, model/ hp/ data/; files are at depth 3 only. */
static ckl_status may_hold_more(bool *out, tree_look *look, const char *name, int depth,
                                ckl_error *err)
{
    *out = depth == 2 &&
           (strcmp(name, "model") == 0 || strcmp(name, "hp") == 0 || strcmp(name, "data") == 0);
    return depth == 1 ? is_experiment(out, look, name, err) : CKL_OK;
}

static ckl_status look_into(tree_look *look, const char *relative, int depth, ckl_error *err);

static ckl_status look_at_name(tree_look *look, const char *relative, const char *name, int depth,
                               ckl_error *err)
{
    BUF_AUTO path = BUF_INIT;
    char *absolute = NULL;
    bool folder = false, holds = false;
    buf_add_format(&path, "%s/%s", relative, name);
    ckl_status status = buf_check(&path, err);
    if (status == CKL_OK)
        status = storage_path(&absolute, look->job->tree, path.data, err);
    if (status == CKL_OK) {
        folder = fs_is_directory(absolute);
        status = folder ? may_hold_more(&holds, look, name, depth, err) : CKL_OK;
    }
    if (status == CKL_OK && holds)
        status = look_into(look, path.data, depth + 1, err);
    else if (status == CKL_OK && !has_row(look, path.data) && fs_exists(absolute))
        status = add_unknown(look, path.data, folder, err);
    free(absolute);
    return status;
}

static int compare_names(const void *first, const void *second)
{
    return strcmp(*(char *const *)first, *(char *const *)second);
}

/* At most three deep. */
static ckl_status look_into(tree_look *look, const char *relative, int depth, ckl_error *err)
{
    char *absolute = NULL, **names = NULL;
    size_t count = 0;
    ckl_error found = {0};
    ckl_status status = storage_path(&absolute, look->job->tree, relative, err);
    if (status == CKL_OK && !fs_is_directory(absolute)) {
        free(absolute);
        return CKL_OK; /* what is in its place is told with the files that are not there */
    }
    if (status == CKL_OK && fs_list(&names, &count, absolute, &found) != CKL_OK)
        status = check_add(look->job, FIX_NONE, "unreadable", relative, err, "%s", found.message);
    if (count > 0)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t index = 0; status == CKL_OK && index < count; index++)
        status = look_at_name(look, relative, names[index], depth, err);
    free(names);
    free(absolute);
    return status;
}

ckl_status check_files(ckl_check *job, ckl_error *err)
{
    tree_look look = {.job = job};
    ckl_status status = read_rows(&look, err);
    for (size_t index = 0; status == CKL_OK && index < look.count; index++)
        status = look_at_row(&look, &look.rows[index], err);
    if (status == CKL_OK)
        status = look_into(&look, "checkpoints", 1, err);
    for (size_t index = 0; index < look.count; index++)
        free(look.rows[index].path);
    free(look.rows);
    return status;
}

/* ---- work of processes that are gone --------------------------------------------------------- */

/* The folder of an operation is locked as long as its process lives. */
static bool is_alive(const ckl_check *job, const char *op)
{
    char *path = NULL;
    fs_lock *look = NULL;
    BUF_AUTO relative = BUF_INIT;
    buf_add_format(&relative, ".ckl/tmp/%s/lease", op);
    if (relative.failed || storage_path(&path, job->tree, relative.data, NULL) != CKL_OK)
        return false;
    bool alive = fs_exists(path) && fs_lock_take(&look, path, true, 0, NULL) == CKL_BUSY;
    fs_lock_drop(look);
    free(path);
    return alive;
}

/* Whether it is still there, and still nobody's, a moment later. */
static bool stays_dead(const ckl_check *job, const char *op)
{
    if (is_alive(job, op))
        return false;
    clock_sleep_us(SETTLING_US);
    return !is_alive(job, op);
}

static ckl_status has_intent(bool *out, ckl_check *job, const char *op, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    int64_t any = 0;
    ckl_status status =
        db_query(&row, job->ledger, "SELECT EXISTS (SELECT 1 FROM _intent WHERE op = :op)", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":op", op);
    status = ledger_first_integer(&any, &row, err);
    *out = any != 0;
    return status;
}

static ckl_status look_at_intent(ckl_check *job, const char *op, ckl_error *err)
{
    char subject[160];
    bool still = false;
    if (!stays_dead(job, op))
        return CKL_OK;
    ckl_status status = has_intent(&still, job, op, err);
    snprintf(subject, sizeof subject, "_intent %s", op);
    return status == CKL_OK && still
               ? check_add(job, FIX_LEFTOVER, "leftover", subject, err,
                           "a process died in the middle of this: the next command that writes"
                           " finishes or undoes it")
               : status;
}

static ckl_status look_at_intents(ckl_check *job, ckl_error *err)
{
    char last[128] = "";
    for (;;) {
        char op[128];
        STATEMENT_AUTO row = {0};
        ckl_status status = db_query(
            &row, job->ledger, "SELECT op FROM _intent WHERE op > :last ORDER BY op LIMIT 1", err);
        if (status != CKL_OK)
            return status;
        bind_text(&row, ":last", last);
        status = statement_step(&row, err);
        if (status != CKL_OK)
            return status == CKL_DONE ? CKL_OK : status;
        snprintf(op, sizeof op, "%s", column_required(&row, 0));
        statement_done(&row);
        status = look_at_intent(job, op, err);
        if (status != CKL_OK)
            return status;
        memcpy(last, op, sizeof last);
    }
}

static ckl_status look_at_staged(ckl_check *job, const char *name, ckl_error *err)
{
    char *path = NULL;
    bool intended = false;
    BUF_AUTO relative = BUF_INIT;
    buf_add_format(&relative, ".ckl/tmp/%s", name);
    ckl_status status = buf_check(&relative, err);
    if (status == CKL_OK)
        status = has_intent(&intended, job, name, err);
    if (status == CKL_OK && !intended && stays_dead(job, name)) {
        status = storage_path(&path, job->tree, relative.data, err);
        if (status == CKL_OK && fs_exists(path))
            status = check_add(job, FIX_LEFTOVER, "leftover", relative.data, err,
                               "is what a process that died left behind");
    }
    free(path);
    return status;
}

ckl_status check_leftovers(ckl_check *job, ckl_error *err)
{
    char *path = NULL, **names = NULL;
    size_t count = 0;
    ckl_status status = look_at_intents(job, err);
    if (status == CKL_OK)
        status = storage_path(&path, job->tree, ".ckl/tmp", err);
    if (status == CKL_OK && fs_is_directory(path) && fs_list(&names, &count, path, NULL) != CKL_OK)
        count = 0; /* somebody else's: it is not ours to look at */
    for (size_t index = 0; status == CKL_OK && index < count; index++)
        status = look_at_staged(job, names[index], err);
    free(names);
    free(path);
    return status;
}
