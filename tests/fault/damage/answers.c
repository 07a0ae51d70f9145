#include "answers.h"

#include <ckl/ckl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../errors/places.h"
#include "fixed.h"
#include "manager_internal.h"

/* ---- asking ---------------------------------------------------------------------------------- */

/* One row for each thing that is recorded; what other views show follows from these. */
static const char *const QUESTIONS[] = {
    "SELECT * FROM events ORDER BY seq",
    "SELECT * FROM experiments ORDER BY experiment",
    "SELECT * FROM config_values ORDER BY 1, 2",
    "SELECT * FROM model_modules ORDER BY 1, 2",
    "SELECT * FROM sample_history ORDER BY 1, 2",
    "SELECT * FROM samples ORDER BY 1, 2",
    "SELECT * FROM checkpoints ORDER BY 1, 2, 3",
    "SELECT * FROM metrics ORDER BY 1, 2, 3, 4",
    "SELECT * FROM lineage ORDER BY 1, 2",
    "SELECT * FROM runs ORDER BY 1",
    "SELECT * FROM pending ORDER BY 1",
    "SELECT * FROM names ORDER BY 1",
    "SELECT * FROM notes ORDER BY 1",
};

static bool tell(answers *out, const char *what, ckl_status status, const ckl_error *err)
{
    if (err->message[0] == '\0')
        snprintf(out->told, sizeof out->told, "NO MESSAGE: %s: %s", what, ckl_status_name(status));
    else
        snprintf(out->told, sizeof out->told, "%s: %.500s", what, err->message);
    return false;
}

static void put_row(FILE *text, statement *row)
{
    for (int column = 0; column < sqlite3_column_count(row->raw); column++) {
        const char *value = (const char *)sqlite3_column_text(row->raw, column);
        fprintf(text, "%s|", value != NULL ? value : "null");
    }
    fputc('\n', text);
}

static bool ask_sql(answers *out, FILE *text, ckl_manager *manager)
{
    for (size_t at = 0; at < sizeof QUESTIONS / sizeof *QUESTIONS; at++) {
        STATEMENT_AUTO row = {0};
        ckl_error err = {0};
        ckl_status status = db_query(&row, manager->ledger, QUESTIONS[at], &err);
        while (status == CKL_OK && (status = statement_step(&row, &err)) == CKL_OK)
            put_row(text, &row);
        if (status != CKL_DONE)
            return tell(out, QUESTIONS[at], status, &err);
    }
    return true;
}

/* The contents of one state, as a program gets them. */
static bool ask_contents(answers *out, FILE *text, ckl_manager *manager, const char *hash)
{
    ckl_error err = {0};
    ckl_config *config = NULL;
    ckl_data_state *data = NULL;
    ckl_status status = ckl_manager_load_config(&config, manager, hash, &err);
    if (status == CKL_OK)
        fprintf(text, "%s: %s\n", hash, ckl_config_text(config));
    ckl_config_free(config);
    if (status != CKL_OK && status != CKL_NOT_FOUND)
        return tell(out, "config", status, &err);
    ckl_error_clear(&err);
    status = ckl_manager_load_data_state(&data, manager, hash, &err);
    for (uint64_t at = 0; status == CKL_OK && at < ckl_data_state_counts(data).total; at++) {
        ckl_sample sample = ckl_data_state_sample(data, at);
        fprintf(text, "%s %d", sample.uid, sample.discarded);
        for (size_t tag = 0; tag < sample.tag_count; tag++)
            fprintf(text, " %s", sample.tags[tag]);
        fputc('\n', text);
    }
    ckl_data_state_free(data);
    if (status != CKL_OK && status != CKL_NOT_FOUND)
        return tell(out, "data", status, &err);
    ckl_error_clear(&err);
    char *model = NULL;
    size_t size = 0;
    status = ckl_manager_load_model(&model, &size, manager, hash, &err);
    if (status == CKL_OK)
        fwrite(model, 1, size, text);
    ckl_free(model);
    return status == CKL_OK || status == CKL_NOT_FOUND || tell(out, "model", status, &err);
}

static bool ask_weights(answers *out, FILE *text, ckl_manager *manager)
{
    ckl_checkpoint_cursor *cursor = NULL;
    ckl_checkpoint_row row;
    ckl_error err = {0};
    ckl_status status = ckl_checkpoints(&cursor, manager, NULL, true, &err);
    while (status == CKL_OK && (status = ckl_checkpoint_next(&row, cursor, &err)) == CKL_OK)
        fprintf(text, "%s %lld %s\n", row.experiment, (long long)row.step, row.path);
    ckl_checkpoint_cursor_close(cursor);
    return status == CKL_DONE || tell(out, "checkpoints", status, &err);
}

static bool ask_states(answers *out, FILE *text, ckl_manager *manager)
{
    char hashes[32][CKL_HASH_LENGTH + 1];
    size_t count = 0;
    STATEMENT_AUTO row = {0};
    ckl_error err = {0};
    ckl_status status = db_query(&row, manager->ledger,
                                 "SELECT experiment FROM experiments ORDER BY experiment", &err);
    while (status == CKL_OK && (status = statement_step(&row, &err)) == CKL_OK)
        if (count < 32 && column_text(&row, 0) != NULL)
            snprintf(hashes[count++], sizeof hashes[0], "%s", column_text(&row, 0));
    if (status != CKL_DONE)
        return tell(out, "experiments", status, &err);
    for (size_t at = 0; at < count; at++)
        if (!ask_contents(out, text, manager, hashes[at]))
            return false;
    return true;
}

void answers_read(answers *out, const char *folder, bool read_only)
{
    char root[256];
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    ckl_options options = {.actor = "reader", .read_only = read_only, .must_exist = true};
    *out = (answers){0};
    snprintf(root, sizeof root, "%s/root", folder);
    ckl_status status = ckl_manager_open(&manager, root, &options, &err);
    if (status != CKL_OK) {
        tell(out, "opening", status, &err);
        return;
    }
    size_t size = 0;
    FILE *text = open_memstream(&out->text, &size);
    if (text == NULL)
        abort();
    bool good = ask_sql(out, text, manager) && ask_states(out, text, manager) &&
                ask_weights(out, text, manager);
    fclose(text);
    ckl_manager_close(manager);
    if (good)
        return;
    free(out->text);
    out->text = NULL;
}

long answers_check(char first[640], const char *folder)
{
    char root[256];
    ckl_check *check = NULL;
    ckl_finding finding;
    ckl_error err = {0};
    long count = 0;
    snprintf(root, sizeof root, "%s/root", folder);
    first[0] = '\0';
    ckl_status status = ckl_check_open(&check, root, NULL, &err);
    while (status == CKL_OK && (status = ckl_check_next(&finding, check, &err)) == CKL_OK)
        if (count++ == 0)
            snprintf(first, 640, "%s %.200s: %.300s", finding.kind, finding.subject,
                     finding.message);
    ckl_check_close(check);
    if (status == CKL_DONE)
        return count;
    snprintf(first, 640, "%.600s", err.message[0] != '\0' ? err.message : "NO MESSAGE: check");
    return -1;
}

/* ---- doing ----------------------------------------------------------------------------------- */

static ckl_status open_writing(ckl_manager **out, const char *folder, ckl_error *err)
{
    char root[256];
    ckl_options options = {.actor = "writer"};
    snprintf(root, sizeof root, "%s/root", folder);
    return ckl_manager_open(out, root, &options, err);
}

static ckl_status put_config(ckl_manager *manager, const char *json, bool dump, ckl_error *err)
{
    ckl_config *config = NULL;
    ckl_update_result result;
    ckl_status status =
        ckl_config_parse(&config, json, strlen(json), CKL_FORMAT_JSON, "step", NULL, err);
    ckl_update update = {.config = config, .dump_immediately = dump, .reason = "a step"};
    if (status == CKL_OK)
        status = ckl_manager_update_experiment_hash(&result, manager, &update, err);
    ckl_config_free(config);
    return status;
}

bool answers_write(char why[640], const char *folder)
{
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    ckl_status status = open_writing(&manager, folder, &err);
    if (status == CKL_OK)
        status = put_config(manager, "{\"after\": \"the damage\"}", true, &err);
    ckl_manager_close(manager);
    snprintf(why, 640, "%.600s",
             status == CKL_OK || err.message[0] != '\0' ? err.message : "NO MESSAGE: writing");
    return status == CKL_OK;
}

/* ---- a history ------------------------------------------------------------------------------- */

static ckl_status put_data(ckl_manager *manager, int samples, ckl_error *err)
{
    ckl_data_state *state = NULL;
    ckl_update_result result;
    char uid[32];
    ckl_status status = ckl_data_state_new(&state, err);
    for (int number = 0; status == CKL_OK && number < samples; number++) {
        snprintf(uid, sizeof uid, "sample_%03d", number);
        status = ckl_data_state_add(state, uid, err);
        if (status == CKL_OK && number % 7 == 0)
            status = ckl_data_state_add_discarded(state, uid, err);
        if (status == CKL_OK && number % 5 == 0)
            status = ckl_data_state_add_tag(state, uid, "hard", err);
    }
    ckl_update update = {.data = state};
    if (status == CKL_OK)
        status = ckl_manager_update_experiment_hash(&result, manager, &update, err);
    ckl_data_state_free(state);
    return status;
}

static ckl_status put_model(ckl_manager *manager, ckl_error *err)
{
    static const char MODEL[] = "{\"class\": \"Net\", \"modules\": [{\"name\": \"fc\", \"type\":"
                                " \"Linear\", \"attributes\": {\"in\": 4, \"out\": 2}}]}";
    ckl_model *model = NULL;
    ckl_update_result result;
    ckl_status status =
        ckl_model_parse(&model, MODEL, strlen(MODEL), CKL_FORMAT_JSON, "step", NULL, err);
    ckl_update update = {.model = model};
    if (status == CKL_OK)
        status = ckl_manager_update_experiment_hash(&result, manager, &update, err);
    ckl_model_free(model);
    return status;
}

static ckl_status edit(ckl_manager *manager, ckl_edit_action action, ckl_error *err)
{
    static const char *const UIDS[] = {"sample_003", "sample_004"};
    ckl_edit wanted = {.action = action, .uids = UIDS, .uid_count = 2, .tag = "new"};
    ckl_update_result result;
    if (action == CKL_EDIT_DISCARD)
        wanted.tag = NULL;
    return ckl_manager_edit_samples(&result, manager, &wanted, err);
}

static ckl_status save(ckl_manager *manager, int64_t step, ckl_error *err)
{
    char weights[64];
    snprintf(weights, sizeof weights, "weights of step %lld", (long long)step);
    const ckl_metric metrics[] = {{"loss", 1.0 / (double)step}};
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {.step = step,
                                 .bytes = weights,
                                 .size = strlen(weights),
                                 .metrics = metrics,
                                 .metric_count = 1};
    return ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, err);
}

#define STEPS       12
#define FIRST_STEPS 6
static ckl_status step(ckl_manager *manager, size_t number, ckl_error *err)
{
    ckl_dump_result dumped;
    switch (number) {
    case 0:
        return put_config(manager, "{\"lr\": 0.1, \"optimizer\": {\"name\": \"adam\"}}", false,
                          err);
    case 1:
        return put_data(manager, 30, err);
    case 2:
        return ckl_manager_dump_pending_changes(&dumped, manager, false, err);
    case 3:
        return save(manager, 100, err);
    case 4:
        return edit(manager, CKL_EDIT_DISCARD, err);
    case 5:
        return put_model(manager, err);
    case 6:
        return edit(manager, CKL_EDIT_TAG, err);
    case 7:
        return ckl_manager_dump_pending_changes(&dumped, manager, false, err);
    case 8:
        return save(manager, 200, err);
    case 9:
        return put_config(manager, "{\"lr\": 0.2}", false, err);
    case 10:
        return save(manager, 300, err);
    default:
        return ckl_manager_new_run(manager, "branch", "@~1", err);
    }
}

static ckl_status remove_weights(ckl_manager *manager, ckl_error *err)
{
    ckl_gc *done = NULL;
    ckl_gc_options options = {.keep_last = 1};
    ckl_status status = ckl_gc_run(&done, manager, &options, err);
    ckl_gc_close(done);
    return status;
}

bool answers_work(char why[640], const char *folder)
{
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    ckl_status status = open_writing(&manager, folder, &err);
    bool told = status == CKL_OK || err.message[0] != '\0';
    snprintf(why, 640, "NO MESSAGE: opening");
    for (size_t number = 1; manager != NULL && told && number <= STEPS; number++) {
        ckl_error_clear(&err);
        status = number < STEPS ? step(manager, number, &err) : remove_weights(manager, &err);
        told = status == CKL_OK || err.message[0] != '\0';
        snprintf(why, 640, "NO MESSAGE: step %zu: %s", number, ckl_status_name(status));
    }
    ckl_manager_close(manager);
    return told;
}

/* Ends the process without closing anything, when asked to. */
static void play(const char *folder, size_t from, size_t end, bool killed)
{
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    ckl_status status = open_writing(&manager, folder, &err);
    for (size_t number = from; status == CKL_OK && number < end; number++) {
        answers said;
        char path[256];
        status = step(manager, number, &err);
        answers_read(&said, folder, true);
        snprintf(path, sizeof path, "%s/after-%zu", folder, number);
        FILE *file = fopen(path, "w");
        if (said.text == NULL)
            fprintf(stderr, "%s: %s\n", folder, said.told);
        if (file == NULL || said.text == NULL || fputs(said.text, file) < 0 || fclose(file) != 0) {
            perror(path);
            abort();
        }
        free(said.text);
    }
    if (status != CKL_OK) {
        fprintf(stderr, "%s: %s\n", folder, err.message);
        _exit(2);
    }
    if (killed)
        _exit(0);
    ckl_manager_close(manager);
}

static void play_apart(const char *folder, size_t from, size_t end, bool killed)
{
    int result = 0;
    pid_t child = fork();
    if (child == 0) {
        fixed_begin(1 + from); /* so that a case is the same in each process */
        play(folder, from, end, killed);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &result, 0) != child || result != 0)
        exit(2);
}

static char *read_text(const char *path)
{
    struct stat found;
    FILE *file = fopen(path, "r");
    if (file == NULL || fstat(fileno(file), &found) != 0)
        abort();
    char *text = calloc(1, (size_t)found.st_size + 1);
    if (text == NULL || fread(text, 1, (size_t)found.st_size, file) != (size_t)found.st_size)
        abort();
    fclose(file);
    return text;
}

void history_make(history *out, const char *folder, bool killed)
{
    char path[256], old[256];
    *out = (history){.steps = STEPS};
    snprintf(out->folder, sizeof out->folder, "%.100s", folder);
    snprintf(out->old, sizeof out->old, "%.100s-old", folder);
    snprintf(path, sizeof path, "%s/root", out->folder);
    if (mkdir(out->folder, 0755) != 0 || mkdir(path, 0755) != 0)
        abort();
    play_apart(folder, 0, FIRST_STEPS, false);
    snprintf(old, sizeof old, "%s", out->old);
    place_copy(path, old);
    play_apart(folder, FIRST_STEPS, STEPS, killed);
    for (size_t number = 0; number < STEPS; number++) {
        snprintf(path, sizeof path, "%s/after-%zu", out->folder, number);
        out->after[number] = read_text(path);
        unlink(path);
    }
}

void history_remove(history *made)
{
    place_remove(made->folder);
    place_remove(made->old);
    for (size_t number = 0; number < made->steps; number++)
        free(made->after[number]);
}
