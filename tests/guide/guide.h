/* What the tests of the guide share. GUIDE(LINES, CONDITION) asserts a promise of guide.md and says
 * which lines of it hold ("40-45", or several with commas): check_coverage.py reads that, and fails
 * when a promise is left that no assertion carries. */
#ifndef GUIDE_H
#define GUIDE_H

#include <ckl/auto.h>
#include <dirent.h>
#include <unistd.h>

#include "unit/root.h"

#define GUIDE(lines, condition)                                                                    \
    do {                                                                                           \
        ck_assert_msg((condition), "guide lines " lines " do not hold: " #condition);              \
        printf("guide: " lines "\n");                                                              \
        fflush(stdout);                                                                            \
    } while (0)

static inline ckl_model *a_model(const char *name)
{
    ckl_model *model = NULL;
    char text[256];
    snprintf(text, sizeof text,
             "{\"class\": \"%s\", \"modules\": [{\"name\": \"fc\", \"type\": \"Linear\","
             " \"attributes\": {\"in\": 4, \"out\": 3}}]}",
             name);
    ASSERT_OK(ckl_model_parse(&model, text, strlen(text), CKL_FORMAT_JSON, "test", NULL, &fault));
    return model;
}

static inline ckl_config *a_config(const char *json)
{
    ckl_config *config = NULL;
    ASSERT_OK(ckl_config_parse(&config, json, strlen(json), CKL_FORMAT_JSON, "test", NULL, &fault));
    return config;
}

static inline ckl_data_state *a_data_state(const char *json)
{
    ckl_data_state *state = NULL;
    ASSERT_OK(
        ckl_data_state_parse(&state, json, strlen(json), CKL_FORMAT_JSON, "test", NULL, &fault));
    return state;
}

/* The data states of guide lines 85-89 and 193-206. */
#define TRACKED_STATE                                                                              \
    "{\"uids\": [\"sample_001\", \"sample_002\", \"sample_003\"],"                                 \
    " \"discarded\": [\"sample_002\"], \"tags\": {\"sample_001\": [\"validated\", \"clean\"]}}"
#define FORMAT_STATE                                                                               \
    "{\"uids\": [\"sample_003\", \"sample_001\", \"sample_002\"],"                                 \
    " \"discarded\": [\"sample_002\"],"                                                            \
    " \"tags\": {\"sample_001\": [\"validated\", \"augmented\"], \"sample_003\": [\"test\"]}}"

/* True when checkpoints/HASH/FOLDER/HASH_END is there; `end` NULL: when the folder of HASH is. */
static inline bool dumped(const char *hash, const char *folder, const char *end)
{
    char path[256];
    if (end == NULL)
        snprintf(path, sizeof path, "checkpoints/%s", hash);
    else
        snprintf(path, sizeof path, "checkpoints/%s/%s/%s_%s", hash, folder, hash, end);
    return has_file(path);
}

static inline bool dumped_whole(const char *hash)
{
    return dumped(hash, "model", "architecture.pkl") && dumped(hash, "hp", "config.yaml") &&
           dumped(hash, "data", "data_state.yaml");
}

#endif
