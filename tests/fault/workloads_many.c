/* Workloads of several processes, and of training. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads.h"

/* ---- several processes ----------------------------------------------------------------------- */

static void run_together(int count, void (*run)(worker *self))
{
    for (int number = 1; number <= count; number++) {
        if (fork() != 0)
            continue;
        char actor[32];
        worker self = {.operation = number * 1000};
        snprintf(actor, sizeof actor, "process %d", number);
        work_open(&self, actor, NULL);
        run(&self);
        work_close(&self);
        _exit(0);
    }
    for (int status = 0; wait(&status) > 0;) {
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            work_need(CKL_IO, "a process of the workload");
    }
    work_tell_history();
}

static void begin(worker *self)
{
    *self = (worker){.alone = true};
    work_open(self, "tester", NULL);
    work_config(self, "{\"lr\": 0.1}", false);
    work_data(self, 20, 0, true);
    work_close(self);
    work_baseline();
}

static void open_first(worker *self)
{
    char config[64];
    snprintf(config, sizeof config, "{\"process\": %d}", self->operation);
    work_config(self, config, false);
    work_dump(self, true);
}

void run_first_open(void)
{
    work_baseline();
    run_together(2, open_first);
}

static void change_things(worker *self)
{
    char uid[32], config[64];
    int number = self->operation / 1000;
    snprintf(uid, sizeof uid, "sample_%05d", number + 7);
    snprintf(config, sizeof config, "{\"lr\": 0.%d}", number + 1);
    work_discard(self, uid, false);
    work_config(self, config, false);
    work_dump(self, false);
}

void run_many(void)
{
    worker self;
    begin(&self);
    run_together(3, change_things);
}

/* Each on a run of its own: dumps and weights of equal states meet in one folder. */
static void save_things(worker *self)
{
    char run[16];
    char actor[32];
    snprintf(run, sizeof run, "run_%d", self->operation / 1000);
    snprintf(actor, sizeof actor, "%s", self->actor);
    work_close(self);
    work_open(self, actor, &(ckl_options){.run = run});
    work_config(self, "{\"lr\": 0.5}", false);
    work_save(self, 100, actor);
    work_dump(self, true);
    work_save(self, 200, actor);
}

void run_many_dumps(void)
{
    worker self;
    begin(&self);
    run_together(3, save_things);
}

/* ---- training -------------------------------------------------------------------------------- */

static int width = 3;

static ckl_status describe(void *context, ckl_model **out, ckl_error *err)
{
    char text[128];
    (void)context;
    snprintf(text, sizeof text,
             "{\"class\": \"Net\", \"modules\": [], \"attributes\": {\"w\": %d}}", width);
    return ckl_model_parse(out, text, strlen(text), CKL_FORMAT_JSON, "model", NULL, err);
}

static ckl_status write_weights(void *context, int descriptor, ckl_error *err)
{
    char text[64];
    (void)context;
    (void)err;
    int size = snprintf(text, sizeof text, "weights of width %d", width);
    return write(descriptor, text, (size_t)size) == size ? CKL_OK : CKL_IO;
}

static ckl_status read_config(void *context, ckl_config **out, ckl_error *err)
{
    static const char TEXT[] = "{\"lr\": 0.1}";
    (void)context;
    return ckl_config_parse(out, TEXT, strlen(TEXT), CKL_FORMAT_JSON, "config", NULL, err);
}

static void begin_training(worker *self)
{
    ckl_model_source model = {.describe = describe, .write_weights = write_weights};
    ckl_config_source config = {.read = read_config};
    ckl_system_options options = {.root_log_dir = work_root(),
                                  .checkpoint_frequency = 2,
                                  .actor = self->actor,
                                  .keep_last = 2};
    work_need(ckl_get_checkpoint_system(&self->manager, &options, &work_error), "system");
    work_need(ckl_register_model_source(&model, &work_error), "model");
    work_need(ckl_register_config_source(&config, &work_error), "config");
    work_start(self);
    work_need(ckl_checkpoint_on_config_change(NULL, false, &work_error), "config change");
    work_need(ckl_checkpoint_on_model_change(NULL, false, &work_error), "model change");
    work_done_in_parts(self, false);
}

static void end_training(worker *self)
{
    work_start(self);
    ckl_close_checkpoint_system();
    self->manager = NULL;
    work_done_in_parts(self, false);
    work_tell_history();
}

/* A step that saves weights promises them. */
static void train(worker *self, int64_t step)
{
    work_start(self);
    work_need(ckl_log_metric(step, "loss", 1.0 / (double)step, &work_error), "metric");
    work_need(ckl_checkpoint_on_step(step, false, &work_error), "step");
    work_done_in_parts(self, step % 2 == 0);
}

void run_train(void)
{
    worker self = {.actor = "trainer"};
    work_baseline();
    begin_training(&self);
    for (int64_t step = 1; step <= 8; step++) {
        width = step < 5 ? 3 : 4; /* found out at the next dump */
        train(&self, step);
    }
    end_training(&self);
}

/* Somebody discards samples while it trains. */
void run_curate(void)
{
    worker self;
    int status = 0;
    begin(&self);
    pid_t curator = fork();
    if (curator == 0) {
        worker other = {.operation = 1000};
        work_open(&other, "curator", NULL);
        work_discard(&other, "sample_00001", false);
        work_discard(&other, "sample_00003", false);
        work_discard(&other, "sample_00005", false);
        work_close(&other);
        _exit(0);
    }
    self = (worker){.actor = "trainer", .operation = 2000};
    begin_training(&self);
    for (int64_t step = 1; step <= 6; step++)
        train(&self, step);
    if (waitpid(curator, &status, 0) != curator || status != 0)
        work_need(CKL_IO, "the curator");
    end_training(&self);
}
