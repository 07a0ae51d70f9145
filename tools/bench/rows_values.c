/* Rows that need no ledger, calls that do nothing, and weights. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench.h"

/* ---- hashes ---------------------------------------------------------------------------------- */

static double time_hash(ckl_data_state *state)
{
    ckl_hash_generator *generator = NULL;
    ckl_hash hash;
    ckl_error err = {0};
    good(ckl_hash_generator_new(&generator, &err), &err, "a generator");
    double start = now();
    good(ckl_hash_generator_generate_hash(&hash, generator, NULL, NULL, state, &err), &err,
         "hashing");
    double taken = now() - start;
    ckl_hash_generator_free(generator);
    return taken;
}

static double time_reading(const char *path)
{
    ckl_data_state *state = NULL;
    ckl_error err = {0};
    double start = now();
    good(ckl_data_state_read(&state, path, NULL, &err), &err, "reading");
    double taken = now() - start;
    ckl_data_state_free(state);
    return taken;
}

static void measure_input(const bench_options *options, const char *kind, size_t samples)
{
    char name[64];
    snprintf(name, sizeof name, "state.%s", kind);
    char *path = join(options->folder, name);
    snprintf(name, sizeof name, "a data state read from %s", kind);
    row *reading = row_add(name, samples, UNIT_SECONDS);
    write_state_file(path, kind, samples);
    for (size_t turn = 0; turn < options->repeat; turn++)
        series_add(&reading->work, time_reading(path));
    remove_tree(path);
    free(path);
}

void measure_values(const bench_options *options, size_t samples)
{
    row *hashing = row_add("hash of a sorted data state in memory", samples, UNIT_SECONDS);
    hashing->baseline = "SHA-256 of the text";
    hashing->ratio = samples >= 1000000 ? 1.5 : 0;
    row *building = row_add("a data state built by API", samples, UNIT_SECONDS);
    for (size_t turn = 0; turn < options->repeat; turn++) {
        double start = now();
        ckl_data_state *state = make_state(samples);
        series_add(&building->work, now() - start);
        text canonical = canonical_of(state);
        (void)time_sha256(&canonical); /* both have touched their memory */
        series_add(&hashing->base, time_sha256(&canonical));
        series_add(&hashing->work, time_hash(state));
        ckl_free(canonical.bytes);
        ckl_data_state_free(state);
    }
    measure_input(options, "csv", samples);
    measure_input(options, "jsonl", samples);
    measure_input(options, "json", samples);
}

/* ---- calls that do nothing ------------------------------------------------------------------- */

#define CALLS 2000000

static double time_steps(void)
{
    ckl_error err = {0};
    ckl_status status = CKL_OK;
    double start = now();
    for (int64_t call = 0; call < CALLS; call++)
        status |= ckl_checkpoint_on_step(1 + (call & 63), false, &err);
    double taken = now() - start;
    good(status, &err, "on_step");
    return taken / CALLS;
}

static double time_comparisons(void)
{
    static const char *const HASHES[] = {"7f10fb9b512a4c6bc44c9b7d", "1c06b16e90cfff82aa7b59c8",
                                         "7f10fb9b90cfff82aa7b59c8", "7f10fb9b512a4c6bc44c9b7d"};
    ckl_error err = {0};
    ckl_components changed = 0, all = 0;
    ckl_status status = CKL_OK;
    double start = now();
    for (size_t call = 0; call < CALLS; call++) {
        status |= ckl_compare_hashes(&changed, HASHES[call & 3], HASHES[(call + 1) & 3], &err);
        all |= changed;
    }
    double taken = now() - start;
    good(status, &err, "compare_hashes");
    if (all != CKL_ALL_COMPONENTS)
        fail("compare_hashes is wrong");
    return taken / CALLS;
}

void measure_calls(const bench_options *options)
{
    char *root = join(options->folder, "steps");
    ckl_system_options system = {.root_log_dir = root, .checkpoint_frequency = 1000000};
    ckl_error err = {0};
    good(ckl_get_checkpoint_system(NULL, &system, &err), &err, "the automatic system");
    row *stepping = row_add("on_step that saves nothing", 0, UNIT_SECONDS);
    stepping->limit = 50e-9;
    row *comparing = row_add("ckl_compare_hashes", 0, UNIT_SECONDS);
    comparing->limit = 20e-9;
    (void)time_steps();
    for (size_t turn = 0; turn < options->repeat; turn++) {
        series_add(&stepping->work, time_steps());
        series_add(&comparing->work, time_comparisons());
    }
    ckl_close_checkpoint_system();
    remove_tree(root);
    free(root);
}

/* ---- weights --------------------------------------------------------------------------------- */

static double time_checkpoint(ckl_manager *manager, const char *weights, int64_t step)
{
    ckl_checkpoint_result result;
    ckl_checkpoint wanted = {.step = step, .path = weights};
    ckl_error err = {0};
    double start = now();
    good(ckl_manager_save_model_checkpoint(&result, manager, &wanted, &err), &err, "weights");
    double taken = now() - start;
    char *path = join(ckl_manager_root(manager), result.path);
    remove_tree(path);
    free(path);
    return taken;
}

void measure_weights(const bench_options *options)
{
    char *root = join(options->folder, "weights"), *file = join(options->folder, "weights.bin");
    char *copy = join(options->folder, "weights.copy");
    ckl_update_result result;
    ckl_error err = {0};
    ckl_manager *manager = open_root(root);
    ckl_update update = {.data = make_state(10)};
    good(ckl_manager_update_experiment_hash(&result, manager, &update, &err), &err, "a state");
    ckl_data_state_free(update.data);
    write_bytes(file, options->weights);
    row *saving = row_add("weights copied and hashed", options->weights, UNIT_SECONDS);
    saving->baseline = "the longer of cp + fsync and SHA-256";
    saving->ratio = 1.4;
    for (size_t turn = 0; turn < options->repeat; turn++) {
        double copied = raw_copy(file, copy), hashed = raw_hash_file(file);
        remove_tree(copy);
        series_add(&saving->base, copied > hashed ? copied : hashed);
        series_add(&saving->work, time_checkpoint(manager, file, (int64_t)turn + 1));
    }
    ckl_manager_close(manager);
    remove_tree(root);
    remove_tree(file);
    free(root);
    free(file);
    free(copy);
}
