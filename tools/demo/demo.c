/* demo: a real trainer that lives the guide's story with the public API only: it trains, finds hard
 * samples, discards some, changes its learning rate and its width while paused, resumes, and goes
 * back to branch from an earlier state.
 *
 *   ckl-demo ROOT iris.csv            the story; run again, it goes on in the same history
 *   ckl-demo --train STEPS ROOT iris.csv
 *                                     goes on training; `ckl discard` from another shell leaves a
 *                                     sample out from the next step on
 *   ckl-demo --verify ROOT iris.csv   every checkpoint gives the accuracy that is recorded with it,
 *                                     and training restarted from it gives the recorded later loss
 */
#include <ckl/auto.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataset.h"
#include "network.h"

#define STEPS_AT_A_TIME  200
#define CHECKPOINT_STEPS 100
#define NOT_STEPPED      (-1.0)
#define HARD_SAMPLES     8
#define WORST_SAMPLES    3

typedef struct trainer {
    dataset data;
    network net;
    training how;
    ckl_manager *manager; /* of the automatic system: to read, and to switch */
    bool told;            /* somebody else changed something in this step */
    double slowest_ms;    /* of the calls of on_step that neither dumped nor saved */
} trainer;

/* SIGTERM ends training after the step. */
static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Every failure ends the demo with the library's own words. */
static void must(ckl_status status, const ckl_error *err)
{
    if (status == CKL_OK || status == CKL_DONE)
        return;
    fprintf(stderr, "demo: %s: %s\n", ckl_status_name(status), err->message);
    exit(ckl_status_exit_code(status));
}

/* While training, what fails is said, and training goes on. */
static void note(ckl_status status, ckl_error *err)
{
    if (status == CKL_OK)
        return;
    fprintf(stderr, "demo: %s: %s\n", ckl_status_name(status), err->message);
    ckl_error_clear(err);
}

/* ---- configuration --------------------------------------------------------------------------- */

static ckl_status read_config(void *context, ckl_config **out, ckl_error *err)
{
    const trainer *me = context;
    char text[256];
    int size = snprintf(text, sizeof text,
                        "{\"optimizer\": {\"name\": \"sgd\", \"lr\": %.17g, \"momentum\": %.17g},"
                        " \"batch_size\": %lld}",
                        me->how.learning_rate, me->how.momentum, (long long)me->how.batch_size);
    return ckl_config_parse(out, text, (size_t)size, CKL_FORMAT_JSON, "demo", NULL, err);
}

/* The number after a key of canonical JSON text. */
static double number_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at != NULL ? strtod(at + strlen(key), NULL) : 0;
}

static void restore_config(training *how, const ckl_config *config)
{
    how->learning_rate = number_after(ckl_config_text(config), "\"lr\": ");
    how->momentum = number_after(ckl_config_text(config), "\"momentum\": ");
    how->batch_size = (int64_t)number_after(ckl_config_text(config), "\"batch_size\": ");
}

/* Configuration and data state of an experiment, as the ledger has them. */
static void restore_state(trainer *me, ckl_manager *manager, const char *hash)
{
    ckl_error err = {0};
    ckl_config *config = NULL;
    ckl_data_state *state = NULL;
    must(ckl_manager_load_config(&config, manager, hash, &err), &err);
    must(ckl_manager_load_data_state(&state, manager, hash, &err), &err);
    restore_config(&me->how, config);
    dataset_restore(&me->data, state);
    ckl_config_free(config);
    ckl_data_state_free(state);
}

/* ---- training -------------------------------------------------------------------------------- */

static void tell_ledger(trainer *me)
{
    ckl_error err = {0};
    double before = now_ms();
    me->told = false;
    note(ckl_checkpoint_on_step(me->net.step, false, &err), &err);
    double took = now_ms() - before;
    if (me->slowest_ms == NOT_STEPPED) /* what training begins with is dumped here */
        me->slowest_ms = 0;
    else if (!me->told && me->net.step % CHECKPOINT_STEPS != 0 && took > me->slowest_ms)
        me->slowest_ms = took;
}

static void train(trainer *me, int64_t steps)
{
    ckl_error err = {0};
    double loss = 0;
    for (int64_t count = 0; count < steps && !stopped; count++) {
        loss = network_train(&me->net, &me->data, &me->how);
        note(ckl_log_metric(me->net.step, "loss", loss, &err), &err);
        if (me->net.step % CHECKPOINT_STEPS == 0)
            note(ckl_log_metric(me->net.step, "accuracy", network_accuracy(&me->net, &me->data),
                                &err),
                 &err);
        tell_ledger(me);
    }
    printf("  trained to step %lld: loss %.4f, accuracy on held-out flowers %.3f\n",
           (long long)me->net.step, loss, network_accuracy(&me->net, &me->data));
}

static int compare_losses(const void *first, const void *second)
{
    double a = *(const double *)first, b = *(const double *)second;
    return (a < b) - (a > b);
}

/* Tags the samples with the highest loss, discards the worst of them. */
static void curate(trainer *me)
{
    ckl_error err = {0};
    double losses[SAMPLES];
    int count = 0;
    for (int row = 0; row < SAMPLES; row++) {
        if (!me->data.samples[row].held_out && !me->data.samples[row].discarded)
            losses[count++] = network_loss(&me->net, &me->data.samples[row]);
    }
    qsort(losses, (size_t)count, sizeof *losses, compare_losses);
    for (int row = 0; row < SAMPLES; row++) {
        sample *each = &me->data.samples[row];
        if (each->held_out || each->discarded)
            continue;
        double loss = network_loss(&me->net, each);
        each->hard = each->hard || loss >= losses[HARD_SAMPLES - 1];
        each->discarded = loss >= losses[WORST_SAMPLES - 1];
    }
    must(ckl_checkpoint_on_data_change(NULL, false, &err), &err);
    printf("  tagged the %d hardest samples 'hard', discarded the worst %d\n", HARD_SAMPLES,
           WORST_SAMPLES);
}

static void set_learning_rate(trainer *me, double rate)
{
    ckl_error err = {0};
    me->how.learning_rate = rate;
    must(ckl_checkpoint_on_config_change(NULL, false, &err), &err);
    printf("  learning rate %g (pending)\n", rate);
}

static void widen(trainer *me)
{
    ckl_error err = {0};
    int64_t wider = me->net.hidden + 8 <= HIDDEN_MAX ? me->net.hidden + 8 : me->net.hidden;
    network_widen(&me->net, wider);
    must(ckl_checkpoint_on_model_change(NULL, false, &err), &err);
    printf("  hidden layer widened to %lld (pending)\n", (long long)wider);
}

/* ---- the story
 * ------------------------------------------------------------------------------------------------
 */

/* Goes on where the ledger is, or begins. */
static void begin(trainer *me)
{
    ckl_error err = {0};
    ckl_status_info now;
    char *path = NULL;
    me->how = (training){.learning_rate = 0.05, .momentum = 0.9, .batch_size = 10};
    network_start(&me->net, 8, 20260101);
    if (me->manager == NULL) { /* the ledger cannot be opened now, or another rank has it */
        printf("no history to go on from\n");
        return;
    }
    must(ckl_manager_status(&now, me->manager, &err), &err);
    if (now.experiment.text[0] == '\0') {
        printf("a new history\n");
        return;
    }
    restore_state(me, me->manager, now.experiment.text);
    bool loaded = ckl_manager_checkpoint_path(&path, me->manager, now.experiment.text, CKL_LATEST,
                                              0, NULL, NULL) == CKL_OK;
    if (loaded && !network_read(&me->net, path))
        exit(3);
    ckl_free(path);
    printf("going on at %s, step %lld\n", now.experiment.text, (long long)me->net.step);
    /* What the weights come from is known because somebody says so. */
    if (loaded)
        must(ckl_manager_resume_from(me->manager, now.experiment.text, me->net.step, &err), &err);
}

/* Back to where the weights of `step` were saved under `hash`. */
static void go_back(trainer *me, const char *hash, int64_t step)
{
    ckl_error err = {0};
    ckl_switch_result moved;
    char *path = NULL;
    must(ckl_manager_switch(&moved, me->manager, hash, step, &err), &err);
    must(ckl_manager_checkpoint_path(&path, me->manager, hash, CKL_AT_STEP, step, NULL, &err),
         &err);
    restore_state(me, me->manager, hash);
    if (!network_read(&me->net, path))
        exit(3);
    ckl_free(path);
    printf("  back at %s, step %lld\n", hash, (long long)step);
}

static void live(trainer *me)
{
    ckl_error err = {0};
    ckl_status_info then;
    begin(me);
    if (me->manager == NULL)
        exit(6);
    printf("training\n");
    train(me, STEPS_AT_A_TIME);
    must(ckl_manager_status(&then, me->manager, &err), &err);
    int64_t step = me->net.step;
    printf("paused: curating, trying other settings\n");
    curate(me);
    set_learning_rate(me, me->how.learning_rate / 10);
    set_learning_rate(me, me->how.learning_rate * 4);
    widen(me);
    printf("resumed\n");
    train(me, STEPS_AT_A_TIME);
    printf("going back to branch\n");
    go_back(me, then.experiment.text, step);
    set_learning_rate(me, me->how.learning_rate * 0.5);
    curate(me);
    train(me, STEPS_AT_A_TIME);
}

/* Somebody else discarded, tagged, or gave another learning rate: train on with that. */
static void follow(void *context, ckl_manager *manager, const char *from, const char *to)
{
    trainer *me = context;
    me->told = true;
    restore_state(me, manager, to);
    printf("  %.8s… became %.8s…: going on with that\n", from, to);
}

/* `steps` 0: the story. */
static int run(const char *root, const char *csv, int64_t steps)
{
    static trainer me;
    ckl_error err = {0};
    if (!dataset_read(&me.data, csv))
        return 2;
    ckl_model_source model = {
        .describe = network_describe, .write_weights = network_write, .context = &me.net};
    ckl_config_source config = {.read = read_config, .context = &me};
    ckl_dataset_source data = {.get_sample_uids = dataset_get_uids,
                               .is_discarded = dataset_is_discarded,
                               .get_tags = dataset_get_tags,
                               .context = &me.data};
    ckl_system_options options = {.root_log_dir = root, .checkpoint_frequency = CHECKPOINT_STEPS};
    note(ckl_get_checkpoint_system(&me.manager, &options, &err), &err);
    must(ckl_register_model_source(&model, &err), &err);
    must(ckl_register_config_source(&config, &err), &err);
    must(ckl_register_dataset_source(&data, &err), &err);
    /* Better now than after the first step: somebody else may train on this run. */
    if (me.manager != NULL)
        must(ckl_manager_begin_training(me.manager, &err), &err);
    ckl_change_listener listener = {.on_change = follow, .context = &me};
    must(ckl_register_change_listener(&listener, &err), &err);
    if (steps > 0) {
        begin(&me);
        signal(SIGTERM, stop);
        me.slowest_ms = NOT_STEPPED;
        train(&me, steps);
        if (me.manager != NULL)
            printf("  slowest step that neither dumped nor saved: %.2f ms in the ledger\n",
                   me.slowest_ms);
    } else {
        live(&me);
    }
    ckl_close_checkpoint_system();
    return 0;
}

/* ---- verification
 * ------------------------------------------------------------------------------------------------
 */

static bool check_accuracy(const network *net, const dataset *data, const ckl_checkpoint_row *row)
{
    double recorded = number_after(row->metrics, "\"accuracy\": ");
    double found = network_accuracy(net, data);
    if (found == recorded)
        return true;
    printf("%s: accuracy %.17g, recorded %.17g\n", row->path, found, recorded);
    return false;
}

/* From the checkpoint that this one came from, under the same state: the same loss again. */
static bool check_restart(trainer *me, ckl_manager *manager, const ckl_checkpoint_row *row,
                          int *restarted)
{
    char path[4096];
    double loss = 0;
    if (row->from_checkpoint == NULL || strstr(row->from_checkpoint, row->experiment) == NULL)
        return true;
    snprintf(path, sizeof path, "%s/%s", ckl_manager_root(manager), row->from_checkpoint);
    if (!network_read(&me->net, path))
        return false;
    restore_state(me, manager, row->experiment);
    while (me->net.step < row->step)
        loss = network_train(&me->net, &me->data, &me->how);
    double recorded = number_after(row->metrics, "\"loss\": ");
    (*restarted)++;
    if (loss == recorded)
        return true;
    printf("%s: loss %.17g, recorded %.17g\n", row->path, loss, recorded);
    return false;
}

static int verify(const char *root, const char *csv)
{
    static trainer me;
    ckl_error err = {0};
    ckl_manager *manager = NULL;
    ckl_checkpoint_cursor *cursor = NULL;
    ckl_checkpoint_row row;
    ckl_options options = {.read_only = true};
    ckl_status status;
    int count = 0, restarted = 0, wrong = 0;
    if (!dataset_read(&me.data, csv))
        return 2;
    must(ckl_manager_open(&manager, root, &options, &err), &err);
    must(ckl_checkpoints(&cursor, manager, NULL, true, &err), &err);
    while ((status = ckl_checkpoint_next(&row, cursor, &err)) == CKL_OK) {
        char path[4096];
        if (strcmp(row.state, "present") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", root, row.path);
        count++;
        wrong += !network_read(&me.net, path) || !check_accuracy(&me.net, &me.data, &row) ||
                 !check_restart(&me, manager, &row, &restarted);
    }
    must(status, &err);
    ckl_checkpoint_cursor_close(cursor);
    ckl_manager_close(manager);
    printf("%d checkpoints, %d restarted, %d wrong\n", count, restarted, wrong);
    return wrong == 0 && count > 0 && restarted > 0 ? 0 : 3;
}

int main(int count, char **words)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* what it says is there when it is killed, too */
    if (count == 3)
        return run(words[1], words[2], 0);
    if (count == 5 && strcmp(words[1], "--train") == 0 && atoll(words[2]) > 0)
        return run(words[3], words[4], atoll(words[2]));
    if (count == 4 && strcmp(words[1], "--verify") == 0)
        return verify(words[2], words[3]);
    fprintf(stderr, "usage: ckl-demo [--verify | --train STEPS] ROOT iris.csv\n");
    return 2;
}
