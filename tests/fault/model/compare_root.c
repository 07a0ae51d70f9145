/* By the library, and by the files. */
#include <ckl/check.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compare.h"

/* ---- the library ----------------------------------------------------------------------------- */

static bool open_run(ckl_manager **out, comparison *job, const char *run, bool read_only)
{
    ckl_error err = {0};
    ckl_options options = {.run = run, .actor = "reader", .read_only = read_only};
    ckl_status status = ckl_manager_open(out, job->root, &options, &err);
    return status == CKL_OK ||
           compare_differs(job, "opening: %s: %s", ckl_status_name(status), err.message);
}

static bool resolves(comparison *job, ckl_manager *manager, const char *what, int index)
{
    ckl_hash found = {""};
    ckl_error err = {0};
    ckl_status status = ckl_manager_resolve(&found, manager, what, &err);
    const char *hash = index == NOTHING ? "" : job->now->experiments[index].hash;
    if ((status != CKL_OK && status != CKL_NOT_FOUND) || strcmp(found.text, hash) != 0)
        return compare_differs(job, "run %s: %s is '%s', not '%s' %s", ckl_manager_run(manager),
                               what, found.text, hash, err.message);
    return true;
}

static void compare_head(comparison *job, int run)
{
    const line *of = &job->now->runs[run];
    ckl_manager *manager = NULL;
    ckl_components pending = 0;
    static const content NONE = {.model = NOTHING, .config = NOTHING};
    if (!open_run(&manager, job, RUNS[run], true))
        return;
    const content *head = of->head == NOTHING ? &NONE : &job->now->experiments[of->head].is;
    const content *base = of->baseline == NOTHING ? &NONE : &job->now->experiments[of->baseline].is;
    ckl_error err = {0};
    resolves(job, manager, "@", of->head);
    if (ckl_manager_has_pending_changes(NULL, &pending, manager, &err) != CKL_OK ||
        pending != content_difference(head, base))
        compare_differs(job, "run %s: pending is %u: %s", RUNS[run], pending, err.message);
    int moves = 0;
    for (int at = job->now->event_count - 1; job->same && at >= 0 && moves < 3; at--) {
        const happening *event = &job->now->events[at];
        char what[16];
        if (event->run != run || event->experiment == event->from)
            continue;
        snprintf(what, sizeof what, "@~%d", ++moves);
        resolves(job, manager, what, event->from);
    }
    ckl_manager_close(manager);
}

static bool compare_data(comparison *job, ckl_manager *manager, const experiment *of)
{
    ckl_data_state *state = NULL;
    uint64_t count = 0;
    ckl_error err = {0};
    ckl_status status = ckl_manager_load_data_state(&state, manager, of->hash, &err);
    if (!of->is.has_data)
        return status == CKL_NOT_FOUND || compare_differs(job, "%s has a data state", of->hash);
    if (status != CKL_OK)
        return compare_differs(job, "%s: its data state: %s", of->hash, err.message);
    for (int uid = 0; uid < UID_COUNT; uid++) {
        uint64_t index;
        unsigned found = 0;
        if (ckl_data_state_find(state, UIDS[uid], &index)) {
            ckl_sample sample = ckl_data_state_sample(state, index);
            found = SAMPLE_THERE | (sample.discarded ? SAMPLE_DISCARDED : 0);
            for (size_t at = 0; at < sample.tag_count; at++)
                for (int tag = 0; tag < TAG_COUNT; tag++)
                    if (strcmp(sample.tags[at], TAGS[tag]) == 0)
                        found |= SAMPLE_TAG(tag);
            count++;
        }
        if (found != of->is.data.samples[uid])
            compare_differs(job, "%s: sample %s is %u, not %u", of->hash, UIDS[uid], found,
                            of->is.data.samples[uid]);
    }
    if (ckl_data_state_counts(state).total != count)
        compare_differs(job, "%s has other samples", of->hash);
    ckl_data_state_free(state);
    return job->same;
}

static void compare_state(comparison *job, ckl_manager *manager, int index)
{
    const experiment *of = &job->now->experiments[index];
    ckl_config *config = NULL;
    char *model = NULL;
    size_t size = 0;
    ckl_status status = ckl_manager_load_config(&config, manager, of->hash, NULL);
    if (status != (of->is.config == NOTHING ? CKL_NOT_FOUND : CKL_OK))
        compare_differs(job, "%s: its configuration: %s", of->hash, ckl_status_name(status));
    else if (status == CKL_OK && strcmp(ckl_config_text(config), CONFIGS[of->is.config]) != 0)
        compare_differs(job, "%s: configuration %s, not %s", of->hash, ckl_config_text(config),
                        CONFIGS[of->is.config]);
    ckl_config_free(config);
    status = ckl_manager_load_model(&model, &size, manager, of->hash, NULL);
    if (status != (of->is.model == NOTHING ? CKL_NOT_FOUND : CKL_OK))
        compare_differs(job, "%s: its model: %s", of->hash, ckl_status_name(status));
    else if (status == CKL_OK && (size != strlen(MODELS[of->is.model]) ||
                                  memcmp(model, MODELS[of->is.model], size) != 0))
        compare_differs(job, "%s: model %.*s, not %s", of->hash, (int)size, model,
                        MODELS[of->is.model]);
    ckl_free(model);
    compare_data(job, manager, of);
    if (of->name != NOTHING)
        resolves(job, manager, NAMES[of->name], index);
}

bool compare_library(comparison *job)
{
    ckl_manager *manager = NULL;
    for (int run = 0; run < RUN_COUNT && job->same; run++)
        if (job->now->runs[run].is_there)
            compare_head(job, run);
    if (!job->same || !open_run(&manager, job, RUNS[0], true))
        return false;
    for (int index = 0; index < job->now->experiment_count && job->same; index++)
        compare_state(job, manager, index);
    ckl_manager_close(manager);
    return job->same;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void compare_weights(comparison *job, const saved *row)
{
    static char wanted[WEIGHTS_MAX], found[WEIGHTS_MAX + 1];
    char path[192], whole[500];
    expected_path(path, job->now, row);
    snprintf(whole, sizeof whole, "%s/%s", job->root, path);
    FILE *file = fopen(whole, "rb");
    if (file == NULL) {
        compare_differs(job, "%s is not there", path);
        return;
    }
    size_t size = fread(found, 1, sizeof found, file);
    fclose(file);
    if (size != weights_of(wanted, row->weights) || memcmp(found, wanted, size) != 0)
        compare_differs(job, "%s has other bytes (%zu)", path, size);
}

/* A removed file is gone, unless other weights have its name. */
static void compare_removed(comparison *job, const saved *row)
{
    char path[192], other[192], whole[500];
    struct stat found;
    expected_path(path, job->now, row);
    for (int at = 0; at < job->now->saved_count; at++) {
        expected_path(other, job->now, &job->now->saved[at]);
        if (job->now->saved[at].state == SAVED_PRESENT && strcmp(path, other) == 0)
            return;
    }
    snprintf(whole, sizeof whole, "%s/%s", job->root, path);
    if (lstat(whole, &found) == 0)
        compare_differs(job, "%s is still there", path);
}

static void compare_dumped(comparison *job, const experiment *of)
{
    static const char *const FOLDERS[] = {"model", "hp", "data"};
    static const char *const ENDS[] = {"architecture.pkl", "config.yaml", "data_state.yaml"};
    const bool wanted[] = {of->is.model != NOTHING, of->is.config != NOTHING, of->is.has_data};
    for (size_t part = 0; part < 3; part++) {
        char path[500];
        struct stat found;
        snprintf(path, sizeof path, "%s/checkpoints/%s/%s/%s_%s", job->root, of->hash,
                 FOLDERS[part], of->hash, ENDS[part]);
        if ((lstat(path, &found) == 0) != (of->dumped && wanted[part]))
            compare_differs(job, "%s is%s there", path + strlen(job->root) + 1,
                            wanted[part] ? " not" : "");
    }
}

bool compare_files(comparison *job)
{
    for (int at = 0; at < job->now->saved_count && job->same; at++) {
        const saved *row = &job->now->saved[at];
        if (row->state == SAVED_PRESENT)
            compare_weights(job, row);
        else
            compare_removed(job, row);
    }
    for (int index = 0; index < job->now->experiment_count && job->same; index++)
        compare_dumped(job, &job->now->experiments[index]);
    return job->same;
}

/* ---- all is well ----------------------------------------------------------------------------- */

bool compare_check(comparison *job)
{
    ckl_check *check = NULL;
    ckl_finding finding;
    ckl_error err = {0};
    ckl_status status = ckl_check_open(&check, job->root, NULL, &err);
    while (status == CKL_OK && (status = ckl_check_next(&finding, check, &err)) == CKL_OK)
        compare_differs(job, "check: %s %s: %s", finding.kind, finding.subject, finding.message);
    if (status != CKL_DONE)
        compare_differs(job, "check: %s", err.message);
    ckl_check_close(check);
    return job->same;
}

/* What nftw saw, mixed together: it takes no context. */
static uint64_t tree_sum;

static int add_to_sum(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    size_t size = strlen(path);
    (void)kind;
    (void)place;
    if (size > 4 && strcmp(path + size - 4, "-shm") == 0)
        return 0; /* memory that processes share */
    for (const char *at = path; *at != '\0'; at++)
        tree_sum = (tree_sum ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    tree_sum = (tree_sum ^ (uint64_t)found->st_size) * UINT64_C(0x100000001b3);
    tree_sum = (tree_sum ^ (uint64_t)found->st_mtim.tv_nsec) * UINT64_C(0x100000001b3);
    tree_sum = (tree_sum ^ (uint64_t)found->st_mtim.tv_sec) * UINT64_C(0x100000001b3);
    return 0;
}

static uint64_t sum_of_tree(const char *root)
{
    tree_sum = 0;
    nftw(root, add_to_sum, 16, FTW_PHYS);
    return tree_sum;
}

bool compare_quiet(comparison *job)
{
    ckl_manager *manager = NULL;
    if (!open_run(&manager, job, RUNS[0], false))
        return false;
    ckl_manager_close(manager);
    uint64_t before = sum_of_tree(job->root);
    if (!open_run(&manager, job, RUNS[0], false))
        return false;
    ckl_manager_close(manager);
    return before == sum_of_tree(job->root) ||
           compare_differs(job, "a second opening changed something");
}
