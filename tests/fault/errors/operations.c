#include "operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- what it starts from --------------------------------------------------------------------- */

static ckl_error wrong;

static void need(ckl_status status, const char *what)
{
    if (status == CKL_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, ckl_status_name(status), wrong.message);
    exit(2);
}

static ckl_status config(ckl_manager *manager, const char *json, ckl_error *err)
{
    ckl_config *parsed = NULL;
    ckl_update_result result;
    ckl_status status =
        ckl_config_parse(&parsed, json, strlen(json), CKL_FORMAT_JSON, "test", NULL, err);
    ckl_update update = {.config = parsed};
    if (status == CKL_OK)
        status = ckl_manager_update_experiment_hash(&result, manager, &update, err);
    ckl_config_free(parsed);
    return status;
}

static ckl_status data(ckl_manager *manager, int samples, int variant, ckl_error *err)
{
    ckl_data_state *state = NULL;
    ckl_update_result result;
    char uid[32];
    ckl_status status = ckl_data_state_new(&state, err);
    for (int number = 0; status == CKL_OK && number < samples; number++) {
        snprintf(uid, sizeof uid, "sample_%04d", number);
        status = ckl_data_state_add(state, uid, err);
        if (status == CKL_OK && (number + variant) % 7 == 0)
            status = ckl_data_state_add_discarded(state, uid, err);
        if (status == CKL_OK && (number + variant) % 5 == 0)
            status = ckl_data_state_add_tag(state, uid, variant == 0 ? "hard" : "new", err);
    }
    ckl_update update = {.data = state};
    if (status == CKL_OK)
        status = ckl_manager_update_experiment_hash(&result, manager, &update, err);
    ckl_data_state_free(state);
    return status;
}

static ckl_status save(ckl_manager *manager, int64_t step, const char *weights, ckl_error *err)
{
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {.step = step, .bytes = weights, .size = strlen(weights)};
    return ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, err);
}

static ckl_status dump(ckl_manager *manager, ckl_error *err)
{
    ckl_dump_result result;
    return ckl_manager_dump_pending_changes(&result, manager, false, err);
}

/* A state that is dumped, with weights, and a change that is not. */
static void prepare_pending(ckl_manager *manager)
{
    need(config(manager, "{\"lr\": 1, \"optimizer\": {\"name\": \"adam\"}}", &wrong), "config");
    need(data(manager, 40, 0, &wrong), "data");
    need(dump(manager, &wrong), "dump");
    need(save(manager, 100, "one", &wrong), "weights");
    need(save(manager, 200, "two", &wrong), "weights");
    need(save(manager, 300, "three", &wrong), "weights");
    need(ckl_manager_log_metric(manager, 300, "loss", 0.5, &wrong), "metric");
    need(config(manager, "{\"lr\": 2}", &wrong), "config");
}

/* Files of the tree are gone. */
static void prepare_damaged(ckl_manager *manager)
{
    prepare_pending(manager);
    need(dump(manager, &wrong), "dump");
}

/* ---- what is done ---------------------------------------------------------------------------- */

static ckl_status do_update(ckl_manager *manager, const char *folder, ckl_error *err)
{
    static const char MODEL[] = "{\"class\": \"Net\", \"modules\": [{\"name\": \"fc\", \"type\":"
                                " \"Linear\", \"attributes\": {\"in\": 4, \"out\": 2}}]}";
    (void)folder;
    ckl_config *config = NULL;
    ckl_model *model = NULL;
    ckl_update_result result;
    ckl_status status = ckl_config_parse(&config, "lr: 3\n", 6, CKL_FORMAT_YAML, "test", NULL, err);
    if (status == CKL_OK)
        status = ckl_model_parse(&model, MODEL, strlen(MODEL), CKL_FORMAT_JSON, "test", NULL, err);
    ckl_update update = {.config = config, .model = model, .reason = "a try"};
    if (status == CKL_OK)
        status = ckl_manager_update_experiment_hash(&result, manager, &update, err);
    ckl_config_free(config);
    ckl_model_free(model);
    return status;
}

static ckl_status do_data(ckl_manager *manager, const char *folder, ckl_error *err)
{
    (void)folder;
    return data(manager, 50, 1, err);
}

static ckl_status do_edit(ckl_manager *manager, const char *folder, ckl_error *err)
{
    static const char *const UIDS[] = {"sample_0001", "sample_0002"};
    (void)folder;
    ckl_edit edit = {.action = CKL_EDIT_DISCARD, .uids = UIDS, .uid_count = 2};
    ckl_update_result result;
    return ckl_manager_edit_samples(&result, manager, &edit, err);
}

static ckl_status do_dump(ckl_manager *manager, const char *folder, ckl_error *err)
{
    (void)folder;
    return dump(manager, err);
}

static ckl_status do_checkpoint(ckl_manager *manager, const char *folder, ckl_error *err)
{
    (void)folder;
    return save(manager, 400, "four", err);
}

static ckl_status do_replace(ckl_manager *manager, const char *folder, ckl_error *err)
{
    (void)folder;
    return save(manager, 300, "three, better", err);
}

static ckl_status do_move(ckl_manager *manager, const char *folder, ckl_error *err)
{
    char path[256];
    snprintf(path, sizeof path, "%s/moved.pt", folder);
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {.step = 500, .path = path, .move = true};
    return ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, err);
}

static ckl_status do_copy(ckl_manager *manager, const char *folder, ckl_error *err)
{
    char path[256];
    snprintf(path, sizeof path, "%s/moved.pt", folder);
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {.step = 500, .path = path};
    return ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, err);
}

static ckl_status write_weights(void *context, int file, ckl_error *err)
{
    (void)err;
    return dprintf(file, "%s", (const char *)context) > 0 ? CKL_OK : CKL_IO;
}

static ckl_status do_write(ckl_manager *manager, const char *folder, ckl_error *err)
{
    static char weights[] = "written by the trainer itself";
    (void)folder;
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {.step = 500, .write = write_weights, .context = weights};
    return ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, err);
}

static ckl_status do_gc(ckl_manager *manager, const char *folder, ckl_error *err)
{
    (void)folder;
    ckl_gc *done = NULL;
    ckl_gc_options options = {.keep_last = 1};
    ckl_status status = ckl_gc_run(&done, manager, &options, err);
    ckl_gc_close(done);
    return status;
}

static ckl_status do_metric(ckl_manager *manager, const char *folder, ckl_error *err)
{
    (void)folder;
    ckl_status status = ckl_manager_log_metric(manager, 301, "loss", 0.25, err);
    return status == CKL_OK ? ckl_manager_flush_metrics(manager, err) : status;
}

static ckl_status do_switch(ckl_manager *manager, const char *folder, ckl_error *err)
{
    (void)folder;
    ckl_switch_result result;
    return ckl_manager_switch(&result, manager, "@~1", 200, err);
}

static ckl_status do_branch(ckl_manager *manager, const char *folder, ckl_error *err)
{
    (void)folder;
    return ckl_manager_new_run(manager, "branch", "@", err);
}

static ckl_status do_repair(ckl_manager *manager, const char *folder, ckl_error *err)
{
    char root[256];
    (void)manager;
    snprintf(root, sizeof root, "%s/root", folder);
    ckl_check *check = NULL;
    ckl_finding finding;
    ckl_check_options options = {.repair = true};
    ckl_status status = ckl_check_open(&check, root, &options, err);
    bool all = true;
    while (status == CKL_OK && (status = ckl_check_next(&finding, check, err)) == CKL_OK) {
        if (!finding.repaired && all)
            snprintf(err->message, sizeof err->message, "not repaired: %s", finding.message);
        all = all && finding.repaired;
    }
    ckl_check_close(check);
    return status != CKL_DONE ? status : all ? CKL_OK : CKL_IO; /* a finding says which */
}

static ckl_status do_receipt(ckl_manager *manager, const char *folder, ckl_error *err)
{
    char *text = NULL;
    (void)folder;
    ckl_status status = ckl_receipt(&text, manager, err);
    ckl_free(text);
    return status;
}

/* ---- all of them ----------------------------------------------------------------------------- */

enum { UPDATE, DATA, EDIT, DUMP, CHECKPOINT, REPLACE, MOVE, GC };

const operation OPERATIONS[] = {
    [UPDATE] = {.name = "update", .prepare = prepare_pending, .act = do_update},
    [DATA] = {.name = "data", .prepare = prepare_pending, .act = do_data},
    [EDIT] = {.name = "edit", .prepare = prepare_pending, .act = do_edit},
    [DUMP] = {.name = "dump", .prepare = prepare_pending, .act = do_dump, .finished = true},
    [CHECKPOINT] = {"checkpoint", prepare_pending, do_checkpoint, .finished = true},
    [REPLACE] = {"replace", prepare_pending, do_replace, .in_steps = true, .finished = true},
    [MOVE] = {"move", prepare_pending, do_move, .in_steps = true, .finished = true},
    [GC] = {"gc", prepare_pending, do_gc, .in_steps = true},
    {.name = "copy", .prepare = prepare_pending, .act = do_copy, .finished = true},
    {.name = "write", .prepare = prepare_pending, .act = do_write, .finished = true},
    {"metric", prepare_pending, do_metric, .in_steps = true},
    {.name = "switch", .prepare = prepare_pending, .act = do_switch},
    {.name = "branch", .prepare = prepare_pending, .act = do_branch},
    {.name = "receipt", .prepare = prepare_pending, .act = do_receipt},
    {"repair", prepare_damaged, do_repair, .in_steps = true, .repairs = true},
    {"first-open", .empty = true, .opens = true},
    {"open", prepare_pending, .opens = true},
    {"recover-dump", prepare_pending, .opens = true, .in_steps = true,
     .interrupted = &OPERATIONS[DUMP]},
    {"recover-checkpoint", prepare_pending, .opens = true, .in_steps = true,
     .interrupted = &OPERATIONS[CHECKPOINT]},
    {"recover-replace", prepare_pending, .opens = true, .in_steps = true,
     .interrupted = &OPERATIONS[REPLACE]},
    {"recover-move", prepare_pending, .opens = true, .in_steps = true,
     .interrupted = &OPERATIONS[MOVE]},
    {"recover-gc", prepare_pending, .opens = true, .in_steps = true,
     .interrupted = &OPERATIONS[GC]},
};
const size_t OPERATION_COUNT = sizeof OPERATIONS / sizeof *OPERATIONS;

const operation *operation_find(const char *name)
{
    for (size_t at = 0; at < OPERATION_COUNT; at++)
        if (strcmp(OPERATIONS[at].name, name) == 0)
            return &OPERATIONS[at];
    return NULL;
}

ckl_status operation_open(ckl_manager **out, const char *folder, ckl_error *err)
{
    char root[256];
    ckl_options options = {.actor = "tester", .busy_timeout_ms = 50};
    snprintf(root, sizeof root, "%s/root", folder);
    return ckl_manager_open(out, root, &options, err);
}

void operation_prepare(const operation *what, const char *folder)
{
    char path[256];
    ckl_manager *manager = NULL;
    snprintf(path, sizeof path, "%s/root", folder);
    if (mkdir(path, 0755) != 0)
        need(CKL_IO, path);
    snprintf(path, sizeof path, "%s/moved.pt", folder);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs("weights that are nowhere else", file) < 0 || fclose(file) != 0)
        need(CKL_IO, path);
    if (what->empty)
        return;
    need(operation_open(&manager, folder, &wrong), "open");
    what->prepare(manager);
    ckl_manager_close(manager);
    if (what->act != do_repair)
        return;
    snprintf(path, sizeof path, "rm '%s'/root/checkpoints/*/hp/*.yaml", folder);
    if (system(path) != 0)
        need(CKL_IO, path);
}
