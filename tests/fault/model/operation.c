#include "operation.h"

#include <inttypes.h>
#include <string.h>

const char *const CONFIGS[CONFIG_COUNT] = {
    "{}",
    "{\"lr\": 0.1}",
    "{\"lr\": \"0.1\"}",
    "{\"a/b\": [1, {\"c~d\": null}], \"lr\": 1}",
    "{\"lr\": 0.01, \"opt\": {\"beta\": [0.9, 0.999], \"name\": \"adam\"}}",
    "{\"lr\": 0.01, \"opt\": {\"beta\": [0.9, 0.99], \"name\": \"adam\"}}",
};

const char *const MODELS[MODEL_COUNT] = {
    "{\"class\": \"Net\", \"modules\": [{\"name\": \"fc\", \"type\": \"Linear\"}]}",
    "{\"class\": \"Net\", \"modules\": [{\"name\": \"fc\", \"type\": \"Linear\", \"attributes\":"
    " {\"in\": 4, \"out\": 2}}]}",
    "{\"class\": \"Net\", \"modules\": [{\"name\": \"fc\", \"type\": \"Linear\", \"attributes\":"
    " {\"in\": 4, \"out\": 3}}]}",
    "{\"class\": \"Other\", \"modules\": []}",
};

const char *const UIDS[UID_COUNT] = {"-x",   "9",   "a",   "b c",  "d|e",
                                     "f\\g", "h:1", "k,l", "z\"j", "\xc3\xbc\xf0\x9f\x98\x80"};
const char *const TAGS[TAG_COUNT] = {"hard", "p|q", "x,y", "\xf0\x9f\x98\x80"};
const char *const RUNS[RUN_COUNT] = {"main", "other", "a.b", "third", "Z-1"};
const char *const NAMES[NAME_COUNT] = {"baseline", "best.one", "x"};
const char *const METRICS[METRIC_COUNT] = {"loss", "acc/top 1"};

data_state data_state_from(uint32_t number)
{
    data_state made = {{0}};
    uint64_t state = number % 12; /* few, so that states come back */
    for (size_t index = 0; index < UID_COUNT; index++) {
        uint32_t draw = random_next(&state);
        if (draw % 3 != 0)
            made.samples[index] = (unsigned char)(SAMPLE_THERE | ((draw >> 8) & SAMPLE_DISCARDED) |
                                                  (draw >> 16 & draw >> 20 & 15u) << 2);
    }
    return made;
}

size_t weights_of(char out[WEIGHTS_MAX], uint32_t number)
{
    uint64_t state = number % 64;
    size_t size = random_next(&state) % WEIGHTS_MAX;
    for (size_t index = 0; index < size; index++)
        out[index] = (char)random_next(&state);
    return size;
}

/* ---- by chance ------------------------------------------------------------------------------- */

uint32_t random_next(uint64_t *state)
{
    uint64_t value = (*state += UINT64_C(0x9e3779b97f4a7c15));
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(value >> 32 ^ value);
}

static operation_kind random_kind(uint64_t *state)
{
    static const struct {
        operation_kind kind;
        unsigned weight;
    } WEIGHTS[] = {{OP_UPDATE, 24}, {OP_EDIT, 20},   {OP_DUMP, 12}, {OP_SAVE, 14},
                   {OP_SWITCH, 10}, {OP_NEW_RUN, 3}, {OP_GC, 4},    {OP_NAME, 4},
                   {OP_METRIC, 8},  {OP_OPEN, 5},    {OP_KILL, 2}};
    unsigned sum = 0;
    for (size_t index = 0; index < sizeof WEIGHTS / sizeof *WEIGHTS; index++)
        sum += WEIGHTS[index].weight;
    unsigned draw = random_next(state) % sum;
    size_t index = 0;
    while (draw >= WEIGHTS[index].weight)
        draw -= WEIGHTS[index++].weight;
    return WEIGHTS[index].kind;
}

void operations_make(operation *out, size_t count, uint64_t seed, unsigned kills)
{
    uint64_t state = seed;
    unsigned workers = 2 + random_next(&state) % (WORKER_COUNT - 1);
    for (size_t index = 0; index < count; index++) {
        operation *made = &out[index];
        made->kind = random_kind(&state);
        made->worker = random_next(&state) % workers;
        made->kill_after = 0;
        /* Mostly early, for what is quick, and sometimes late enough for a dump. */
        unsigned room = 40u << random_next(&state) % 8;
        if (random_next(&state) % 100 < kills && made->kind != OP_KILL)
            made->kill_after = 1 + random_next(&state) % room;
        made->first = random_next(&state);
        made->second = random_next(&state);
        made->third = random_next(&state);
    }
}

/* ---- as text --------------------------------------------------------------------------------- */

#define OPERATION_NAME(name, text) text,
static const char *const KINDS[OP_COUNT] = {OPERATION_LIST(OPERATION_NAME)};
#undef OPERATION_NAME

const char *operation_name(operation_kind kind)
{
    return KINDS[kind];
}

void operation_write(FILE *file, const operation *what)
{
    fprintf(file, "%s worker %u kill %u choices %" PRIu32 " %" PRIu32 " %" PRIu32 "\n",
            KINDS[what->kind], what->worker, what->kill_after, what->first, what->second,
            what->third);
}

bool operation_read(operation *out, const char *line)
{
    char name[16];
    if (sscanf(line, "%15s worker %u kill %u choices %" SCNu32 " %" SCNu32 " %" SCNu32, name,
               &out->worker, &out->kill_after, &out->first, &out->second, &out->third) != 6)
        return false;
    for (int kind = 0; kind < OP_COUNT; kind++) {
        out->kind = (operation_kind)kind;
        if (strcmp(KINDS[kind], name) == 0)
            return out->worker < WORKER_COUNT;
    }
    return false;
}
