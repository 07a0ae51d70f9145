#include "worker.h"

#include <ckl/audit.h>
#include <ckl/space.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OP_END      OP_COUNT
#define PATIENCE_MS 60000

typedef struct working {
    ckl_manager *manager;
    const char *root;
    plant planted;
    int answers;
    bool answered;
    int64_t last_step; /* of PLANT_OTHER_WEIGHTS */
    uint32_t last_weights;
    answer says;
    ckl_error err;
} working;

/* ---- what is asked --------------------------------------------------------------------------- */

static void say_update(working *job, const ckl_update_result *result)
{
    memcpy(job->says.experiment, result->experiment.text, sizeof job->says.experiment);
    memcpy(job->says.from, result->from.text, sizeof job->says.from);
    job->says.is_new = result->is_new;
    job->says.recorded_before = result->recorded_before;
    job->says.changed = result->changed;
    job->says.pending = result->pending;
}

static ckl_status make_data(ckl_data_state **out, working *job, const data_state *from)
{
    int last = NOTHING;
    ckl_status status = ckl_data_state_new(out, &job->err);
    for (int index = 0; index < UID_COUNT; index++)
        last = from->samples[index] >= SAMPLE_TAG(0) ? index : last;
    for (int index = UID_COUNT - 1; status == CKL_OK && index >= 0; index--) {
        unsigned sample = from->samples[index];
        if (job->planted == PLANT_FORGET_TAG && index == last)
            sample &= SAMPLE_THERE | SAMPLE_DISCARDED;
        if ((sample & SAMPLE_THERE) != 0)
            status = ckl_data_state_add(*out, UIDS[index], &job->err);
        if (status == CKL_OK && (sample & SAMPLE_DISCARDED) != 0)
            status = ckl_data_state_add_discarded(*out, UIDS[index], &job->err);
        for (int tag = 0; status == CKL_OK && tag < TAG_COUNT; tag++)
            if ((sample & SAMPLE_TAG(tag)) != 0)
                status = ckl_data_state_add_tag(*out, UIDS[index], TAGS[tag], &job->err);
    }
    return status;
}

static ckl_status do_update(working *job, const request *what)
{
    ckl_config *config = NULL;
    ckl_model *model = NULL;
    ckl_data_state *data = NULL;
    ckl_update_result result = {0};
    ckl_status status = CKL_OK;
    if (what->config != NOTHING)
        status = ckl_config_parse(&config, CONFIGS[what->config], strlen(CONFIGS[what->config]),
                                  CKL_FORMAT_JSON, "config", NULL, &job->err);
    if (status == CKL_OK && what->model != NOTHING)
        status = ckl_model_parse(&model, MODELS[what->model], strlen(MODELS[what->model]),
                                 CKL_FORMAT_JSON, "model", NULL, &job->err);
    if (status == CKL_OK && what->has_data)
        status = make_data(&data, job, &what->data);
    ckl_update update = {
        .config = config, .model = model, .data = data, .dump_immediately = what->dump};
    if (status == CKL_OK)
        status = ckl_manager_update_experiment_hash(&result, job->manager, &update, &job->err);
    if (status == CKL_OK)
        say_update(job, &result);
    ckl_config_free(config);
    ckl_model_free(model);
    ckl_data_state_free(data);
    return status;
}

static ckl_status open_run(ckl_manager **out, working *job, const char *run)
{
    ckl_options options = {.run = run, .actor = "worker"};
    return ckl_manager_open(out, job->root, &options, &job->err);
}

static ckl_status do_edit(working *job, const request *what)
{
    const char *uids[UID_COUNT];
    ckl_edit edit = {.action = what->action, .uids = uids, .dump_immediately = what->dump};
    ckl_update_result result = {0};
    ckl_manager *other = NULL;
    for (int index = 0; index < UID_COUNT; index++)
        if ((what->uids & 1u << index) != 0)
            uids[edit.uid_count++] = UIDS[index];
    if (what->action == CKL_EDIT_TAG || what->action == CKL_EDIT_UNTAG)
        edit.tag = TAGS[what->tag];
    if (job->planted == PLANT_OTHER_RUN && open_run(&other, job, RUNS[0]) != CKL_OK)
        return CKL_IO;
    ckl_status status =
        ckl_manager_edit_samples(&result, other != NULL ? other : job->manager, &edit, &job->err);
    ckl_manager_close(other);
    if (status == CKL_OK)
        say_update(job, &result);
    return status;
}

static ckl_status do_dump(working *job, const request *what)
{
    ckl_dump_result result = {0};
    ckl_status status;
    if (job->planted == PLANT_SKIP_DUMP) {
        ckl_hash head = {""};
        status = ckl_manager_resolve(&head, job->manager, "@", &job->err);
        memcpy(job->says.experiment, head.text, sizeof job->says.experiment);
        if (status == CKL_OK)
            status =
                ckl_manager_has_pending_changes(NULL, &job->says.dumped, job->manager, &job->err);
        return status == CKL_NOT_FOUND ? CKL_OK : status;
    }
    status = ckl_manager_dump_pending_changes(&result, job->manager, what->dump, &job->err);
    memcpy(job->says.experiment, result.experiment.text, sizeof job->says.experiment);
    job->says.dumped = result.dumped;
    return status;
}

static void make_longer(working *job, const char *path)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s/%s", job->root, path);
    if (chmod(whole, 0644) != 0)
        return;
    FILE *file = fopen(whole, "a");
    if (file != NULL) {
        fputc('x', file);
        fclose(file);
    }
}

static ckl_status do_save(working *job, const request *what)
{
    static char bytes[WEIGHTS_MAX];
    uint32_t number = what->weights;
    ckl_checkpoint_result result = {0};
    if (job->planted == PLANT_OTHER_WEIGHTS && what->step == job->last_step)
        number = job->last_weights;
    job->last_step = what->step;
    job->last_weights = number;
    ckl_metric metric = {METRICS[what->metric < 0 ? 0 : what->metric], what->value};
    ckl_checkpoint checkpoint = {.step = what->step,
                                 .bytes = bytes,
                                 .size = weights_of(bytes, number),
                                 .metrics = &metric,
                                 .metric_count = what->metric < 0 ? 0 : 1,
                                 .force_dump_pending = what->dump};
    ckl_status status =
        ckl_manager_save_model_checkpoint(&result, job->manager, &checkpoint, &job->err);
    memcpy(job->says.experiment, result.experiment.text, sizeof job->says.experiment);
    memcpy(job->says.path, result.path, sizeof job->says.path);
    job->says.bytes = result.bytes;
    job->says.pending = result.pending;
    if (status == CKL_OK && job->planted == PLANT_LONGER_FILE)
        make_longer(job, result.path);
    return status;
}

static ckl_status do_switch(working *job, const request *what)
{
    ckl_switch_result result = {0};
    ckl_status status =
        ckl_manager_switch(&result, job->manager, what->hash, what->step, &job->err);
    memcpy(job->says.experiment, result.experiment.text, sizeof job->says.experiment);
    memcpy(job->says.from, result.from.text, sizeof job->says.from);
    job->says.pending = result.pending;
    return status;
}

static ckl_status do_new_run(working *job, const request *what)
{
    char from[64];
    if (what->target == NOTHING)
        return ckl_manager_new_run(job->manager, what->run, NULL, &job->err);
    if (what->step >= 0)
        snprintf(from, sizeof from, "%s@%lld", what->hash, (long long)what->step);
    else
        snprintf(from, sizeof from, "%s", what->hash);
    return ckl_manager_new_run(job->manager, what->run, from, &job->err);
}

static ckl_status do_gc(working *job, const request *what)
{
    ckl_gc *done = NULL;
    ckl_gc_row row;
    ckl_gc_options options = {.keep_last = (uint64_t)what->keep_last, .all_runs = what->all_runs};
    options.keep_last += job->planted == PLANT_KEEP_MORE;
    ckl_status status = ckl_gc_run(&done, job->manager, &options, &job->err);
    while (status == CKL_OK && ckl_gc_next(&row, done, NULL) == CKL_OK)
        job->says.removed += row.removed;
    ckl_gc_close(done);
    return status;
}

static ckl_status do_open(working *job, const request *what)
{
    ckl_manager_close(job->manager);
    job->manager = NULL;
    return open_run(&job->manager, job, what->run);
}

static void say(working *job)
{
    if (!job->answered && write(job->answers, &job->says, sizeof job->says) < 0)
        _exit(3);
    job->answered = true;
}

static ckl_status do_name(working *job, const request *what)
{
    if (job->planted == PLANT_EARLY_ANSWER) {
        struct timespec moment = {0, 20000000};
        job->says.status = CKL_OK;
        job->says.changed_name = true;
        say(job);
        nanosleep(&moment, NULL);
    }
    return ckl_manager_name(&job->says.changed_name, job->manager, what->hash,
                            what->name == NOTHING ? NULL : NAMES[what->name], NULL, &job->err);
}

static ckl_status do_metric(working *job, const request *what)
{
    ckl_status status = ckl_manager_log_metric(job->manager, what->step, METRICS[what->metric],
                                               what->value, &job->err);
    if (status == CKL_OK && what->flush && job->planted != PLANT_LATE_METRIC)
        status = ckl_manager_flush_metrics(job->manager, &job->err);
    return status;
}

typedef ckl_status deed(working *job, const request *what);
static deed *const DEEDS[OP_COUNT] = {
    [OP_UPDATE] = do_update, [OP_EDIT] = do_edit,       [OP_DUMP] = do_dump, [OP_SAVE] = do_save,
    [OP_SWITCH] = do_switch, [OP_NEW_RUN] = do_new_run, [OP_GC] = do_gc,     [OP_NAME] = do_name,
    [OP_METRIC] = do_metric, [OP_OPEN] = do_open};

static void work(working *job, int questions)
{
    request what;
    while (read(questions, &what, sizeof what) == (ssize_t)sizeof what && what.kind != OP_END) {
        memset(&job->says, 0, sizeof job->says);
        ckl_error_clear(&job->err);
        job->answered = false;
        ckl_status status = DEEDS[what.kind](job, &what);
        job->says.status = status;
        snprintf(job->says.message, sizeof job->says.message, "%.290s", job->err.message);
        say(job);
    }
    ckl_manager_close(job->manager);
}

/* ---- telling it ------------------------------------------------------------------------------ */

bool worker_start(worker *out, const char *root, plant planted)
{
    int questions[2], answers[2];
    if (pipe(questions) != 0 || pipe(answers) != 0)
        return false;
    fflush(NULL);
    pid_t parent = getpid();
    pid_t process = fork();
    if (process < 0)
        return false;
    if (process == 0) {
        working job = {
            .root = root, .planted = planted, .answers = answers[1], .last_step = NOTHING};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(3);
        close(questions[1]);
        close(answers[0]);
        work(&job, questions[0]);
        exit(0);
    }
    close(questions[0]);
    close(answers[1]);
    *out = (worker){process, questions[1], answers[0]};
    return true;
}

static void forget(worker *of)
{
    close(of->to);
    close(of->from);
    *of = (worker){0, NOTHING, NOTHING};
}

void worker_kill(worker *of)
{
    if (of->process == 0)
        return;
    kill(of->process, SIGKILL);
    waitpid(of->process, NULL, 0);
    forget(of);
}

static bool read_answer(answer *out, const worker *of)
{
    struct pollfd wait = {.fd = of->from, .events = POLLIN};
    int ready;
    do
        ready = poll(&wait, 1, PATIENCE_MS);
    while (ready < 0 && errno == EINTR);
    return ready == 1 && read(of->from, out, sizeof *out) == (ssize_t)sizeof *out;
}

bool worker_ask(answer *out, bool *answered, worker *of, const request *what, unsigned kill_after)
{
    *answered = false;
    if (write(of->to, what, sizeof *what) != (ssize_t)sizeof *what)
        return false;
    if (kill_after == 0)
        return *answered = read_answer(out, of);
    struct timespec moment = {0, (long)kill_after * 1000};
    nanosleep(&moment, NULL);
    kill(of->process, SIGKILL);
    waitpid(of->process, NULL, 0);
    *answered = read(of->from, out, sizeof *out) == (ssize_t)sizeof *out;
    forget(of);
    return true;
}

bool worker_end(worker *of)
{
    request end = {.kind = OP_END};
    int result = 0;
    if (of->process == 0)
        return true;
    bool good = write(of->to, &end, sizeof end) == (ssize_t)sizeof end &&
                waitpid(of->process, &result, 0) == of->process;
    good = good && WIFEXITED(result) && WEXITSTATUS(result) == 0;
    forget(of);
    return good;
}
