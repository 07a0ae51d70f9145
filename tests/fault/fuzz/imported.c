/* A tree of the guide's Python system with one file that is the input: the first byte chooses the
 * layout and the file. What is sound is taken over once, the rest is told. */
#include "../damage/answers.h"
#include "documents.h"
#include "place.h"

#define FIRST  "0a1b2c3d4e5f60718293a4b5"
#define SECOND "1a1b2c3d4e5f60718293a4b5"

typedef struct tree_file {
    const char *path, *text;
} tree_file;

static const char MANIFEST[] =
    "experiments:\n"
    "  " FIRST ":\n    hp_hash: 0a1b2c3d\n    model_hash: 4e5f6071\n    data_hash: 8293a4b5\n"
    "    created: '2026-01-05T12:00:00.123000'\n    last_used: '2026-01-05T12:00:00.123000'\n"
    "    latest_weight_checkpoint: null\n    latest_weight_step: null\n"
    "  " SECOND ":\n    hp_hash: 1a1b2c3d\n    model_hash: 4e5f6071\n    data_hash: 8293a4b5\n"
    "    created: '2026-01-05T12:07:00'\n    last_used: '2026-01-05T12:07:00'\n"
    "latest_hash: " SECOND "\nlast_updated: '2026-02-01T00:00:00'\n";
static const char STATE[] = "uids: [a, b, c]\ndiscarded: [b]\ntags:\n  a: [hard]\n";
static const char SNAPSHOT[] =
    "{\"exp_hash\": \"" FIRST "\", \"timestamp\": \"2026-01-05\", \"data\": [{\"sample_id\": \"a\","
    " \"deny_listed\": false, \"tags\": \"hard,odd\"}, {\"sample_id\": \"b\", \"deny_listed\":"
    " true, \"tags\": \"\"}]}";

static const tree_file LAYOUTS[3][8] = {
    {{"checkpoints/" FIRST "/hp/" FIRST "_config.yaml", "lr: 0.1\n"},
     {"checkpoints/" FIRST "/model/" FIRST "_architecture.pkl", "opaque"},
     {"checkpoints/" FIRST "/data/" FIRST "_data_state.yaml", STATE},
     {"checkpoints/" FIRST "/model/" FIRST "_step_000100.pt", "weights"},
     {"checkpoints/" SECOND "/hp/" SECOND "_config.yaml", "lr: 0.2\n"},
     {"checkpoints/" SECOND "/model/" SECOND "_architecture.pkl", "opaque"},
     {"checkpoints/" SECOND "/data/" SECOND "_data_state.yaml", STATE}},
    {{"checkpoints/manifest.yaml", MANIFEST},
     {"checkpoints/HP/" FIRST "/" FIRST "_config.yaml", "lr: 0.1\n"},
     {"checkpoints/models/" FIRST "/" FIRST "_architecture.pkl", "opaque"},
     {"checkpoints/data/" FIRST "/" FIRST "_data_state.yaml", STATE},
     {"checkpoints/HP/" SECOND "/" SECOND "_config.yaml", "lr: 0.2\n"},
     {"checkpoints/models/" SECOND "/" SECOND "_architecture.pkl", "opaque"},
     {"checkpoints/data/" SECOND "/" SECOND "_data_state.yaml", STATE}},
    {{"checkpoints/manifest.yaml", MANIFEST},
     {"checkpoints/HP/0a1b2c3d/0a1b2c3d_config.yaml", "lr: 0.1\n"},
     {"checkpoints/HP/1a1b2c3d/1a1b2c3d_config.yaml", "lr: 0.2\n"},
     {"checkpoints/models/4e5f6071/4e5f6071_architecture.pkl", "opaque"},
     {"checkpoints/models/4e5f6071/4e5f6071_step_000100.pt", "weights"},
     {"checkpoints/data/8293a4b5/8293a4b5_data_snapshot.json", SNAPSHOT}}};

static void put_below(const char *folder, const char *path, const void *bytes, size_t size)
{
    char whole[400];
    snprintf(whole, sizeof whole, "%s/%s", folder, path);
    for (char *at = whole + strlen(folder) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        mkdir(whole, 0755);
        *at = '/';
    }
    put_file(whole, bytes, size);
}

static void make_tree(const char *folder, const uint8_t *bytes, size_t size)
{
    unsigned layout = bytes[0] % 3, file = bytes[0] / 3 % 8;
    mkdir(folder, 0755);
    for (unsigned at = 0; at < 8 && LAYOUTS[layout][at].path != NULL; at++) {
        const tree_file *made = &LAYOUTS[layout][at];
        if (at == file)
            put_below(folder, made->path, bytes + 1, size - 1);
        else
            put_below(folder, made->path, made->text, strlen(made->text));
    }
}

/* Returns false when it is refused as a whole. */
static bool import_once(ckl_import_summary *summary, ckl_manager *manager, const char *folder)
{
    ckl_import *done = NULL;
    ckl_error err = {0};
    const char *problem;
    ckl_status status =
        ckl_import_run(&done, manager, folder, &(ckl_import_options){.as = "old"}, &err);
    must_be_told_or_given(status, done, &err);
    if (status != CKL_OK)
        return false;
    ckl_import_read_summary(summary, done);
    for (size_t at = 0; (problem = ckl_import_problem(done, at)) != NULL; at++)
        must_be_one_line(problem);
    ckl_import_close(done);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char empty[128];
    char tree[128], folder[128], root[160], first[640];
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    ckl_import_summary once = {0}, twice = {0};
    if (size == 0)
        return 0;
    if (empty[0] == '\0') {
        snprintf(empty, sizeof empty, "%s/empty", fuzz_place());
        snprintf(root, sizeof root, "%s/root", empty);
        MUST(mkdir(empty, 0755) == 0 && mkdir(root, 0755) == 0 &&
                 ckl_manager_open(&manager, root, NULL, &err) == CKL_OK,
             "%s", err.message);
        ckl_manager_close(manager);
        manager = NULL;
    }
    snprintf(tree, sizeof tree, "%s/tree", fuzz_place());
    snprintf(folder, sizeof folder, "%s/case", fuzz_place());
    snprintf(root, sizeof root, "%s/root", folder);
    place_remove(tree);
    make_tree(tree, bytes, size);
    place_copy(empty, folder);
    MUST(ckl_manager_open(&manager, root, NULL, &err) == CKL_OK, "%s", err.message);
    bool taken = import_once(&once, manager, tree);
    MUST(import_once(&twice, manager, tree) == taken, "taken over once, and refused then");
    MUST(twice.new_count == 0 && twice.new_checkpoint_count == 0, "twice is not once");
    ckl_manager_close(manager);
    long findings = answers_check(first, folder);
    MUST(findings == 0 || (findings < 0 && !taken), "%s", first);
    return 0;
}
