#include "work.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ckl_error work_error;

const char *work_folder(void)
{
    return getenv("FAULT_FOLDER");
}

const char *work_root(void)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/root", work_folder());
    return path;
}

void work_need(ckl_status status, const char *what)
{
    if (status == CKL_OK)
        return;
    fprintf(stderr, "fault: %s: %s: %s\n", what, ckl_status_name(status), work_error.message);
    _exit(1);
}

/* ---- saying ---------------------------------------------------------------------------------- */

void work_say(const char *format, ...)
{
    static void (*mark)(const char *text);
    char text[256];
    va_list arguments;
    if (mark == NULL) {
        void *symbol = dlsym(RTLD_DEFAULT, "fault_mark");
        if (symbol == NULL)
            work_need(CKL_MISUSE, "a workload runs behind the recorder only");
        memcpy(&mark, &symbol, sizeof mark);
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    mark(text);
}

void work_baseline(void)
{
    work_say("baseline");
}

void work_start(worker *self)
{
    self->operation++;
    ckl_error_clear(&work_error);
    work_say("start %d", self->operation);
}

void work_failed(worker *self)
{
    if (getenv("FAULT_FAIL_SYNC") == NULL)
        work_need(CKL_IO, "an operation that nothing disturbs");
    work_say("failed %d", self->operation);
}

/* The last event of an actor (NULL: of anybody), its chain, and how many metrics there are. */
static long read_ledger(char chain[65], long *metrics, const char *ledger, const char *actor)
{
    sqlite3 *connection = NULL;
    sqlite3_stmt *row = NULL;
    long seq = 0;
    strcpy(chain, "none");
    *metrics = 0;
    if (sqlite3_open_v2(ledger, &connection, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(connection, 5000) != SQLITE_OK ||
        sqlite3_prepare_v2(connection,
                           "SELECT seq, lower(hex(chain)), (SELECT count(*) FROM _metric)"
                           " FROM _event WHERE actor = ?1 ORDER BY seq DESC LIMIT 1",
                           -1, &row, NULL) != SQLITE_OK)
        work_need(CKL_IO, sqlite3_errmsg(connection));
    sqlite3_bind_text(row, 1, actor, -1, SQLITE_STATIC);
    if (sqlite3_step(row) == SQLITE_ROW) {
        seq = (long)sqlite3_column_int64(row, 0);
        snprintf(chain, 65, "%s", (const char *)sqlite3_column_text(row, 1));
        *metrics = (long)sqlite3_column_int64(row, 2);
    }
    sqlite3_finalize(row);
    sqlite3_close(connection);
    return seq;
}

void work_done_in_parts(worker *self, bool durable)
{
    char chain[65];
    long metrics;
    if (self->manager != NULL)
        snprintf(self->ledger, sizeof self->ledger, "%s", ckl_manager_ledger(self->manager));
    self->seq = read_ledger(chain, &metrics, self->ledger, self->actor);
    work_say("ack %d %c %ld %ld %s", self->operation, durable ? 'D' : 'P', self->seq, metrics,
             chain);
}

void work_done(worker *self, bool durable)
{
    long before = self->seq;
    work_done_in_parts(self, durable);
    if (self->alone && self->seq > before + 1)
        work_say("whole %ld %ld", before, self->seq);
}

void work_tell_history(void)
{
    char path[PATH_MAX + 16];
    sqlite3 *connection = NULL;
    sqlite3_stmt *row = NULL;
    const char *elsewhere = getenv("CKL_LEDGER");
    snprintf(path, sizeof path, "%s/ledger.db", work_root());
    if (sqlite3_open_v2(elsewhere != NULL ? elsewhere : path, &connection, SQLITE_OPEN_READONLY,
                        NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(connection, "SELECT seq, lower(hex(chain)) FROM _event ORDER BY seq", -1,
                           &row, NULL) != SQLITE_OK)
        work_need(CKL_IO, sqlite3_errmsg(connection));
    while (sqlite3_step(row) == SQLITE_ROW)
        work_say("history %ld %s", (long)sqlite3_column_int64(row, 0),
                 (const char *)sqlite3_column_text(row, 1));
    sqlite3_finalize(row);
    sqlite3_close(connection);
}

/* ---- operations ------------------------------------------------------------------------------ */

void work_open(worker *self, const char *actor, const ckl_options *options)
{
    ckl_options chosen = options != NULL ? *options : (ckl_options){0};
    int operation = self->operation;
    bool alone = self->alone;
    *self = (worker){.operation = operation, .alone = alone};
    snprintf(self->actor, sizeof self->actor, "%s", actor);
    chosen.actor = self->actor;
    work_need(ckl_manager_open(&self->manager, work_root(), &chosen, &work_error), "open");
}

void work_close(worker *self)
{
    ckl_manager_close(self->manager);
    self->manager = NULL;
}

/* An update, which with a dump, or when a state with weights is left, is more than one transaction.
 */
static void update(worker *self, const ckl_update *what)
{
    ckl_update_result result;
    work_start(self);
    ckl_status status =
        ckl_manager_update_experiment_hash(&result, self->manager, what, &work_error);
    if (status != CKL_OK)
        work_failed(self);
    else
        work_done_in_parts(self, what->dump_immediately);
}

void work_config(worker *self, const char *json, bool dump)
{
    ckl_config *config = NULL;
    work_need(
        ckl_config_parse(&config, json, strlen(json), CKL_FORMAT_JSON, "fault", NULL, &work_error),
        "config");
    update(self, &(ckl_update){.config = config, .dump_immediately = dump, .reason = "faster"});
    ckl_config_free(config);
}

void work_data(worker *self, int samples, int variant, bool dump)
{
    ckl_data_state *state = NULL;
    char uid[32];
    work_need(ckl_data_state_new(&state, &work_error), "data");
    for (int number = 0; number < samples; number++) {
        snprintf(uid, sizeof uid, "sample_%05d", number);
        work_need(ckl_data_state_add(state, uid, &work_error), uid);
        if ((number + variant) % 7 == 0)
            work_need(ckl_data_state_add_discarded(state, uid, &work_error), uid);
        if ((number + variant) % 5 == 0)
            work_need(ckl_data_state_add_tag(state, uid, "hard", &work_error), uid);
    }
    update(self, &(ckl_update){.data = state, .dump_immediately = dump});
    ckl_data_state_free(state);
}

void work_model(worker *self, int width)
{
    ckl_model *model = NULL;
    char text[256];
    snprintf(text, sizeof text,
             "{\"class\": \"Net\", \"modules\": [{\"name\": \"fc\", \"type\": \"Linear\","
             " \"attributes\": {\"in\": 4, \"out\": %d}}]}",
             width);
    work_need(
        ckl_model_parse(&model, text, strlen(text), CKL_FORMAT_JSON, "fault", NULL, &work_error),
        "model");
    update(self, &(ckl_update){.model = model});
    ckl_model_free(model);
}

void work_dump(worker *self, bool force)
{
    ckl_dump_result result;
    work_start(self);
    if (ckl_manager_dump_pending_changes(&result, self->manager, force, &work_error) == CKL_OK)
        work_done(self, true);
    else
        work_failed(self);
}

void work_save(worker *self, int64_t step, const char *weights)
{
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {.step = step, .bytes = weights, .size = strlen(weights)};
    work_start(self);
    if (ckl_manager_save_model_checkpoint(&result, self->manager, &checkpoint, &work_error) ==
        CKL_OK)
        work_done_in_parts(self, true);
    else
        work_failed(self);
}

void work_receipt(worker *self)
{
    char *text = NULL;
    work_start(self);
    work_need(ckl_receipt(&text, self->manager, &work_error), "receipt");
    ckl_free(text);
    work_done(self, true);
}

void work_discard(worker *self, const char *uid, bool dump)
{
    ckl_update_result result;
    ckl_edit edit = {.action = CKL_EDIT_DISCARD,
                     .uids = &uid,
                     .uid_count = 1,
                     .dump_immediately = dump,
                     .reason = "blurred"};
    work_start(self);
    work_need(ckl_manager_edit_samples(&result, self->manager, &edit, &work_error), "discard");
    work_done_in_parts(self, dump);
}

void work_switch(worker *self, const char *hash)
{
    ckl_switch_result result;
    work_start(self);
    work_need(ckl_manager_switch(&result, self->manager, hash, -1, &work_error), "switch");
    work_done_in_parts(self, false);
}

ckl_hash work_head(worker *self)
{
    ckl_hash head;
    work_need(ckl_manager_resolve(&head, self->manager, "@", &work_error), "head");
    return head;
}

const char *work_make_file(const char *name, const char *bytes, size_t size)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/in", work_folder());
    int folder, descriptor;
    (void)mkdir(path, 0777);
    folder = open(path, O_RDONLY | O_DIRECTORY);
    snprintf(path, sizeof path, "%s/in/%s", work_folder(), name);
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    int top = open(work_folder(), O_RDONLY | O_DIRECTORY);
    if (folder < 0 || descriptor < 0 || write(descriptor, bytes, size) != (ssize_t)size ||
        fsync(descriptor) != 0 || fsync(folder) != 0 || fsync(top) != 0)
        work_need(CKL_IO, path);
    close(descriptor);
    close(folder);
    close(top);
    return path;
}
