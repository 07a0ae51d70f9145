#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t random_below(uint64_t *seed, uint64_t limit)
{
    *seed += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    uint64_t mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (mixed ^ (mixed >> 31)) % limit;
}

typedef enum kind { CONFIG, DATA, MODEL } kind;

static const struct {
    kind what;
    ckl_format format;
    const char *text;
} INPUTS[] = {
    {CONFIG, CKL_FORMAT_JSON,
     "{\"lr\": 0.001, \"layers\": [64, 32.5, true, null], \"optimizer\": {\"name\": "
     "\"adam\\u00e9\","
     " \"betas\": [0.9, 0.999]}, \"n\": -12}"},
    {CONFIG, CKL_FORMAT_YAML,
     "lr: 1.0e-3\noptimizer:\n  name: 'adam'\n  betas: [0.9, 0.999]\nnote: |\n  two\n  lines\n"
     "layers:\n- 64\n- 32\nflag: true\nnone: null\n"},
    {DATA, CKL_FORMAT_JSON,
     "{\"uids\": [\"a\", \"b\", \"c\", \"d\"], \"discarded\": [\"b\"], \"tags\": {\"a\": [\"hard\","
     " \"new\"], \"c\": [\"new\"]}}"},
    {DATA, CKL_FORMAT_YAML, "uids: [a, b, c, d]\ndiscarded: [b]\ntags:\n  a: [hard, new]\n"},
    {DATA, CKL_FORMAT_CSV, "uid,discarded,tags\na,0,hard;new\nb,1,\n\"c \"\"x\"\"\",0,new\nd,0,\n"},
    {DATA, CKL_FORMAT_JSON_LINES,
     "{\"uid\": \"a\", \"discarded\": false, \"tags\": [\"hard\"]}\n{\"uid\": \"b\", \"discarded\":"
     " true}\n{\"uid\": \"c\"}\n"},
    {MODEL, CKL_FORMAT_JSON,
     "{\"class\": \"Net\", \"modules\": [{\"name\": \"fc\", \"type\": \"Linear\", \"attributes\":"
     " {\"in\": 4, \"out\": 2}}, {\"name\": \"act\", \"type\": \"ReLU\"}]}"},
    {MODEL, CKL_FORMAT_BY_NAME, NULL}, /* safetensors, see tensors() */
};
#define INPUT_COUNT (sizeof INPUTS / sizeof *INPUTS)
#define ROOM        1024

static size_t tensors(char out[ROOM])
{
    static const char HEADER[] =
        "{\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[0,32]},"
        "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[32,40]}}";
    uint64_t size = sizeof HEADER - 1;
    for (int at = 0; at < 8; at++)
        out[at] = (char)(size >> (8 * at) & 255);
    memcpy(out + 8, HEADER, size);
    memset(out + 8 + size, 7, 40);
    return 8 + size + 40;
}

/* ---- damaging -------------------------------------------------------------------------------- */

static size_t cut_or_repeat(char *bytes, size_t size, uint64_t *seed)
{
    size_t from = random_below(seed, size), count = 1 + random_below(seed, size - from);
    switch (random_below(seed, 3)) {
    case 0: /* the rest is gone */
        return from;
    case 1: /* a part is gone */
        memmove(bytes + from, bytes + from + count, size - from - count);
        return size - count;
    default: /* a part is there twice */
        if (size + count > ROOM)
            return size;
        memmove(bytes + from + count, bytes + from, size - from);
        return size + count;
    }
}

static size_t damage(char *bytes, size_t size, uint64_t *seed)
{
    static const char SIGNS[] = "{}[]:,\"'\\-#&*!|>%@`?0eE+.\n\t \0\xff\xc3";
    uint64_t times = 1 + random_below(seed, 3);
    for (uint64_t time = 0; time < times && size > 0; time++) {
        size_t at = random_below(seed, size);
        switch (random_below(seed, 4)) {
        case 0:
            bytes[at] = (char)(bytes[at] ^ (char)(1 << random_below(seed, 8)));
            break;
        case 1:
            bytes[at] = SIGNS[random_below(seed, sizeof SIGNS - 1)];
            break;
        case 2:
            bytes[at] = (char)random_below(seed, 256);
            break;
        default:
            size = cut_or_repeat(bytes, size, seed);
        }
    }
    return size;
}

/* ---- giving ---------------------------------------------------------------------------------- */

typedef struct parsed {
    ckl_config *config;
    ckl_data_state *data;
    ckl_model *model;
} parsed;

/* From a file beside the root: only its header is read. */
static ckl_status read_tensors(parsed *out, ckl_manager *manager, const char *bytes, size_t size,
                               ckl_error *err)
{
    char path[300];
    snprintf(path, sizeof path, "%s.safetensors", ckl_manager_root(manager));
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        abort();
    return ckl_model_read(&out->model, path, NULL, err);
}

static ckl_status parse(parsed *out, ckl_manager *manager, size_t input, const char *bytes,
                        size_t size, ckl_error *err)
{
    ckl_format format = INPUTS[input].format;
    switch (INPUTS[input].what) {
    case CONFIG:
        return ckl_config_parse(&out->config, bytes, size, format, "damaged", NULL, err);
    case DATA:
        return ckl_data_state_parse(&out->data, bytes, size, format, "damaged", NULL, err);
    default:
        return format == CKL_FORMAT_BY_NAME
                   ? read_tensors(out, manager, bytes, size, err)
                   : ckl_model_parse(&out->model, bytes, size, format, "damaged", NULL, err);
    }
}

static uint64_t count_events(ckl_manager *manager)
{
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    uint64_t count = 0;
    if (ckl_events(&cursor, manager, &(ckl_event_filter){.all_runs = true}, NULL) == CKL_OK)
        while (ckl_event_next(&event, cursor, NULL) == CKL_OK)
            count++;
    ckl_event_cursor_close(cursor);
    return count;
}

/* What was recorded is what was read. */
static bool is_as_read(char why[640], ckl_manager *manager, parsed *given,
                       const ckl_update_result *done)
{
    ckl_error err = {0};
    parsed back = {0};
    ckl_hash first = {0}, second = {0};
    ckl_hash_generator *generator = NULL;
    ckl_status status = ckl_hash_generator_new(&generator, &err);
    if (status == CKL_OK && given->config != NULL)
        status = ckl_manager_load_config(&back.config, manager, done->experiment.text, &err);
    if (status == CKL_OK && given->data != NULL)
        status = ckl_manager_load_data_state(&back.data, manager, done->experiment.text, &err);
    if (status == CKL_OK)
        status = ckl_hash_generator_generate_hash(&first, generator, NULL, given->config,
                                                  given->data, &err);
    if (status == CKL_OK)
        status = ckl_hash_generator_generate_hash(&second, generator, NULL, back.config, back.data,
                                                  &err);
    ckl_hash_generator_free(generator);
    ckl_config_free(back.config);
    ckl_data_state_free(back.data);
    if (status == CKL_OK && strcmp(first.text, second.text) == 0)
        return true;
    snprintf(why, 640, "recorded as something else: %s, not %s: %.300s", second.text, first.text,
             err.message);
    return false;
}

static bool give(char why[640], ckl_manager *manager, parsed *given)
{
    ckl_error err = {0};
    ckl_update_result done = {0};
    uint64_t before = count_events(manager);
    ckl_update update = {.config = given->config, .data = given->data, .model = given->model};
    if (ckl_manager_update_experiment_hash(&done, manager, &update, &err) == CKL_OK)
        return is_as_read(why, manager, given, &done);
    if (err.message[0] == '\0')
        snprintf(why, 640, "refused without a message");
    else if (count_events(manager) != before)
        snprintf(why, 640, "refused, and something was recorded: %.400s", err.message);
    return why[0] == '\0';
}

bool inputs_try(char why[640], ckl_manager *manager, uint64_t seed)
{
    char bytes[ROOM];
    size_t input = random_below(&seed, INPUT_COUNT), size;
    parsed given = {0};
    ckl_error err = {0};
    why[0] = '\0';
    if (INPUTS[input].text == NULL) {
        size = tensors(bytes);
    } else {
        size = strlen(INPUTS[input].text);
        memcpy(bytes, INPUTS[input].text, size);
    }
    size = damage(bytes, size, &seed);
    /* Exactly so many bytes, so that a sanitizer sees a read beyond them. */
    char *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, bytes, size);
    if (parse(&given, manager, input, exact, size, &err) == CKL_OK)
        give(why, manager, &given);
    else if (err.message[0] == '\0')
        snprintf(why, 640, "refused without a message");
    free(exact);
    ckl_config_free(given.config);
    ckl_data_state_free(given.data);
    ckl_model_free(given.model);
    return why[0] == '\0';
}
