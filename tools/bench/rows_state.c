/* Rows about recording, editing and dumping a data state of one size. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define LARGE 1000000u

typedef struct state_job {
    const bench_options *options;
    size_t samples;
    ckl_data_state *state;
    text canonical;
    char *root, *ledger, *table;
    char first[32]; /* the first uid: the worst for saved hash states */
    size_t tags;    /* how many tags were given so far, each once */
    bool is_large;  /* what is asked for is asked of a million samples */
} state_job;

ckl_manager *open_root(const char *root)
{
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    good(ckl_manager_open(&manager, root, NULL, &err), &err, "opening");
    return manager;
}

/* ---- the first state ------------------------------------------------------------------------- */

static double time_first_state(state_job *job)
{
    ckl_update_result result;
    ckl_update update = {.data = job->state};
    ckl_error err = {0};
    remove_tree(job->root);
    ckl_manager *manager = open_root(job->root);
    double start = now();
    good(ckl_manager_update_experiment_hash(&result, manager, &update, &err), &err, "updating");
    double taken = now() - start;
    ckl_manager_close(manager);
    return taken;
}

static void measure_first_state(state_job *job)
{
    row *first = row_add("first data state into the ledger", job->samples, UNIT_SECONDS);
    first->baseline = "prepared inserts of the same rows";
    first->ratio = job->is_large ? 1.3 : 0;
    for (size_t turn = 0; turn < job->options->repeat; turn++) {
        series_add(&first->work, time_first_state(job));
        series_add(&first->base, raw_insert(job->options->folder, job->ledger, job->state));
    }
    row *space = row_add("ledger.db after it", job->samples, UNIT_BYTES);
    series_add(&space->work, file_size(job->ledger));
}

/* ---- edits and dumps ------------------------------------------------------------------------- */

/* Moves what is in the log into the file, as the ledger itself does now and then. */
static double checkpointed_size(const char *ledger)
{
    sqlite3 *raw = NULL;
    if (sqlite3_open(ledger, &raw) != SQLITE_OK ||
        sqlite3_wal_checkpoint_v2(raw, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) != SQLITE_OK)
        fail("cannot checkpoint the log: %s", sqlite3_errmsg(raw));
    sqlite3_close(raw);
    return file_size(ledger);
}

static double time_tag(state_job *job, ckl_manager *manager, const char *uid)
{
    char tag[32];
    ckl_update_result result;
    ckl_error err = {0};
    ckl_edit edit = {.action = CKL_EDIT_TAG, .tag = tag, .uids = &uid, .uid_count = 1};
    snprintf(tag, sizeof tag, "tag_%zu", job->tags++);
    double start = now();
    good(ckl_manager_edit_samples(&result, manager, &edit, &err), &err, "tagging");
    return now() - start;
}

static double time_dump(ckl_manager *manager, char directory[192])
{
    ckl_dump_result result;
    ckl_error err = {0};
    double start = now();
    good(ckl_manager_dump_pending_changes(&result, manager, false, &err), &err, "dumping");
    double taken = now() - start;
    strcpy(directory, result.directory);
    return taken;
}

static char *data_file(const char *root, const char *directory)
{
    char relative[512];
    snprintf(relative, sizeof relative, "%s/data/%s_data_state.yaml", directory,
             strrchr(directory, '/') + 1);
    return join(root, relative);
}

static double time_reading(const char *path)
{
    ckl_data_state *state = NULL;
    ckl_error err = {0};
    double start = now();
    good(ckl_data_state_read(&state, path, NULL, &err), &err, "reading YAML");
    double taken = now() - start;
    ckl_data_state_free(state);
    return taken;
}

/* The state as it is after the edits, for the baseline to print. */
static void write_same_yaml(ckl_manager *manager, const char *path, row *dumping)
{
    ckl_data_state *state = NULL;
    ckl_error err = {0};
    good(ckl_manager_load_data_state(&state, manager, NULL, &err), &err, "loading");
    series_add(&dumping->base, raw_write_yaml(path, state));
    ckl_data_state_free(state);
}

static void measure_edits(state_job *job)
{
    char directory[192], last[32];
    char *raw = join(job->options->folder, "raw.yaml");
    row *tagging = row_add("one sample tagged, pending, manager open", job->samples, UNIT_SECONDS);
    tagging->baseline = "SHA-256 of the text";
    tagging->ratio = job->is_large ? 1.5 : 0;
    tagging->extra = job->is_large ? 1e-3 : 0;
    row *late = row_add("the same of the last uid", job->samples, UNIT_SECONDS);
    row *growth = row_add("ledger.db grows by", job->samples, UNIT_BYTES);
    growth->limit = 16 * 1024;
    row *dumping = row_add("dump after it, YAML and fsync", job->samples, UNIT_SECONDS);
    dumping->baseline = "format + write + fsync";
    dumping->ratio = job->is_large ? 3 : 0;
    row *reading = row_add("data_state.yaml read back", job->samples, UNIT_SECONDS);
    reading->baseline = "libyaml event parse";
    reading->ratio = job->is_large ? 1.5 : 0;
    ckl_manager *manager = open_root(job->root);
    uid_of(last, job->samples - 1);
    (void)time_tag(job, manager, job->first); /* loads the head's state, once */
    (void)time_dump(manager, directory);
    for (size_t turn = 0; turn < job->options->repeat; turn++) {
        double before = checkpointed_size(job->ledger);
        series_add(&tagging->work, time_tag(job, manager, job->first));
        series_add(&growth->work, checkpointed_size(job->ledger) - before);
        series_add(&tagging->base, time_sha256(&job->canonical));
        series_add(&dumping->work, time_dump(manager, directory));
        write_same_yaml(manager, raw, dumping);
        series_add(&late->work, time_tag(job, manager, last));
        char *dumped = data_file(job->root, directory);
        if (file_size(dumped) < 0.9 * file_size(raw) || file_size(dumped) > 1.2 * file_size(raw))
            fail("the baseline writes another file than the dump");
        series_add(&reading->work, time_reading(dumped));
        series_add(&reading->base, raw_parse_yaml(dumped));
        remove_tree(raw);
        free(dumped);
    }
    ckl_manager_close(manager);
    free(raw);
}

static void measure_one_shot(state_job *job)
{
    row *one_shot = row_add("a one-shot ckl tag", job->samples, UNIT_SECONDS);
    one_shot->baseline = "ordered read + hash";
    one_shot->ratio = job->is_large ? 2 : 0;
    row *peak = row_add("memory of a one-shot ckl tag", job->samples, UNIT_BYTES);
    raw_make_table(job->table, job->state);
    for (size_t turn = 0; turn < job->options->repeat; turn++) {
        char tag[32];
        snprintf(tag, sizeof tag, "shot_%zu", turn);
        const char *const arguments[] = {job->options->ckl, "-C", job->root, "tag", tag,
                                         job->first,        NULL};
        const char *const again[] = {job->options->ckl, "-C", job->root, "untag", tag,
                                     job->first,        NULL};
        spent used = run_program(arguments);
        if (used.code != 0)
            fail("ckl tag: exit code %d", used.code);
        series_add(&one_shot->work, used.seconds);
        series_add(&one_shot->base, raw_read_and_hash(job->table));
        series_add(&peak->work, watch_program(again).memory);
    }
    remove_tree(job->table);
}

void measure_state(const bench_options *options, size_t samples)
{
    state_job job = {.options = options, .samples = samples};
    say("recording %zu samples", samples);
    job.is_large = samples >= LARGE;
    job.root = join(options->folder, "state");
    job.ledger = join(job.root, "ledger.db");
    job.table = join(options->folder, "table.db");
    job.state = make_state(samples);
    job.canonical = canonical_of(job.state);
    uid_of(job.first, 0);
    measure_first_state(&job);
    measure_edits(&job);
    measure_one_shot(&job);
    remove_tree(job.root);
    ckl_free(job.canonical.bytes);
    ckl_data_state_free(job.state);
    free(job.root);
    free(job.ledger);
    free(job.table);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* A second, different state: old and new are both needed to see what differs. */
void measure_memory(const bench_options *options, size_t samples)
{
    char *root = join(options->folder, "memory"), *csv = join(options->folder, "memory.csv");
    ckl_data_state *state = make_state(samples);
    text canonical = canonical_of(state);
    double size = (double)canonical.size;
    ckl_free(canonical.bytes);
    ckl_data_state_free(state);
    say("memory of full updates of %zu samples", samples);
    row *first = row_add("memory, first update by CSV", samples, UNIT_BYTES);
    row *again = row_add("memory, full update by CSV", samples, UNIT_BYTES);
    row *times[] = {first, again};
    const char *const arguments[] = {options->ckl, "-C", root, "update", "--data", csv, NULL};
    for (size_t kind = 0; kind < 2; kind++) {
        times[kind]->baseline = "canonical text";
        times[kind]->ratio = 4;
        write_state_file(csv, "csv", samples - kind);
        spent used = watch_program(arguments);
        if (used.code != 0)
            fail("ckl update: exit code %d", used.code);
        series_add(&times[kind]->work, used.memory);
        series_add(&times[kind]->base, size);
    }
    remove_tree(root);
    remove_tree(csv);
    free(root);
    free(csv);
}
