/* Power goes while what another program left is finished, or undone: it died with an intent. */
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs.h"
#include "workloads.h"

#define ACTOR "tester"

static worker me = {.alone = true};

/* ---- dying ----------------------------------------------------------------------------------- */

static int commits_left = -1; /* of this process, until it dies; negative: it lives */

static int before_commit(void *context)
{
    (void)context;
    if (commits_left >= 0 && commits_left-- == 0)
        raise(SIGKILL);
    return 0;
}

static int watch(sqlite3 *ledger, char **message, const void *unused)
{
    (void)message, (void)unused;
    sqlite3_commit_hook(ledger, before_commit, NULL);
    return SQLITE_OK;
}

static long ask(const char *sql)
{
    char path[1024];
    sqlite3 *ledger = NULL;
    sqlite3_stmt *row = NULL;
    long answer = -1;
    snprintf(path, sizeof path, "%s/ledger.db", work_root());
    if (sqlite3_open_v2(path, &ledger, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(ledger, sql, -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW)
        answer = (long)sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(ledger);
    return answer;
}

typedef ckl_status operation(ckl_manager *manager, ckl_error *err);

/* A program does it and dies, at the latest before its second commit, which would remove its
 * intent. From there on power may go. */
static void leave(operation *act, long intents)
{
    int result = 0;
    work_close(&me);
    pid_t child = fork();
    if (child == 0) {
        ckl_manager *manager = NULL;
        ckl_options options = {.actor = ACTOR};
        if (sqlite3_auto_extension((void (*)(void))watch) != SQLITE_OK)
            _exit(1);
        work_need(ckl_manager_open(&manager, work_root(), &options, &work_error), "open");
        commits_left = 1;
        _exit(act(manager, &work_error) == CKL_OK ? 2 : 3);
    }
    if (child < 0 || waitpid(child, &result, 0) != child || !WIFSIGNALED(result) ||
        ask("SELECT count(*) FROM _intent") != intents)
        work_need(CKL_IO, "it did not leave what it should");
    work_baseline();
    work_say("had %ld", ask("SELECT max(seq) FROM _event"));
}

/* Opening recovers; what is recorded then stands on it. */
static void recover(void)
{
    work_start(&me);
    work_open(&me, ACTOR, NULL);
    work_done_in_parts(&me, false);
    work_config(&me, "{\"lr\": 0.9}", true);
    work_close(&me);
    work_tell_history();
}

static void begin(void)
{
    work_open(&me, ACTOR, NULL);
    work_config(&me, "{\"lr\": 0.1}", false);
    work_data(&me, 20, 0, true);
}

/* ---- what was done --------------------------------------------------------------------------- */

static ckl_status dump(ckl_manager *manager, ckl_error *err)
{
    ckl_dump_result result;
    return ckl_manager_dump_pending_changes(&result, manager, false, err);
}

void run_recover_dump(void)
{
    begin();
    work_model(&me, 3);
    work_config(&me, "{\"lr\": 0.2}", false);
    leave(dump, 1);
    recover();
}

static ckl_status save(ckl_manager *manager, const ckl_checkpoint *weights, ckl_error *err)
{
    ckl_checkpoint_result result;
    return ckl_manager_save_model_checkpoint(&result, manager, weights, err);
}

static ckl_status save_bytes(ckl_manager *manager, ckl_error *err)
{
    return save(manager, &(ckl_checkpoint){.step = 100, .bytes = "other weights", .size = 13}, err);
}

void run_recover_checkpoint(void)
{
    begin();
    leave(save_bytes, 1);
    recover();
}

void run_recover_replace(void)
{
    begin();
    work_save(&me, 100, "the first weights");
    leave(save_bytes, 1);
    recover();
}

static const char *moved;

static ckl_status save_moved(ckl_manager *manager, ckl_error *err)
{
    return save(manager, &(ckl_checkpoint){.step = 100, .path = moved, .move = true}, err);
}

void run_recover_move(void)
{
    digest sum;
    uint64_t size;
    char hex[65];
    begin();
    moved = work_make_file("moved.pt", "weights that are nowhere else", 29);
    work_need(fs_hash_file(&sum, &size, moved, &work_error), moved);
    digest_hex(hex, &sum);
    leave(save_moved, 1);
    work_say("keep %s", hex);
    recover();
}

static ckl_status collect(ckl_manager *manager, ckl_error *err)
{
    ckl_gc *done = NULL;
    ckl_gc_options options = {.keep_last = 1};
    ckl_status status = ckl_gc_run(&done, manager, &options, err);
    ckl_gc_close(done);
    return status;
}

void run_recover_gc(void)
{
    begin();
    for (int64_t step = 100; step <= 400; step += 100)
        work_save(&me, step, step % 200 == 0 ? "weights" : "other weights");
    leave(collect, 1);
    recover();
}

/* Half of the weights are staged, before there is an intent: they go. */
static ckl_status write_half(void *context, int file, ckl_error *err)
{
    (void)context, (void)err;
    if (write(file, "half of the wei", 15) == 15)
        raise(SIGKILL);
    return CKL_IO;
}

static ckl_status save_half(ckl_manager *manager, ckl_error *err)
{
    return save(manager, &(ckl_checkpoint){.step = 100, .write = write_half}, err);
}

void run_undo_checkpoint(void)
{
    begin();
    work_save(&me, 100, "the first weights");
    leave(save_half, 0);
    recover();
}
