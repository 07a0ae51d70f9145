/* Workloads that are about the ledger. */
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workloads.h"

static worker me = {.alone = true};

static void begin(void)
{
    work_open(&me, "tester", NULL);
    work_config(&me, "{\"lr\": 0.1, \"host\": \"a\"}", false);
    work_data(&me, 20, 0, false);
}

static void end(void)
{
    work_close(&me);
    work_tell_history();
}

static void done(ckl_status status, const char *what)
{
    work_need(status, what);
    work_done(&me, false);
}

/* ---- changes --------------------------------------------------------------------------------- */

void run_update(void)
{
    begin();
    work_baseline();
    work_config(&me, "{\"lr\": 0.2}", false);
    work_data(&me, 25, 1, false);
    work_model(&me, 3);
    work_config(&me, "{\"lr\": 0.1}", false);
    work_data(&me, 20, 0, false);
    end();
}

void run_edit(void)
{
    begin();
    work_baseline();
    work_discard(&me, "sample_00001", false);
    work_discard(&me, "sample_00002", true);
    work_discard(&me, "sample_00003", false);
    work_dump(&me, false);
    end();
}

/* Leaving a state that has weights dumps it first. */
void run_switch(void)
{
    begin();
    work_dump(&me, false);
    ckl_hash first = work_head(&me);
    work_baseline();
    work_config(&me, "{\"lr\": 0.2}", false);
    work_save(&me, 100, "weights");
    work_switch(&me, first.text);
    work_data(&me, 22, 3, false);
    work_dump(&me, false);
    work_switch(&me, "@~1");
    end();
}

void run_new_run(void)
{
    ckl_options options = {.run = "wide"};
    begin();
    work_dump(&me, false);
    work_save(&me, 100, "weights");
    ckl_hash first = work_head(&me);
    work_baseline();
    work_start(&me);
    done(ckl_manager_new_run(me.manager, "wide", first.text, &work_error), "new run");
    work_close(&me);
    work_open(&me, "tester", &options);
    work_config(&me, "{\"lr\": 0.3}", true);
    work_save(&me, 100, "weights of the other run");
    end();
}

void run_ignore(void)
{
    begin();
    work_dump(&me, false);
    work_baseline();
    work_start(&me);
    done(ckl_manager_ignore(NULL, me.manager, "/host", true, "differs", &work_error), "ignore");
    work_config(&me, "{\"lr\": 0.1, \"host\": \"b\"}", false);
    work_config(&me, "{\"lr\": 0.2, \"host\": \"b\"}", true);
    work_start(&me);
    done(ckl_manager_ignore(NULL, me.manager, "/host", false, NULL, &work_error), "ignore");
    work_dump(&me, true);
    end();
}

void run_metrics(void)
{
    begin();
    work_dump(&me, false);
    work_baseline();
    for (int64_t step = 1; step <= 12; step++) {
        work_need(ckl_manager_log_metric(me.manager, step, "loss", 1.0 / (double)step, &work_error),
                  "metric");
        if (step % 4 != 0)
            continue;
        work_start(&me);
        done(ckl_manager_flush_metrics(me.manager, &work_error), "flush");
        work_save(&me, step, "weights");
    }
    end();
}

/* What a receipt says stands. */
void run_receipts(void)
{
    begin();
    work_dump(&me, false);
    work_baseline();
    work_config(&me, "{\"lr\": 0.2}", false);
    work_receipt(&me);
    work_data(&me, 21, 2, false);
    work_config(&me, "{\"lr\": 0.3}", false);
    work_receipt(&me);
    work_dump(&me, false);
    work_config(&me, "{\"lr\": 0.4}", false);
    end();
}

void run_names(void)
{
    begin();
    work_baseline();
    work_start(&me);
    done(ckl_manager_name(NULL, me.manager, "@", "first", NULL, &work_error), "name");
    work_start(&me);
    done(ckl_manager_note(NULL, me.manager, "@", "looks good", NULL, &work_error), "note");
    work_dump(&me, false);
    work_start(&me);
    done(ckl_manager_name(NULL, me.manager, "@", "best", NULL, &work_error), "name");
    end();
}

/* So much that the log is copied into the ledger on the way, and begun anew. */
void run_large_log(void)
{
    begin();
    work_baseline();
    for (int round = 0; round < 8; round++) {
        work_data(&me, 1200 + 100 * round, round, false);
        if (round % 3 == 2)
            work_dump(&me, false);
    }
    end();
}

/* ---- other ledgers --------------------------------------------------------------------------- */

static const char *other_root(void)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/other", work_folder());
    return path;
}

static void make_other(void)
{
    static const char CONFIG[] = "{\"lr\": 0.7}";
    ckl_manager *other = NULL;
    ckl_config *config = NULL;
    ckl_update_result result;
    ckl_options options = {.actor = "somebody else"};
    work_need(ckl_manager_open(&other, other_root(), &options, &work_error), "open other");
    work_need(ckl_config_parse(&config, CONFIG, strlen(CONFIG), CKL_FORMAT_JSON, "other", NULL,
                               &work_error),
              "config");
    ckl_update update = {.config = config, .dump_immediately = true};
    work_need(ckl_manager_update_experiment_hash(&result, other, &update, &work_error), "other");
    ckl_config_free(config);
    ckl_manager_close(other);
}

/* Events of others keep their actors, so that what became of history is read from it. */
void run_merge(void)
{
    ckl_merge_result result;
    ckl_merge_options options = {.as = "other"};
    begin();
    make_other();
    work_baseline();
    work_start(&me);
    done(ckl_merge(&result, me.manager, other_root(), &options, &work_error), "merge");
    work_config(&me, "{\"lr\": 0.2}", true);
    end();
}

static char *read_text(const char *path)
{
    struct stat found;
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0 || fstat(descriptor, &found) != 0)
        work_need(CKL_IO, path);
    char *text = calloc(1, (size_t)found.st_size + 1);
    if (text == NULL || read(descriptor, text, (size_t)found.st_size) != found.st_size)
        work_need(CKL_IO, path);
    close(descriptor);
    return text;
}

/* Files of the old ledger are not there: nobody looks for them. */
static void say_missing(sqlite3 *connection)
{
    sqlite3_stmt *row = NULL;
    sqlite3_prepare_v2(connection,
                       "SELECT path FROM _file UNION SELECT path FROM _checkpoint"
                       " UNION SELECT max(seq) FROM _event",
                       -1, &row, NULL);
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *path = (const char *)sqlite3_column_text(row, 0);
        const char *last = strrchr(path, '/');
        if (last != NULL)
            work_say("never %.64s", last + 1);
        else
            work_say("had %s", path);
    }
    sqlite3_finalize(row);
}

void run_migration(void)
{
    char path[PATH_MAX + 16];
    sqlite3 *connection = NULL;
    static const char STAMP[] = "PRAGMA application_id=0x434b4c31; PRAGMA user_version=1;"
                                " PRAGMA journal_mode=WAL";
    char *text = read_text(TESTS_DIR "/golden/ledger_v1.sql");
    (void)mkdir(work_root(), 0777);
    snprintf(path, sizeof path, "%s/ledger.db", work_root());
    if (sqlite3_open(path, &connection) != SQLITE_OK ||
        sqlite3_exec(connection, text, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(connection, STAMP, NULL, NULL, NULL) != SQLITE_OK)
        work_need(CKL_IO, sqlite3_errmsg(connection));
    free(text);
    say_missing(connection);
    sqlite3_close(connection);
    work_baseline();
    work_open(&me, "tester", NULL);
    work_config(&me, "{\"lr\": 0.9, \"root\": \"/c\"}", false);
    work_dump(&me, false);
    end();
}

/* ---- other places ---------------------------------------------------------------------------- */

/* A ledger that had a log finds itself on a file system that machines share. */
void run_leave_log(void)
{
    setenv("CKL_FILE_SYSTEM", "local", 1);
    begin();
    work_dump(&me, false);
    work_config(&me, "{\"lr\": 0.2}", false);
    work_close(&me);
    work_baseline();
    setenv("CKL_FILE_SYSTEM", "network", 1);
    work_open(&me, "tester", NULL);
    work_config(&me, "{\"lr\": 0.3}", false);
    work_dump(&me, false);
    end();
}

void run_elsewhere(void)
{
    char folder[PATH_MAX], path[PATH_MAX + 16];
    ckl_options options = {.ledger = path};
    snprintf(folder, sizeof folder, "%s/elsewhere", work_folder());
    snprintf(path, sizeof path, "%s/ledger.db", folder);
    (void)mkdir(folder, 0777);
    work_baseline();
    work_open(&me, "tester", &options);
    work_config(&me, "{\"lr\": 0.1}", true);
    work_save(&me, 100, "weights");
    work_close(&me);
    setenv("CKL_LEDGER", path, 1); /* where history is read from at the end */
    work_tell_history();
}

void run_snapshot(void)
{
    char path[PATH_MAX];
    ckl_snapshot_info info;
    snprintf(path, sizeof path, "%s/snapshot.db", work_folder());
    begin();
    work_baseline();
    for (int round = 0; round < 3; round++) {
        work_data(&me, 30, round + 1, false);
        work_start(&me);
        done(ckl_snapshot(&info, me.manager, path, NULL, &work_error), "snapshot");
    }
    end();
}
